//! What docker saves: <https://github.com/moby/docker-image-spec/blob/main/spec.md#combined-image-json--filesystem-changeset-format>

use super::AT_ONCE;
use super::archive::{Archive, Section};
use super::compress::{Form, Measured, form, measure};
use super::content::{Blob, Content, Document, Source, digest_of, is_hash};
use super::meter::{Count, Meter};
use super::tags;
use crate::images::registry::{Platform, architecture_word};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use oci_client::manifest::{
    IMAGE_CONFIG_MEDIA_TYPE, IMAGE_LAYER_GZIP_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE,
};
use rd_common::resource::progress::Progress;
use rd_common::{Error, Result};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// What zstd makes of a layer; the client has no name for it.
/// <https://github.com/opencontainers/image-spec/blob/main/layer.md#zstd-media-types>
const ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";

/// One image of `manifest.json`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    layers: Vec<String>,
}

/// What of a configuration is looked at.
#[derive(Debug, Deserialize)]
struct Config {
    #[serde(flatten)]
    platform: Platform,
    #[serde(default)]
    rootfs: RootFs,
}

#[derive(Debug, Default, Deserialize)]
struct RootFs {
    #[serde(default)]
    diff_ids: Vec<String>,
}

/// A layer to be read.
#[derive(Clone, Debug)]
struct Layer {
    name: String,
    section: Section,
    form: Form,
    /// The digest of what is in it, without compression.
    diff_id: String,
}

/// Reads it, and its layers for their digests.
pub async fn read(archive: &Arc<Archive>, manifest: &[u8], progress: &Progress) -> Result<Content> {
    let saved = only(archive, manifest)?;
    let config = archive.document(&saved.config)?;
    let config = config
        .ok_or_else(|| archive.broken(&format!("the configuration {} is missing", saved.config)))?;
    let digest = digest_of(&config);
    if let Some(hash) = hash_of(&saved.config)
        && digest != format!("sha256:{hash}")
    {
        return Err(archive.broken(&format!(
            "the configuration {} has the digest {digest}",
            saved.config
        )));
    }
    let about: Config = serde_json::from_slice(&config).map_err(|e| {
        archive.broken(&format!(
            "the configuration {} cannot be read: {e}",
            saved.config
        ))
    })?;
    let layers = layers(archive, &saved, &about.rootfs.diff_ids)?;
    let measured = measure_all(archive, &layers, progress).await?;

    let mut content = Content {
        tags: saved
            .repo_tags
            .iter()
            .flatten()
            .filter_map(|name| tags::of_name(name))
            .map(str::to_owned)
            .collect(),
        architectures: vec![architecture_word(&about.platform)],
        ..Content::default()
    };
    let manifest = manifest_of(&digest, config.len(), &layers, &measured);
    content.blobs.push(Blob {
        digest,
        size: config.len() as u64,
        source: Source::Bytes(config.into()),
        is_layer: false,
    });
    for (layer, measured) in layers.iter().zip(measured) {
        // The same layer may be in an image twice.
        if !content
            .blobs
            .iter()
            .any(|blob| blob.digest == measured.digest)
        {
            content.blobs.push(Blob {
                digest: measured.digest,
                size: measured.size,
                source: match layer.form {
                    Form::Tar => Source::Gzip(layer.section),
                    _ => Source::Plain(layer.section),
                },
                is_layer: true,
            });
        }
    }
    content.documents.push(Document {
        digest: digest_of(manifest.as_bytes()),
        media_type: OCI_IMAGE_MEDIA_TYPE.to_owned(),
        text: manifest,
    });
    Ok(content)
}

fn only(archive: &Archive, manifest: &[u8]) -> Result<Saved> {
    let mut all: Vec<Saved> = serde_json::from_slice(manifest)
        .map_err(|e| archive.broken(&format!("manifest.json cannot be read: {e}")))?;
    match (all.pop(), all.len()) {
        (Some(one), 0) => Ok(one),
        (None, _) => Err(archive.broken("its manifest.json names no image")),
        (Some(_), more) => Err(
            Error::usage(format!("{} has {} images", archive.name, more + 1))
                .hint("save one alone: docker save NAME:TAG -o app.tar"),
        ),
    }
}

/// The digest that a file's name says it has: `<hash>.json`, `sha256:<hash>`, `blobs/sha256/<hash>`, `<hash>.tar.gz`.
fn hash_of(name: &str) -> Option<&str> {
    let file = name.rsplit('/').next()?;
    let file = file.strip_prefix("sha256:").unwrap_or(file);
    let stem = file.split('.').next()?;
    is_hash(stem).then_some(stem)
}

fn layers(archive: &Archive, saved: &Saved, diff_ids: &[String]) -> Result<Vec<Layer>> {
    if saved.layers.len() != diff_ids.len() {
        return Err(archive.broken(&format!(
            "its manifest.json names {} layers, and the configuration {}",
            saved.layers.len(),
            diff_ids.len()
        )));
    }
    let pairs = saved.layers.iter().zip(diff_ids);
    pairs
        .map(|(name, diff_id)| {
            let section = archive.find(name);
            let section =
                section.ok_or_else(|| archive.broken(&format!("the layer {name} is missing")))?;
            Ok(Layer {
                name: name.clone(),
                section,
                form: form(archive, section)?,
                diff_id: diff_id.clone(),
            })
        })
        .collect()
}

async fn measure_all(
    archive: &Arc<Archive>,
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
        .buffered(AT_ONCE)
        .try_collect();
    meter.during(work).await
}

async fn measured(archive: Arc<Archive>, layer: Layer, count: Count) -> Result<Measured> {
    let work = tokio::task::spawn_blocking(move || {
        let measured = measure(&archive, layer.section, layer.form, &count)?;
        let wrong = match &measured.plain {
            // What cannot be looked into is known by its name, where that is a digest.
            None => hash_of(&layer.name)
                .is_some_and(|hash| measured.digest != format!("sha256:{hash}"))
                .then_some(&measured.digest),
            Some(plain) => (*plain != layer.diff_id).then_some(plain),
        };
        match wrong {
            Some(digest) => {
                Err(archive.broken(&format!("the layer {} has the digest {digest}", layer.name)))
            }
            None => Ok(measured),
        }
    });
    work.await
        .map_err(|e| Error::failed(format!("reading a layer failed: {e}")))?
}

fn manifest_of(
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
                "mediaType": if layer.form == Form::Zstd { ZSTD } else { IMAGE_LAYER_GZIP_MEDIA_TYPE },
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
    use super::hash_of;

    #[test]
    fn names_tell_digests() {
        let hash = "0123456789abcdef".repeat(4);
        for name in [
            format!("{hash}.json"),
            format!("sha256:{hash}"),
            format!("blobs/sha256/{hash}"),
            format!("{hash}.tar.gz"),
        ] {
            assert_eq!(hash_of(&name), Some(hash.as_str()), "{name}");
        }
        assert_eq!(hash_of(&format!("{hash}/layer.tar")), None);
    }
}
