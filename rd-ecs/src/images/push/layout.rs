//! OCI's image layout: <https://github.com/opencontainers/image-spec/blob/main/image-layout.md>

use super::archive::Archive;
use super::content::{Blob, Content, Document, Source, digest_of, is_digest};
use super::tags;
use crate::images::registry::{
    Descriptor, MEDIA_TYPES, Manifest, Platform, architecture_word, parse,
};
use rd_common::{Error, Result};
use std::collections::BTreeSet;

/// How deep indexes may be in each other.
const DEEPEST: usize = 3;

/// Reads it: the one image, or index of images, that `index.json` names.
pub fn read(archive: &Archive, index: &[u8]) -> Result<Content> {
    let index =
        parse(index).map_err(|e| archive.broken(&format!("index.json cannot be read: {e}")))?;
    let digests: BTreeSet<&str> = index
        .manifests
        .iter()
        .map(|one| one.digest.as_str())
        .collect();
    let Some(first) = index.manifests.first() else {
        return Err(archive.broken("its index.json names no image"));
    };
    if digests.len() > 1 {
        let names: Vec<&str> = index
            .manifests
            .iter()
            .map(|one| name(one).unwrap_or(&one.digest))
            .collect();
        return Err(Error::usage(format!(
            "{} has {} images: {}",
            archive.name,
            digests.len(),
            names.join(", ")
        ))
        .hint("save one alone"));
    }
    let mut content = Content::default();
    for tag in index
        .manifests
        .iter()
        .filter_map(name)
        .filter_map(tags::of_annotation)
    {
        if !content.tags.iter().any(|other| other == tag) {
            content.tags.push(tag.to_owned());
        }
    }
    walk(archive, first, &mut content, 0)?;
    content.architectures.sort();
    content.architectures.dedup();
    Ok(content)
}

/// Docker's name has the tag for sure.
fn name(descriptor: &Descriptor) -> Option<&str> {
    let keys = [
        "io.containerd.image.name",
        "org.opencontainers.image.ref.name",
    ];
    let mut names = keys
        .iter()
        .filter_map(|key| descriptor.annotations.get(*key));
    names.next().map(String::as_str)
}

/// Whether every layer is compressed already.
pub fn is_compressed(content: &Content) -> bool {
    let manifests = content
        .documents
        .iter()
        .filter_map(|one| parse(one.text.as_bytes()).ok());
    let mut layers = manifests.flat_map(|one| one.layers);
    layers.all(|layer| !layer.media_type.ends_with(".tar"))
}

/// The name of a blob's file.
fn path(archive: &Archive, digest: &str) -> Result<String> {
    if !is_digest(digest) {
        return Err(archive.broken(&format!(
            "`{digest}` is no SHA-256 digest, the one kind that ECR takes"
        )));
    }
    Ok(digest
        .replacen(':', "/", 1)
        .replacen("sha256", "blobs/sha256", 1))
}

fn document(archive: &Archive, digest: &str, what: &str) -> Result<Vec<u8>> {
    let bytes = archive.document(&path(archive, digest)?)?;
    let bytes = bytes.ok_or_else(|| archive.broken(&format!("the {what} {digest} is missing")))?;
    let own = digest_of(&bytes);
    if own != digest {
        return Err(archive.broken(&format!("the {what} {digest} has the digest {own}")));
    }
    Ok(bytes)
}

/// Adds a manifest, after what it refers to.
fn walk(
    archive: &Archive,
    descriptor: &Descriptor,
    content: &mut Content,
    depth: usize,
) -> Result<()> {
    if content
        .documents
        .iter()
        .any(|one| one.digest == descriptor.digest)
    {
        return Ok(());
    }
    let bytes = document(archive, &descriptor.digest, "manifest")?;
    let unreadable = |why: &str| {
        archive.broken(&format!(
            "the manifest {} cannot be read: {why}",
            descriptor.digest
        ))
    };
    let manifest = parse(&bytes).map_err(|e| unreadable(&e))?;
    let media_type = match descriptor.media_type.as_str() {
        "" => manifest.media_type(),
        told => told,
    };
    if !MEDIA_TYPES.contains(&media_type) {
        return Err(unreadable(&format!(
            "it is a {media_type}, which is no image"
        )));
    }
    if manifest.is_index() {
        if depth == DEEPEST {
            return Err(unreadable("indexes are too deep in each other"));
        }
        if let Some(alone) = alone(archive, &manifest)? {
            content.note = Some(format!(
                "the archive names images for several platforms and has that for {} alone: it is pushed without the index",
                alone
                    .platform
                    .as_ref()
                    .map_or_else(|| "one".to_owned(), architecture_word)
            ));
            return walk(archive, alone, content, depth + 1);
        }
        for one in &manifest.manifests {
            walk(archive, one, content, depth + 1)?;
        }
    } else {
        add_image(archive, &manifest, content)?;
    }
    content.documents.push(Document {
        digest: descriptor.digest.clone(),
        media_type: media_type.to_owned(),
        text: String::from_utf8(bytes).map_err(|e| unreadable(&e.to_string()))?,
    });
    Ok(())
}

/// The one image that is there of an index whose others are not: docker saves what it has pulled, with the whole index.
fn alone<'a>(archive: &Archive, index: &'a Manifest) -> Result<Option<&'a Descriptor>> {
    let mut there = Vec::new();
    let mut missing = Vec::new();
    for one in &index.manifests {
        match archive.find(&path(archive, &one.digest)?) {
            Some(_) => there.push(one),
            None => missing.push(one.digest.as_str()),
        }
    }
    let mut images = there
        .into_iter()
        .filter(|one| index.images().any(|image| image.digest == one.digest));
    match (missing.as_slice(), images.next(), images.next()) {
        ([], _, _) => Ok(None),
        (_, Some(alone), None) => Ok(Some(alone)),
        (missing, _, _) => Err(archive.broken(&format!("the manifest {} is missing", missing[0]))),
    }
}

fn add_image(archive: &Archive, manifest: &Manifest, content: &mut Content) -> Result<()> {
    let config = manifest
        .config
        .as_ref()
        .ok_or_else(|| archive.broken("a manifest names no configuration"))?;
    add(archive, config, false, content)?;
    if config.media_type.ends_with("config.v1+json")
        || config.media_type.ends_with("container.image.v1+json")
    {
        let bytes = document(archive, &config.digest, "configuration")?;
        let platform: Platform = serde_json::from_slice(&bytes).map_err(|e| {
            archive.broken(&format!(
                "the configuration {} cannot be read: {e}",
                config.digest
            ))
        })?;
        if !matches!(platform.architecture.as_str(), "" | "unknown") {
            content.architectures.push(architecture_word(&platform));
        }
    }
    for layer in &manifest.layers {
        add(archive, layer, true, content)?;
    }
    Ok(())
}

fn add(
    archive: &Archive,
    descriptor: &Descriptor,
    is_layer: bool,
    content: &mut Content,
) -> Result<()> {
    let digest = &descriptor.digest;
    if content.blobs.iter().any(|blob| &blob.digest == digest) {
        return Ok(());
    }
    let what = if is_layer { "layer" } else { "configuration" };
    let Some(section) = archive.find(&path(archive, digest)?) else {
        // Layers that are not to be distributed stay where they are.
        if !descriptor.urls.is_empty() || descriptor.media_type.contains("nondistributable") {
            return Ok(());
        }
        return Err(archive.broken(&format!("the {what} {digest} is missing")));
    };
    if section.size != descriptor.size {
        return Err(archive.broken(&format!(
            "the {what} {digest} has {} bytes, and should have {}",
            section.size, descriptor.size
        )));
    }
    content.blobs.push(Blob {
        digest: digest.clone(),
        size: section.size,
        source: Source::Plain(section),
        is_layer,
    });
    Ok(())
}
