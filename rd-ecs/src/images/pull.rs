//! Reads an image of a repository as content to push to another one: every byte and every digest stays as it is.

use crate::clients::Clients;
use crate::images::push::{Blob, ImageContent, ManifestDocument, Section, Source, TarArchive};
use crate::images::registry::{Access, MEDIA_TYPES, Repository, client_error, media_type, parse};
use aws_sdk_ecr::types::ImageIdentifier;
use futures_util::TryStreamExt;
use oci_client::manifest::{OciDescriptor, OciManifest};
use rd_common::aws::Explain;
use rd_common::{Ctx, Error, Result};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::sync::Arc;

/// The most images that one call reads.
/// <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html>
const MAX_PER_CALL: usize = 100;

/// An image, or an index with its images, as its repository has it.
#[derive(Default)]
pub struct StoredImage {
    /// The manifests, each after those that it refers to.
    documents: Vec<ManifestDocument>,
    /// The layers and configurations, each once, and whether it is a layer.
    blobs: Vec<(OciDescriptor, bool)>,
}

/// Reads the manifests of an image, and of all images where it is an index.
pub async fn manifests(
    ctx: &Ctx<Clients>,
    repository: &Repository,
    digest: &str,
) -> Result<StoredImage> {
    let mut image = StoredImage::default();
    let mut seen = BTreeSet::from([digest.to_owned()]);
    let mut waiting = vec![digest.to_owned()];
    while !waiting.is_empty() {
        let some: Vec<String> = waiting.drain(..waiting.len().min(MAX_PER_CALL)).collect();
        for document in documents(ctx, repository, &some).await? {
            let invalid = |why| {
                Error::failed(format!(
                    "the manifest {} is invalid: {why}",
                    document.digest
                ))
            };
            match parse(document.text.as_bytes()).map_err(invalid)? {
                OciManifest::Image(found) => {
                    let layers = found.layers.into_iter().map(|layer| (layer, true));
                    for (blob, is_layer) in layers.chain([(found.config, false)]) {
                        // Layers that are not distributed stay in the registry that their URL names.
                        let elsewhere = blob.urls.as_ref().is_some_and(|urls| !urls.is_empty());
                        if !elsewhere && seen.insert(blob.digest.clone()) {
                            image.blobs.push((blob, is_layer));
                        }
                    }
                }
                OciManifest::ImageIndex(index) => {
                    let parts = index.manifests.into_iter().map(|part| part.digest);
                    waiting.extend(parts.filter(|part| seen.insert(part.clone())));
                }
            }
            image.documents.push(document);
        }
    }
    // An index came before its images.
    image.documents.reverse();
    Ok(image)
}

async fn documents(
    ctx: &Ctx<Clients>,
    repository: &Repository,
    digests: &[String],
) -> Result<Vec<ManifestDocument>> {
    let ids = digests
        .iter()
        .map(|digest| ImageIdentifier::builder().image_digest(digest).build());
    let call = ctx.clients.ecr.batch_get_image();
    let call = call
        .repository_name(&repository.name)
        .set_image_ids(Some(ids.collect()))
        .set_accepted_media_types(Some(MEDIA_TYPES.map(str::to_owned).to_vec()));
    let answer = call.send().await.doing("read the image")?;
    let mut documents = Vec::new();
    for image in answer.images() {
        let digest = image.image_id().and_then(|id| id.image_digest());
        let (Some(digest), Some(text)) = (digest, image.image_manifest()) else {
            continue;
        };
        // An image of several tags is answered once for each.
        if documents
            .iter()
            .any(|one: &ManifestDocument| one.digest == digest)
        {
            continue;
        }
        let own = parse(text.as_bytes()).ok();
        let own = own.as_ref().map(media_type).unwrap_or_default();
        documents.push(ManifestDocument {
            digest: digest.to_owned(),
            media_type: image.image_manifest_media_type().unwrap_or(own).to_owned(),
            text: text.to_owned(),
        });
    }
    let missing = digests
        .iter()
        .find(|digest| !documents.iter().any(|one| one.digest == **digest));
    match missing {
        None => Ok(documents),
        Some(digest) => Err(Error::failed(format!(
            "{} no longer has the image {digest}",
            repository.name
        ))
        .hint("push it again, or promote another one")),
    }
}

impl StoredImage {
    /// The image as content to push, without its layers: for a repository that has them.
    pub fn without_layers(self) -> ImageContent {
        ImageContent {
            documents: self.documents,
            ..ImageContent::default()
        }
    }

    /// The image as content to push, with the layers and configurations that the target lacks: they are written to a file
    /// without a name, which is gone with the program. Both repositories come with the access to their registry.
    pub async fn with_layers(
        self,
        ctx: &Ctx<Clients>,
        (source_access, from): (&Access, &Repository),
        (target_access, to): (&Access, &Repository),
    ) -> Result<(Arc<TarArchive>, ImageContent)> {
        let cannot_write = |e: std::io::Error| {
            Error::failed(format!("cannot keep a layer on disk: {e}"))
                .hint("set TMPDIR to a folder with enough space")
                .caused_by(e)
        };
        let mut file = unnamed_file().map_err(cannot_write)?;
        let (source, target) = (
            source_access.client(&from.name).await?,
            target_access.client(&to.name).await?,
        );
        let digest = self.documents.last().map_or("", |root| &root.digest);
        let (from, to) = (
            source_access.reference(&from.name, digest),
            target_access.reference(&to.name, digest),
        );
        let progress = ctx.progress.step("image", false);
        let mut blobs = Vec::new();
        let mut offset = 0;
        for (number, (blob, is_layer)) in self.blobs.iter().enumerate() {
            progress.say(&format!(
                "reading layer {} of {}",
                number + 1,
                self.blobs.len()
            ));
            let has = target.blob_exists(&to, &blob.digest).await;
            if has.map_err(|e| client_error("check for a layer", e))? {
                blobs.push(Blob {
                    digest: blob.digest.clone(),
                    size: 0,
                    source: Source::Bytes(Default::default()),
                    is_layer: *is_layer,
                });
                continue;
            }
            let cannot_read = |e| client_error("read a layer", e);
            let mut chunks = source
                .pull_blob_stream(&from, blob)
                .await
                .map_err(cannot_read)?;
            let mut size = 0;
            while let Some(chunk) = chunks.stream.try_next().await.map_err(cannot_write)? {
                if ctx.cancel.is_cancelled() {
                    return Err(Error::interrupted());
                }
                file.write_all(&chunk).map_err(cannot_write)?;
                size += chunk.len() as u64;
            }
            // Its digest is compared while it is sent.
            blobs.push(Blob {
                digest: blob.digest.clone(),
                size,
                source: Source::Plain(Section { offset, size }),
                is_layer: *is_layer,
            });
            offset += size;
        }
        let content = ImageContent {
            documents: self.documents,
            blobs,
            ..ImageContent::default()
        };
        Ok((
            TarArchive::of_sections(file, "the copy of the image"),
            content,
        ))
    }
}

/// A file in the folder for temporary files that no other program can open.
fn unnamed_file() -> std::io::Result<File> {
    let path = std::env::temp_dir().join(format!("rd-ecs-{}", uuid::Uuid::new_v4()));
    let file = File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}
