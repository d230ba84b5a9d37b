//! From a parts list to AWS: read what there is, plan, and carry the plan out so that a kill at any point loses nothing.

pub mod actions;
pub mod adopt;
pub mod batch;
pub mod cx;
pub mod plan;
pub mod read;
pub mod refresh;
pub mod run;
pub mod signal;
pub mod step;
pub mod tasks;
pub mod wait;
