//! rd-state, with states that the other programs wrote.

mod commands;
mod imports;
mod recovery;
