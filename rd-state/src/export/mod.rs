//! The resources of a stack as a Terraform configuration with `import` blocks, made from the states alone.

mod files;
mod hcl;
mod kinds;
mod resource;
mod stack;

pub use files::files;
pub use stack::Stack;
