//! What a slice is made of: kinds, nodes with references between them, and how wanted and live are compared.

pub mod change;
pub mod erased;
pub mod input;
pub mod kind;
pub mod others;
pub mod parts;
pub mod slice;
