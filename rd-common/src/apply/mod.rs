//! Carries out a plan: `order` puts the changes in order, `run` runs them in parallel, and `step` does each of them so
//! that a kill at any point loses nothing.

pub mod create_and_delete_order;
pub mod execute;
mod needed_slices;
pub mod run;
pub mod step;
