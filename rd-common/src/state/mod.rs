//! The state of each slice: the document, the store that keeps it, the lock, and the session that changes it.

pub mod adopted;
pub mod document;
pub mod local;
pub mod lock_guard;
pub mod locked_state;
pub mod migration;
pub mod movable;
pub mod moved;
pub mod open;
pub mod session;
pub mod shared;
pub mod store;

pub use self::open::open;

#[cfg(test)]
pub(crate) mod conformance;
