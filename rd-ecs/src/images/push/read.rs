//! What is in an archive: an OCI layout, or what docker saved.

use super::archive::Archive;
use super::content::Content;
use super::{docker, layout};
use rd_common::resource::progress::Progress;
use rd_common::{Error, Result};
use std::sync::Arc;

/// Reads it. What docker saved without compression is compressed, so its layers are read once to know their digests;
/// all else is pushed as it is, with the digests that it has.
///
/// Newer dockers save both forms in one archive: the layout, and a `manifest.json` beside it.
pub async fn read(archive: &Arc<Archive>, progress: &Progress) -> Result<Content> {
    let index = archive.document("index.json")?;
    let manifest = archive.document("manifest.json")?;
    match (index, manifest) {
        (None, None) => Err(Error::usage(format!(
            "{} is no image: it has neither manifest.json nor index.json",
            archive.name
        ))
        .hint("give what docker save or docker buildx build --output type=oci,dest=FILE wrote")),
        (Some(index), None) => layout::read(archive, &index),
        (None, Some(manifest)) => docker::read(archive, &manifest, progress).await,
        (Some(index), Some(manifest)) => match layout::read(archive, &index)? {
            content if layout::is_compressed(&content) => Ok(content),
            _ => docker::read(archive, &manifest, progress).await,
        },
    }
}
