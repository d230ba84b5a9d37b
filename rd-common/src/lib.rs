//! What the rd programs share: the engine that plans and applies, the records that they exchange, the state that they
//! keep, and the commands that all of them have. It knows the names and outputs of the slices, but none of their
//! resource kinds.
//!
//! A program is a [`Slice`]: its settings, a list of resources that follows from them, and a [`Kind`] for each type of
//! resource.

pub mod apply;
pub mod arn;
pub mod aws;
pub mod child_process;
pub mod cli;
pub mod commands;
pub mod completion;
pub mod connect;
pub mod context;
pub mod error;
pub mod exit;
pub mod flags;
pub mod other_program;
pub mod output;
pub mod outputs;
pub mod permissions;
pub mod pipe;
pub mod plan;
pub mod records;
pub mod resource;
pub mod settings;
pub mod slices;
pub mod stack;
pub mod state;
pub mod suggestion;
pub mod terraform_resources;
pub mod version;
mod wait_scale;

pub use commands::slice_context::SliceContext;
pub use context::Context;
pub use error::{Error, Result, Retry};
pub use exit::Exit;
pub use resource::any_kind::Kinds;
pub use resource::attribute::Attribute;
pub use resource::batch::Batch;
pub use resource::change::{Change, Diff, is_unknown, touches};
pub use resource::ctx::Ctx;
pub use resource::deletion::Deletion;
pub use resource::external_outputs::ExternalOutputs;
pub use resource::input::Input;
pub use resource::kind::{
    Condition, CreateRequest, Details, Found, Kind, Readiness, ReplaceOrder, Timeouts, Wanted,
};
pub use resource::parts::{Part, Parts};
pub use resource::slice::{DeleteTarget, NoArgs, Note, ScanRequest, Slice, Usage};
pub use settings::problem::Problem;
pub use stack::{Stack, Tags};
pub use state::document::Document;
pub use terraform_resources::TerraformResources;
