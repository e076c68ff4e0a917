//! Parameters, modules, initialisation, losses, optimisers and the training contract.
