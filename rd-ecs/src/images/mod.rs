//! Container images: references, registries, the images of the stack's repository, and pushing one from a file.

pub mod image_ref;
pub mod list;
pub mod pull;
pub mod push;
pub mod registry;
