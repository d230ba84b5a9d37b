//! Reads what Terraform and OpenTofu have of a stack, into one model without secrets.

mod attributes;
mod backend;
mod consistency;
mod containers;
mod lock;
mod model;
mod refusal;
pub mod secret_members;
mod show_json;
mod state_v4;
#[cfg(test)]
pub(crate) mod tests;

pub use backend::{Backend, DIGEST, Place};
pub use lock::refuse_if_locked;
pub use model::{Block, Resource, Terraform};

use rd_common::{Error, Result};
use serde_json::Value;

/// Reads a state in version 4, or the output of `terraform show -json`. `place` is where it was read, for errors, which
/// never quote it.
///
/// # Errors
/// It is something else, or something that cannot be adopted: the error says what to do.
pub fn read(bytes: &[u8], place: &str) -> Result<Terraform> {
    let document: Value = serde_json::from_slice(bytes).map_err(|e| {
        let why = match e.classify() {
            serde_json::error::Category::Eof => "it is empty or cut off".to_owned(),
            _ => format!("line {} is not JSON", e.line()),
        };
        Error::usage(format!("{place} cannot be read: {why}")).hint(refusal::HOW_TO_GET_ONE)
    })?;
    let found = if document.get("format_version").is_some() {
        show_json::read(&document)
    } else {
        state_v4::read(&document)
    };
    let mut found = found.map_err(|refusal| refusal.of(place))?;
    secret_members::mark(&document, &mut found);
    consistency::check(found).map_err(|refusal| refusal.of(place))
}
