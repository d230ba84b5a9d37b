//! Image manifests and image indexes, parsed into the client library's types.
//! <https://github.com/opencontainers/image-spec/blob/main/manifest.md>
//! <https://github.com/opencontainers/image-spec/blob/main/image-index.md>

pub use crate::kinds::repository::images::MEDIA_TYPES;
use oci_client::manifest::{
    ImageIndexEntry, OCI_IMAGE_INDEX_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE, OciImageIndex, OciManifest,
};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Takes `null` for a member that is absent: Go's tools write it for lists and maps without content.
pub fn null_as_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Removes the members that are `null`, at all levels.
fn remove_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(remove_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(remove_nulls),
        _ => {}
    }
}

/// Parses a manifest or an index; the error says what is wrong with it.
///
/// The library's own enum is untagged: its error would not say which member is missing.
pub fn parse(bytes: &[u8]) -> Result<OciManifest, String> {
    let text = |e: serde_json::Error| e.to_string();
    let mut document: Value = serde_json::from_slice(bytes).map_err(text)?;
    let is_index = document.get("manifests").is_some();
    remove_nulls(&mut document);
    if let Some(members) = document.as_object_mut() {
        let list = if is_index { "manifests" } else { "layers" };
        members
            .entry(list)
            .or_insert_with(|| Value::Array(Vec::new()));
    }
    match document["schemaVersion"].as_u64().unwrap_or_default() {
        2 if is_index => serde_json::from_value(document)
            .map(OciManifest::ImageIndex)
            .map_err(text),
        2 => serde_json::from_value(document)
            .map(OciManifest::Image)
            .map_err(text),
        1 => Err("it has schema version 1, which current tools do not write".to_owned()),
        other => Err(format!("it has schema version {other}, but must have 2")),
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
        let OciManifest::ImageIndex(index) = manifest else {
            panic!("not an index: {manifest:?}");
        };
        let images: Vec<&str> = images(&index).map(|one| one.digest.as_str()).collect();
        assert_eq!(images, ["sha256:a"]);
    }

    #[test]
    fn null_is_a_list_or_a_map_without_content() {
        let image = parse(
            br#"{"schemaVersion":2,"mediaType":null,"annotations":null,"layers":null,
                "config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:a","size":1,"urls":null}}"#,
        );
        assert!(matches!(image, Ok(OciManifest::Image(image)) if image.layers.is_empty()));
        let index = parse(br#"{"schemaVersion":2,"manifests":null}"#);
        assert!(matches!(index, Ok(OciManifest::ImageIndex(index)) if index.manifests.is_empty()));
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
