//! Container images: in registries, in the stack's repository, and on their way there.

pub mod image_ref;
pub mod list;
pub mod push;
pub mod registry;
