//! Settings: `rd.toml`, the environment's table in it, `RD_*` variables and flags, in this order, each over the one
//! before. Resolved once, at the start.

mod explain;
mod load;
mod locate;
mod merge;
pub mod problem;
mod shared;
pub mod window;

pub use load::{Layers, Loaded, load};
pub use shared::Shared;
