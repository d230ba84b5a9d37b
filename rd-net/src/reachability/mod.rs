//! Whether one security group can open TCP connections to another, to the internet or to AWS's services. `read_network`
//! reads the network from AWS; the rest is pure, one file for each thing that can block traffic.

pub mod aws_services;
mod block_public_access;
mod coverage;
pub mod live_network;
mod network_acls;
mod read_network;
mod routes;
mod security_group_rules;
pub mod trace;
