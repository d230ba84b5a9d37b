//! One file a kind of resource.

pub mod alarm;
pub mod dashboard;
pub mod subscription;
pub mod topic;
