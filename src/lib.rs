//! kiln: a tensor engine with higher-order automatic differentiation, and generative image models.

pub use kiln_check as check;
pub use kiln_data as data;
pub use kiln_grad as grad;
pub use kiln_metrics as metrics;
pub use kiln_models as models;
pub use kiln_nn as nn;
pub use kiln_tensor as tensor;
pub use kiln_train as train;
