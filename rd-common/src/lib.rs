//! What the rd programs share: the engine that plans and applies, the records they exchange, the state they keep, and
//! the verbs that all of them have. It knows no slice and no AWS service but the one that says whose account it is.
//!
//! A program is a [`Slice`]: a configuration, a parts list made from it, and one [`Kind`] for each kind of resource.

pub mod aws;
pub mod check;
pub mod cli;
pub mod config;
pub mod engine;
pub mod error;
pub mod exit;
pub mod model;
pub mod sibling;
pub mod stack;
pub mod state;
pub mod ui;
pub mod verbs;
pub mod wire;

pub use config::problem::Problem;
pub use engine::batch::Batch;
pub use engine::cx::Cx;
pub use error::{Error, Repeat, Result};
pub use exit::Exit;
pub use model::change::{Change, Diff, is_unknown, touches};
pub use model::erased::Kinds;
pub use model::input::Input;
pub use model::kind::{Details, Found, Kind, Order, Patience, Readiness, Replacing, Wanted};
pub use model::others::Others;
pub use model::parts::{Part, Parts, output};
pub use model::slice::{Doomed, NoArgs, Note, Slice};
pub use stack::{Stack, Tags};
pub use state::document::Document;
