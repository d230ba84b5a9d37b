//! The format of `docker save`: `manifest.json`, a configuration, and one file for each layer.
//! <https://github.com/moby/docker-image-spec/blob/main/spec.md#combined-image-json--filesystem-changeset-format>

use super::MAX_PARALLEL_LAYERS;
use super::content::{Blob, ImageContent, ManifestDocument, Source, digest_of, is_hash};
use super::progress_meter::{Count, Meter};
use super::read_blob::{Compressed, Measured, compression, measure};
use super::selection::{Candidate, choose};
use super::tags;
use super::tar_archive::{Section, TarArchive};
use crate::images::registry::{Platform, fargate_architecture, null_as_default};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use oci_client::manifest::{
    IMAGE_CONFIG_MEDIA_TYPE, IMAGE_LAYER_GZIP_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE,
};
use rd_common::resource::progress::Progress;
use rd_common::{Error, Result};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// The media type of a layer that is compressed with zstd; the client library has no constant for it.
/// <https://github.com/opencontainers/image-spec/blob/main/layer.md#zstd-media-types>
const ZSTD_LAYER_MEDIA_TYPE: &str = "application/vnd.oci.image.layer.v1.tar+zstd";

/// One entry of `manifest.json`: an image.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SavedImage {
    config: String,
    #[serde(default, deserialize_with = "null_as_default")]
    repo_tags: Vec<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    layers: Vec<String>,
}

/// The members of a configuration that are read.
#[derive(Debug, Deserialize)]
struct Config {
    #[serde(flatten)]
    platform: Platform,
    #[serde(default, deserialize_with = "null_as_default")]
    rootfs: RootFs,
}

#[derive(Debug, Default, Deserialize)]
struct RootFs {
    #[serde(default, deserialize_with = "null_as_default")]
    diff_ids: Vec<String>,
}

/// A layer of the archive.
#[derive(Clone, Debug)]
struct Layer {
    name: String,
    section: Section,
    compressed: Compressed,
    /// The digest of the uncompressed layer, from the configuration.
    diff_id: String,
}

/// Reads the image, and its layers for their digests.
pub async fn read(
    archive: &Arc<TarArchive>,
    manifest: &[u8],
    select: Option<&str>,
    progress: &Progress,
) -> Result<ImageContent> {
    let saved = chosen_image(archive, manifest, select)?;
    let config = archive.document(&saved.config)?;
    let config = config.ok_or_else(|| {
        archive.invalid(&format!("the configuration {} is missing", saved.config))
    })?;
    let digest = digest_of(&config);
    if let Some(hash) = hash_in_name(&saved.config)
        && digest != format!("sha256:{hash}")
    {
        return Err(archive.invalid(&format!(
            "the configuration {} has the digest {digest}",
            saved.config
        )));
    }
    let about: Config = serde_json::from_slice(&config).map_err(|e| {
        archive.invalid(&format!(
            "the configuration {} is invalid: {e}",
            saved.config
        ))
    })?;
    let layers = layers(archive, &saved, &about.rootfs.diff_ids)?;
    let measured = measure_all(archive, &layers, progress).await?;

    let mut content = ImageContent {
        tags: saved
            .repo_tags
            .iter()
            .filter_map(|name| tags::of_name(name))
            .map(str::to_owned)
            .collect(),
        architectures: vec![fargate_architecture(&about.platform)],
        ..ImageContent::default()
    };
    let manifest = manifest_text(&digest, config.len(), &layers, &measured);
    content.blobs.push(Blob {
        digest,
        size: config.len() as u64,
        source: Source::Bytes(config.into()),
        is_layer: false,
    });
    for (layer, measured) in layers.iter().zip(measured) {
        // An image may contain the same layer twice.
        if !content
            .blobs
            .iter()
            .any(|blob| blob.digest == measured.digest)
        {
            content.blobs.push(Blob {
                digest: measured.digest,
                size: measured.size,
                source: match layer.compressed {
                    Compressed::No => Source::Gzip(layer.section),
                    _ => Source::Plain(layer.section),
                },
                is_layer: true,
            });
        }
    }
    content.documents.push(ManifestDocument {
        digest: digest_of(manifest.as_bytes()),
        media_type: OCI_IMAGE_MEDIA_TYPE.to_owned(),
        text: manifest,
    });
    Ok(content)
}

fn chosen_image(archive: &TarArchive, manifest: &[u8], select: Option<&str>) -> Result<SavedImage> {
    let entries: Vec<SavedImage> = serde_json::from_slice(manifest).map_err(|e| {
        archive
            .invalid(&format!("manifest.json is not valid: {e}"))
            .caused_by(e)
    })?;
    // The same image can stand there once for each of its names.
    let mut all: Vec<SavedImage> = Vec::new();
    for entry in entries {
        let same =
            |one: &&mut SavedImage| (&one.config, &one.layers) == (&entry.config, &entry.layers);
        match all.iter_mut().find(same) {
            Some(known) => known.repo_tags.extend(entry.repo_tags),
            None => all.push(entry),
        }
    }
    if all.is_empty() {
        return Err(archive.invalid("its manifest.json names no image"));
    }
    let images: Vec<Candidate> = all
        .iter()
        .map(|one| Candidate {
            names: one.repo_tags.clone(),
            digest: format!("sha256:{}", hash_in_name(&one.config).unwrap_or_default()),
        })
        .collect();
    let at = choose(&archive.name, &images, select)?;
    Ok(all.swap_remove(at))
}

/// The hash in a file's name: `<hash>.json`, `sha256:<hash>`, `blobs/sha256/<hash>`, `<hash>.tar.gz`.
fn hash_in_name(name: &str) -> Option<&str> {
    let file = name.rsplit('/').next()?;
    let file = file.strip_prefix("sha256:").unwrap_or(file);
    let stem = file.split('.').next()?;
    is_hash(stem).then_some(stem)
}

fn layers(archive: &TarArchive, saved: &SavedImage, diff_ids: &[String]) -> Result<Vec<Layer>> {
    if saved.layers.len() != diff_ids.len() {
        return Err(archive.invalid(&format!(
            "its manifest.json names {} layers, but the configuration names {}",
            saved.layers.len(),
            diff_ids.len()
        )));
    }
    let pairs = saved.layers.iter().zip(diff_ids);
    pairs
        .map(|(name, diff_id)| {
            let section = archive.find(name);
            let section =
                section.ok_or_else(|| archive.invalid(&format!("the layer {name} is missing")))?;
            Ok(Layer {
                name: name.clone(),
                section,
                compressed: compression(archive, section)?,
                diff_id: diff_id.clone(),
            })
        })
        .collect()
}

async fn measure_all(
    archive: &Arc<TarArchive>,
    layers: &[Layer],
    progress: &Progress,
) -> Result<Vec<Measured>> {
    let total = layers.iter().map(|layer| layer.section.size).sum();
    let meter = Meter::new(
        progress.step("image", false),
        "reading",
        layers.len(),
        total,
    );
    let work = stream::iter(layers.iter().enumerate())
        .map(|(number, layer)| measured(archive.clone(), layer.clone(), meter.count(number)))
        .buffered(MAX_PARALLEL_LAYERS)
        .try_collect();
    meter.during(work).await
}

async fn measured(archive: Arc<TarArchive>, layer: Layer, count: Count) -> Result<Measured> {
    let work = tokio::task::spawn_blocking(move || {
        let measured = measure(&archive, layer.section, layer.compressed, &count)?;
        let wrong = match &measured.uncompressed {
            // A zstd layer is not decompressed: compare it with the hash in its name, if it has one.
            None => hash_in_name(&layer.name)
                .is_some_and(|hash| measured.digest != format!("sha256:{hash}"))
                .then_some(&measured.digest),
            Some(uncompressed) => (*uncompressed != layer.diff_id).then_some(uncompressed),
        };
        match wrong {
            Some(digest) => {
                Err(archive.invalid(&format!("the layer {} has the digest {digest}", layer.name)))
            }
            None => Ok(measured),
        }
    });
    work.await
        .map_err(|e| Error::failed(format!("cannot read a layer: {e}")).caused_by(e))?
}

/// The text of the image's manifest.
fn manifest_text(
    config: &str,
    config_size: usize,
    layers: &[Layer],
    measured: &[Measured],
) -> String {
    let layers: Vec<_> = layers
        .iter()
        .zip(measured)
        .map(|(layer, measured)| {
            json!({
                "mediaType": if layer.compressed == Compressed::Zstd { ZSTD_LAYER_MEDIA_TYPE } else { IMAGE_LAYER_GZIP_MEDIA_TYPE },
                "digest": measured.digest,
                "size": measured.size,
            })
        })
        .collect();
    json!({
        "schemaVersion": 2,
        "mediaType": OCI_IMAGE_MEDIA_TYPE,
        "config": {"mediaType": IMAGE_CONFIG_MEDIA_TYPE, "digest": config, "size": config_size},
        "layers": layers,
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::hash_in_name;

    #[test]
    fn hashes_are_found_in_names() {
        let hash = "0123456789abcdef".repeat(4);
        for name in [
            format!("{hash}.json"),
            format!("sha256:{hash}"),
            format!("blobs/sha256/{hash}"),
            format!("{hash}.tar.gz"),
        ] {
            assert_eq!(hash_in_name(&name), Some(hash.as_str()), "{name}");
        }
        assert_eq!(hash_in_name(&format!("{hash}/layer.tar")), None);
    }
}
