//! The seam between the engine and AWS: kinds of resources, the list of resources that a slice wants with the references
//! between them, how what is wanted and what there is are compared, and what every call to AWS gets beside its own
//! arguments.

pub mod action;
pub mod any_kind;
pub mod batch;
pub mod change;
pub mod ctx;
pub mod external_outputs;
pub mod input;
pub mod kind;
pub mod parts;
pub mod progress;
pub mod reader;
pub mod signal;
pub mod slice;
pub mod wait;
