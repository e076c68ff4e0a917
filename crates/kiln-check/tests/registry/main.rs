//! Every op against difference quotients, and the checker against wrong ops.

mod controls;
mod convolutions;
mod fused;
mod ops;
mod parallel;
