//! Carries out a plan so that a kill at any point loses nothing.

pub mod execute;
pub mod order;
pub mod run;
pub mod step;
