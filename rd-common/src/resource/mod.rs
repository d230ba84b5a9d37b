//! The seam between the engine and AWS: resource kinds, the resources that a slice consists of with the references
//! between them, how a spec is compared with the live resource, and the context of every call to AWS.

pub mod action;
pub mod any_kind;
pub mod attribute;
pub mod batch;
pub mod change;
pub mod ctx;
pub mod deletion;
pub mod external_outputs;
pub mod input;
pub mod kind;
pub mod parameter_group;
pub mod parts;
pub mod patience;
pub mod progress;
pub mod reader;
pub mod signal;
pub mod slice;
pub mod subnet_group;
pub mod visibility;
pub mod wait;
