//! The kinds of resources of this slice, one file or folder each.

pub mod certificate;
pub mod certificate_validation;
pub mod dns_record;
pub mod listener;
pub mod listener_certificate;
pub mod listener_rule;
pub mod load_balancer;
pub mod target_group;
