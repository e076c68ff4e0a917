//! Every op against difference quotients, and the checker against wrong ops.

mod controls;
mod convolutions;
mod fused;
mod measuring;
mod model;
mod ops;
mod parallel;
mod reports;
