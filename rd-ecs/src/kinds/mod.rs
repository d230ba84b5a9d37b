//! The resource kinds of this slice, one file or folder for each.

pub mod cluster;
pub mod parameter;
pub mod repository;
pub mod scalable_target;
pub mod scaling;
pub mod scaling_policy;
pub mod scheduled_action;
pub mod service;
pub mod task_definition;
