//! What a slice remembers, and where it is stored.

pub mod document;
pub mod local;
pub mod lock_guard;
pub mod locked_state;
mod open;
pub mod session;
pub mod store;

pub use open::open;

#[cfg(test)]
pub(crate) mod conformance;
