//! Every op against difference quotients, and the checker against wrong ops.

mod controls;
mod convolutions;
mod fused;
#[rustfmt::skip]
mod generated;
mod measuring;
mod model;
mod ops;
mod parallel;
mod random;
mod reports;
mod reproduction;
