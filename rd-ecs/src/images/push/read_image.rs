//! Reads the image in an archive: an OCI layout, or the output of `docker save`.

use super::content::ImageContent;
use super::tar_archive::TarArchive;
use super::{docker_archive, oci_layout};
use rd_common::resource::progress::Progress;
use rd_common::{Error, Result};
use std::sync::Arc;

/// Reads the image. Uncompressed layers of `docker save` will be compressed, so they are read once for their digests;
/// everything else is pushed as it is, with the digests that it has.
///
/// Newer versions of docker save both formats in one archive: an OCI layout with a `manifest.json` next to it.
///
/// Of several images, `select` names one by its name, tag or digest.
pub async fn read_image(
    archive: &Arc<TarArchive>,
    select: Option<&str>,
    progress: &Progress,
) -> Result<ImageContent> {
    let index = archive.document("index.json")?;
    let manifest = archive.document("manifest.json")?;
    match (index, manifest) {
        (None, None) => Err(Error::usage(format!(
            "{} is not an image: it has neither manifest.json nor index.json",
            archive.name
        ))
        .hint(
            "pass a file written by docker save or docker buildx build --output type=oci,dest=FILE",
        )),
        (Some(index), None) => oci_layout::read(archive, &index, select),
        (None, Some(manifest)) => docker_archive::read(archive, &manifest, select, progress).await,
        (Some(index), Some(manifest)) => match oci_layout::read(archive, &index, select)? {
            content if oci_layout::is_compressed(&content) => Ok(content),
            content => {
                let same = oci_layout::configuration(&content);
                let select = same.as_deref().or(select);
                docker_archive::read(archive, &manifest, select, progress).await
            }
        },
    }
}
