//! From a list of resources to a plan: read what there is, and decide what is to be done.

pub mod plan_records;
pub mod planner;
pub mod refresh;
pub mod refreshed;
pub mod saved_plan;
pub mod untracked;
