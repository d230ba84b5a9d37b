//! Image manifests and image indexes, parsed into the client library's types.
//! <https://github.com/opencontainers/image-spec/blob/main/manifest.md>
//! <https://github.com/opencontainers/image-spec/blob/main/image-index.md>

pub use crate::kinds::repository::images::MEDIA_TYPES;
use oci_client::manifest::{
    ImageIndexEntry, OCI_IMAGE_INDEX_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE, OciImageIndex, OciManifest,
};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The members that tell an image's manifest from an index.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Head {
    schema_version: u32,
    manifests: Option<IgnoredAny>,
}

/// Parses a manifest or an index; the error says what is wrong with it.
///
/// The library's own enum is untagged: its error would not say which member is missing.
pub fn parse(bytes: &[u8]) -> Result<OciManifest, String> {
    let text = |e: serde_json::Error| e.to_string();
    let head: Head = serde_json::from_slice(bytes).map_err(text)?;
    match (head.schema_version, head.manifests) {
        (2, Some(_)) => serde_json::from_slice(bytes)
            .map(OciManifest::ImageIndex)
            .map_err(text),
        (2, None) => serde_json::from_slice(bytes)
            .map(OciManifest::Image)
            .map_err(text),
        (1, _) => Err("it has schema version 1, which current tools do not write".to_owned()),
        (other, _) => Err(format!("it has schema version {other}, but must have 2")),
    }
}

/// The media type of a manifest; OCI's where the manifest does not name one.
pub fn media_type(manifest: &OciManifest) -> &str {
    match manifest {
        OciManifest::Image(image) => image.media_type.as_deref().unwrap_or(OCI_IMAGE_MEDIA_TYPE),
        OciManifest::ImageIndex(index) => index
            .media_type
            .as_deref()
            .unwrap_or(OCI_IMAGE_INDEX_MEDIA_TYPE),
    }
}

/// The total size of an image's layers, in bytes; none for an index.
pub fn layers_size(manifest: &OciManifest) -> Option<u64> {
    let OciManifest::Image(image) = manifest else {
        return None;
    };
    let sizes = image.layers.iter();
    Some(
        sizes
            .filter_map(|layer| u64::try_from(layer.size).ok())
            .sum(),
    )
}

/// The images of an index. Attestations, which an index lists for an unknown platform, are left out.
/// <https://docs.docker.com/build/metadata/attestations/attestation-storage/>
pub fn images(index: &OciImageIndex) -> impl Iterator<Item = &ImageIndexEntry> {
    index.manifests.iter().filter(|entry| {
        let platform = entry.platform.as_ref();
        platform.is_none_or(|platform| platform.architecture.to_string() != "unknown")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attestations_are_not_images() {
        let manifest = parse(
            br#"{"schemaVersion":2,"manifests":[
                {"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:a","size":1,
                 "platform":{"os":"linux","architecture":"arm64"}},
                {"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:b","size":1,
                 "platform":{"os":"unknown","architecture":"unknown"}}]}"#,
        )
        .unwrap();
        assert_eq!(layers_size(&manifest), None);
        let OciManifest::ImageIndex(index) = manifest else {
            panic!("not an index: {manifest:?}");
        };
        let images: Vec<&str> = images(&index).map(|one| one.digest.as_str()).collect();
        assert_eq!(images, ["sha256:a"]);
    }

    #[test]
    fn an_invalid_manifest_has_a_reason() {
        assert!(parse(b"x").is_err());
        assert!(
            parse(br#"{"schemaVersion":1}"#)
                .unwrap_err()
                .contains("schema version 1")
        );
        assert!(parse(b"{}").is_err());
        assert!(
            parse(br#"{"schemaVersion":2,"layers":[]}"#)
                .unwrap_err()
                .contains("config")
        );
    }
}
