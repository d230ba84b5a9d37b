//! The stack's repository.

use crate::names::REPOSITORY;
use crate::slice::Ecs;
use rd_common::commands::slice_context::SliceContext;
use rd_common::{Error, Result};

/// The repository.
#[derive(Clone, Debug)]
pub struct Repository {
    /// Its name.
    pub name: String,
    /// What stands in a task definition before the tag: the registry's host and the name.
    pub url: String,
}

impl Repository {
    /// That of the stack, as it was applied. It is there before the service is.
    pub fn of(slice_context: &SliceContext<Ecs>) -> Result<Self> {
        let (resource, name) = slice_context.resource(REPOSITORY)?;
        let url = resource.attributes.get("url").and_then(|url| url.as_str());
        let url = url.ok_or_else(|| {
            Error::failed("the repository's address is not known").hint("run rd-ecs apply")
        })?;
        Ok(Self {
            name: name.to_owned(),
            url: url.to_owned(),
        })
    }

    /// The image with this digest.
    pub fn at(&self, digest: &str) -> String {
        format!("{}@{digest}", self.url)
    }
}
