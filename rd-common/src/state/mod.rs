//! What a slice remembers, and where it is kept.

pub mod document;
mod files;
pub mod local;
mod lockfile;
pub mod session;
pub mod store;

#[cfg(test)]
pub(crate) mod conformance;
#[cfg(test)]
mod power_cut;
