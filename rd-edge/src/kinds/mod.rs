//! The kinds, one file each.

pub mod certificate;
pub mod certificate_validation;
pub mod dns_record;
pub mod listener;
pub mod load_balancer;
pub mod target_group;
