//! Finds the part of the stack that each resource of Terraform is: by its type and its role, not by its Terraform address.
//! Pure.

mod answers;
mod autoscaling;
mod cache;
mod data;
mod ecs;
mod edge;
mod flow_log;
mod logs;
mod mapper;
mod mapping;
mod net;
mod removal;
mod roles;
mod rules;
mod secrets;
mod store;
#[cfg(test)]
mod tests;

pub use answers::Answers;
pub use mapping::{Mapping, Setting};
pub use removal::removal;

use crate::terraform::Terraform;
use mapper::Mapper;

/// What each resource is. `region` is the stack's.
pub fn map(terraform: &Terraform, answers: &Answers, region: &str) -> Mapping {
    let mut mapper = Mapper::new(terraform, answers);
    net::map(&mut mapper, region);
    flow_log::map(&mut mapper);
    store::map(&mut mapper);
    edge::map(&mut mapper);
    data::map(&mut mapper);
    cache::map(&mut mapper);
    ecs::map(&mut mapper);
    logs::map(&mut mapper);
    mapper.finish()
}
