//! The resource kinds of `rd-net`, one file each.

pub mod default_security_group;
pub mod elastic_ip;
pub mod flow_log;
pub mod internet_gateway;
pub mod internet_gateway_attachment;
pub mod nat_gateway;
pub mod route;
pub mod route_table;
pub mod route_table_association;
pub mod security_group;
pub mod security_group_rule;
pub mod subnet;
pub mod vpc;
pub mod vpc_endpoint;
