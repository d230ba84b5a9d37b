//! The OCI image layout: `index.json`, and one file for each blob.
//! <https://github.com/opencontainers/image-spec/blob/main/image-layout.md>

use super::content::{Blob, ImageContent, ManifestDocument, Source, digest_of, is_digest};
use super::selection::{Candidate, choose};
use super::tags;
use super::tar_archive::TarArchive;
use crate::images::registry::{
    MEDIA_TYPES, Platform, fargate_architecture, images, media_type, parse,
};
use oci_client::manifest::{
    ImageIndexEntry, OciDescriptor, OciImageIndex, OciImageManifest, OciManifest,
};
use rd_common::{Note, Result};

/// The most levels of indexes within indexes.
const MAX_DEPTH: usize = 3;

/// The annotation with which cosign says what an entry is.
const COSIGN_KIND: &str = "kind";
/// The beginning of cosign's kinds, of which these are images; others are signatures and attestations.
/// <https://github.com/sigstore/cosign/blob/main/pkg/oci/layout/index.go>
const COSIGN: &str = "dev.cosignproject.cosign/";
const COSIGN_IMAGES: [&str; 2] = ["image", "imageIndex"];

/// Reads an image, or an index of images, that `index.json` names: the only one, or the one that `select` names.
pub fn read(archive: &TarArchive, index: &[u8], select: Option<&str>) -> Result<ImageContent> {
    let invalid = |why: &str| archive.invalid(&format!("index.json is invalid: {why}"));
    let OciManifest::ImageIndex(index) = parse(index).map_err(|e| invalid(&e))? else {
        return Err(invalid("it is not an index"));
    };
    let (entries, signatures): (Vec<_>, Vec<_>) =
        index.manifests.iter().partition(|one| !is_signature(one));
    let mut images: Vec<Candidate> = Vec::new();
    for entry in &entries {
        let name = annotated_name(entry).map(str::to_owned);
        match images.iter_mut().find(|one| one.digest == entry.digest) {
            Some(known) => known.names.extend(name),
            None => images.push(Candidate {
                names: name.into_iter().collect(),
                digest: entry.digest.clone(),
            }),
        }
    }
    if images.is_empty() {
        return Err(archive.invalid("its index.json names no image"));
    }
    let chosen = &images[choose(&archive.name, &images, select)?];
    let Some(first) = entries.iter().find(|one| one.digest == chosen.digest) else {
        return Err(archive.invalid("its index.json names no image"));
    };
    let mut content = ImageContent::default();
    if !signatures.is_empty() {
        content.notes.push(Note {
            summary: "the signatures and attestations in the archive are not pushed".to_owned(),
            hint: "sign the image in the repository: cosign sign REPOSITORY@DIGEST".to_owned(),
        });
    }
    for tag in chosen
        .names
        .iter()
        .filter_map(|name| tags::of_annotation(name))
    {
        if !content.tags.iter().any(|other| other == tag) {
            content.tags.push(tag.to_owned());
        }
    }
    add_manifest(archive, first, &mut content, 0)?;
    content.architectures.sort();
    content.architectures.dedup();
    Ok(content)
}

/// Whether an entry is a signature or an attestation of cosign's, and not an image.
fn is_signature(entry: &ImageIndexEntry) -> bool {
    let annotations = entry.annotations.as_ref();
    let kind = annotations.and_then(|annotations| annotations.get(COSIGN_KIND));
    let kind = kind.and_then(|kind| kind.strip_prefix(COSIGN));
    kind.is_some_and(|kind| !COSIGN_IMAGES.contains(&kind))
}

/// The name or tag in the annotations of an entry. Docker's annotation comes first: it always contains the tag.
fn annotated_name(entry: &ImageIndexEntry) -> Option<&str> {
    let keys = [
        "io.containerd.image.name",
        "org.opencontainers.image.ref.name",
    ];
    let annotations = entry.annotations.as_ref()?;
    let mut names = keys.iter().filter_map(|key| annotations.get(*key));
    names.next().map(String::as_str)
}

/// Whether every layer is compressed.
pub fn is_compressed(content: &ImageContent) -> bool {
    let manifests = content
        .documents
        .iter()
        .filter_map(|one| parse(one.text.as_bytes()).ok());
    let images = manifests.filter_map(|one| match one {
        OciManifest::Image(image) => Some(image.layers),
        OciManifest::ImageIndex(_) => None,
    });
    let mut layers = images.flatten();
    layers.all(|layer| !layer.media_type.ends_with(".tar"))
}

/// The path of a blob's file in the archive.
fn blob_path(archive: &TarArchive, digest: &str) -> Result<String> {
    if !is_digest(digest) {
        return Err(archive.invalid(&format!(
            "`{digest}` is not a SHA-256 digest, the only kind that ECR accepts"
        )));
    }
    Ok(digest
        .replacen(':', "/", 1)
        .replacen("sha256", "blobs/sha256", 1))
}

/// Reads a manifest or configuration, and compares it with its digest.
fn document(archive: &TarArchive, digest: &str, what: &str) -> Result<Vec<u8>> {
    let bytes = archive.document(&blob_path(archive, digest)?)?;
    let bytes = bytes.ok_or_else(|| archive.invalid(&format!("the {what} {digest} is missing")))?;
    let own = digest_of(&bytes);
    if own != digest {
        return Err(archive.invalid(&format!("the {what} {digest} has the digest {own}")));
    }
    Ok(bytes)
}

/// Adds a manifest, after everything that it refers to.
fn add_manifest(
    archive: &TarArchive,
    entry: &ImageIndexEntry,
    content: &mut ImageContent,
    depth: usize,
) -> Result<()> {
    if content
        .documents
        .iter()
        .any(|one| one.digest == entry.digest)
    {
        return Ok(());
    }
    let bytes = document(archive, &entry.digest, "manifest")?;
    let invalid =
        |why: &str| archive.invalid(&format!("the manifest {} is invalid: {why}", entry.digest));
    let manifest = parse(&bytes).map_err(|e| invalid(&e))?;
    let media_type = match entry.media_type.as_str() {
        "" => media_type(&manifest),
        named => named,
    };
    if !MEDIA_TYPES.contains(&media_type) {
        return Err(invalid(&format!(
            "its media type is {media_type}, which is not an image"
        )));
    }
    match &manifest {
        OciManifest::Image(image) => add_image(archive, image, content)?,
        OciManifest::ImageIndex(_) if depth == MAX_DEPTH => {
            return Err(invalid("it has too many levels of indexes"));
        }
        OciManifest::ImageIndex(index) => {
            if let Some(single) = single_image(archive, index)? {
                content.notes.extend(missing_platforms(index, single));
                return add_manifest(archive, single, content, depth + 1);
            }
            for one in &index.manifests {
                add_manifest(archive, one, content, depth + 1)?;
            }
        }
    }
    content.documents.push(ManifestDocument {
        digest: entry.digest.clone(),
        media_type: media_type.to_owned(),
        text: String::from_utf8(bytes).map_err(|e| invalid(&e.to_string()))?,
    });
    Ok(())
}

/// The only image of an index that the archive contains; none if it contains all of them. Docker saves the whole index,
/// but only the image that it has pulled.
fn single_image<'a>(
    archive: &TarArchive,
    index: &'a OciImageIndex,
) -> Result<Option<&'a ImageIndexEntry>> {
    let mut present = Vec::new();
    let mut missing = Vec::new();
    for one in &index.manifests {
        match archive.find(&blob_path(archive, &one.digest)?) {
            Some(_) => present.push(one),
            None => missing.push(one.digest.as_str()),
        }
    }
    let mut present_images = present
        .into_iter()
        .filter(|one| images(index).any(|image| image.digest == one.digest));
    match (
        missing.as_slice(),
        present_images.next(),
        present_images.next(),
    ) {
        ([], _, _) => Ok(None),
        (_, Some(single), None) => Ok(Some(single)),
        (missing, _, _) => Err(archive.invalid(&format!("the manifest {} is missing", missing[0]))),
    }
}

/// The note about the platforms of an index that the archive lacks; none where it lacks attestations alone.
fn missing_platforms(index: &OciImageIndex, single: &ImageIndexEntry) -> Option<Note> {
    if images(index).count() == 1 {
        return None;
    }
    let platform = single.platform.as_ref();
    let platform = platform.map_or_else(
        || "one".to_owned(),
        |platform| fargate_architecture(&platform.into()),
    );
    Some(Note {
        summary: format!(
            "the archive names images for several platforms, but contains only the image for {platform}: it is pushed \
             without the index"
        ),
        hint: "to push all platforms, build for all of them: docker buildx build --platform … --output type=oci,dest=FILE"
            .to_owned(),
    })
}

/// The digest of the configuration of a single image; none for an index.
pub fn configuration(content: &ImageContent) -> Option<String> {
    match parse(content.documents.last()?.text.as_bytes()).ok()? {
        OciManifest::Image(image) => Some(image.config.digest),
        OciManifest::ImageIndex(_) => None,
    }
}

/// Adds the configuration, the layers and the architecture of an image.
fn add_image(
    archive: &TarArchive,
    image: &OciImageManifest,
    content: &mut ImageContent,
) -> Result<()> {
    let config = &image.config;
    add_blob(archive, config, false, content)?;
    if config.media_type.ends_with("config.v1+json")
        || config.media_type.ends_with("container.image.v1+json")
    {
        let bytes = document(archive, &config.digest, "configuration")?;
        let platform: Platform = serde_json::from_slice(&bytes).map_err(|e| {
            archive.invalid(&format!(
                "the configuration {} is invalid: {e}",
                config.digest
            ))
        })?;
        if !matches!(platform.architecture.as_str(), "" | "unknown") {
            content.architectures.push(fargate_architecture(&platform));
        }
    }
    for layer in &image.layers {
        add_blob(archive, layer, true, content)?;
    }
    Ok(())
}

fn add_blob(
    archive: &TarArchive,
    descriptor: &OciDescriptor,
    is_layer: bool,
    content: &mut ImageContent,
) -> Result<()> {
    let digest = &descriptor.digest;
    if content.blobs.iter().any(|blob| &blob.digest == digest) {
        return Ok(());
    }
    let what = if is_layer { "layer" } else { "configuration" };
    let Some(section) = archive.find(&blob_path(archive, digest)?) else {
        // Non-distributable layers stay in their own registry.
        let has_urls = descriptor
            .urls
            .as_ref()
            .is_some_and(|urls| !urls.is_empty());
        if has_urls || descriptor.media_type.contains("nondistributable") {
            return Ok(());
        }
        return Err(archive.invalid(&format!("the {what} {digest} is missing")));
    };
    if i64::try_from(section.size) != Ok(descriptor.size) {
        return Err(archive.invalid(&format!(
            "the {what} {digest} has {} bytes, but must have {}",
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
