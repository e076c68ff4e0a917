//! The parameters of an optimiser, and what it remembers about each.

use crate::param::{Buffer, Param, update_together};
use crate::state::StateVisitor;
use kiln_grad::{Array, Tensor};
use kiln_tensor::FusedKernel;

/// Named parameters.
#[derive(Debug)]
pub(super) struct Group {
    pub names: Vec<String>,
    pub params: Vec<Param>,
}

impl Group {
    /// # Panics
    /// When a parameter is given twice.
    #[track_caller]
    pub fn new(named: Vec<(String, Param)>) -> Self {
        let (names, params): (Vec<String>, Vec<Param>) = named.into_iter().unzip();
        for (i, param) in params.iter().enumerate() {
            if let Some(other) = params[..i].iter().position(|known| known.same(param)) {
                panic!("an optimiser was given one parameter twice, as {} and as {}", names[other], names[i]);
            }
        }
        Group { names, params }
    }

    /// A buffer of zeros for each parameter.
    pub fn zeros(&self) -> Vec<Buffer> {
        self.params.iter().map(|param| Buffer::new(param.tensor().zeros_like().into_array())).collect()
    }

    /// Shows what `kind` of thing is remembered about each parameter.
    pub fn visit(&self, v: &mut StateVisitor, kind: &str, buffers: &[Buffer]) {
        for (name, buffer) in self.names.iter().zip(buffers) {
            v.buffer(&format!("{kind}.{name}"), buffer);
        }
    }

    /// One pass of a rule over all parameters, their gradients, and what is remembered about them.
    pub fn step(&self, rule: impl FusedKernel + 'static, gradients: &[Tensor], buffers: &[&[Buffer]]) {
        if self.params.is_empty() {
            return;
        }
        let gradients: Vec<&Array> = gradients.iter().map(Tensor::array).collect();
        let params: Vec<&Param> = self.params.iter().collect();
        update_together(&params, buffers, |values| Array::update(rule, &gradients, values));
    }

    /// Stops unless there is a fitting gradient for each parameter.
    #[track_caller]
    pub fn check(&self, gradients: &[Tensor]) {
        assert!(
            gradients.len() == self.params.len(),
            "step: {} gradients for {} parameters",
            gradients.len(),
            self.params.len()
        );
        for ((name, param), gradient) in self.names.iter().zip(&self.params).zip(gradients) {
            let want = param.tensor().meta();
            assert!(
                gradient.meta() == want,
                "step: the gradient of {name} is {}, wanted {want}",
                gradient.meta()
            );
        }
    }
}
