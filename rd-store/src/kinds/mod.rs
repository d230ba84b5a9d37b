//! One file a kind of AWS resource.

pub mod bucket;
