//! What must hold for every recipe: a new family falls under these tests by its line in the registry.

mod compositions;
mod docs;
mod keys;
mod pairings;
mod small;
mod training;
