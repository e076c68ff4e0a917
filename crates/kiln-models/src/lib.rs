//! Generative image models: network and training step, one folder per family.
