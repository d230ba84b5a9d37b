//! The kinds of resources of this slice, one file or folder each. The kinds of the secret are in `rd-secret`.

pub mod cache_parameter_group;
pub mod cache_secret;
pub mod cache_subnet_group;
pub mod replication_group;
