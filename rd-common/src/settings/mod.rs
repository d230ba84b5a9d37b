//! Settings: `rd.toml`, its table for the environment, `RD_*` variables and flags, each overriding the one before.
//! Resolved once, at the start.

mod explain;
mod load;
mod locate;
pub mod maintenance_window;
mod merge;
pub mod problem;
mod stack_settings;

pub use load::{Layers, Settings, load};
pub use stack_settings::{Backend, StackSettings, StateSettings};
