//! The resource kinds of `rd-store`, one file or folder each.

pub mod bucket;
