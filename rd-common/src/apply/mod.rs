//! Carries out a plan: `order` puts the changes in order, `run` runs them in parallel, and `step` does each of them so
//! that a kill at any point loses nothing.

pub mod execute;
mod needed_slices;
pub mod run;
pub mod step;
