//! The stack's image repository, from the state.

use crate::kinds;
use crate::names::REPOSITORY;
use crate::slice::Ecs;
use rd_common::commands::slice_context::SliceContext;
use rd_common::{Error, Result};

/// The stack's image repository.
#[derive(Clone, Debug)]
pub struct Repository {
    /// The name of the repository.
    pub name: String,
    /// The registry's host and the repository's name: an image's reference without tag and digest.
    pub url: String,
}

impl Repository {
    /// The repository in the slice's state. It exists before the service does.
    pub fn of(slice: &SliceContext<Ecs>) -> Result<Self> {
        let (resource, name) = slice.resource(REPOSITORY)?;
        let url = kinds::repository::Repository::URL.stored(resource);
        let url = url.ok_or_else(|| {
            Error::failed("the state has no address for the repository").hint("run rd-ecs apply")
        })?;
        Ok(Self {
            name: name.to_owned(),
            url,
        })
    }

    /// The reference of the image with this digest.
    pub fn at(&self, digest: &str) -> String {
        format!("{}@{digest}", self.url)
    }
}
