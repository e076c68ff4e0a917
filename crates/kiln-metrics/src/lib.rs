//! Measures of what a generative model makes.
