//! Which events are printed: what AWS filters is checked before a call, the rest is filtered here.

pub mod local;
pub mod pattern;
