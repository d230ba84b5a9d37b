//! The slices of a stack, in the order of their pipe, and their programs.

/// The slices in pipe order: each needs only outputs of slices before it. The program of slice `net` is `rd-net`.
pub const SLICES: [&str; 7] = ["net", "data", "cache", "store", "edge", "ecs", "logs"];

/// The tables of `rd.toml` that belong to a program: those of the slices, and that of `rd-cost`, which owns no slice.
pub const TABLES: [&str; 8] = [
    "net", "data", "cache", "store", "edge", "ecs", "logs", "cost",
];

/// The name of the program that owns `slice`.
pub fn program_of(slice: &str) -> String {
    format!("rd-{slice}")
}
