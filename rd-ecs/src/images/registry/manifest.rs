//! Manifests: an image's, and an index of images.
//! <https://github.com/opencontainers/image-spec/blob/main/manifest.md>
//! <https://github.com/opencontainers/image-spec/blob/main/image-index.md>

use oci_client::manifest::{
    IMAGE_MANIFEST_LIST_MEDIA_TYPE, IMAGE_MANIFEST_MEDIA_TYPE, OCI_IMAGE_INDEX_MEDIA_TYPE,
    OCI_IMAGE_MEDIA_TYPE,
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The formats that ECR keeps and Fargate runs.
/// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-manifest-formats.html>
pub const MEDIA_TYPES: [&str; 4] = [
    OCI_IMAGE_MEDIA_TYPE,
    OCI_IMAGE_INDEX_MEDIA_TYPE,
    IMAGE_MANIFEST_MEDIA_TYPE,
    IMAGE_MANIFEST_LIST_MEDIA_TYPE,
];

/// An image's manifest, or an index: which has `manifests`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Manifest {
    /// 2.
    pub schema_version: u32,
    /// What it is; OCI's may leave it out.
    pub media_type: Option<String>,
    /// The configuration.
    pub config: Option<Descriptor>,
    /// The layers, the lowest first.
    pub layers: Vec<Descriptor>,
    /// The images of an index.
    pub manifests: Vec<Descriptor>,
}

/// What something else is, and its digest.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Descriptor {
    /// What it is.
    pub media_type: String,
    /// Its digest.
    pub digest: String,
    /// Its size in bytes.
    pub size: u64,
    /// What an image of an index runs on.
    pub platform: Option<Platform>,
    /// What is said of it, such as a name.
    pub annotations: BTreeMap<String, String>,
    /// Where else it is. Layers that have this need not be in the registry.
    pub urls: Vec<String>,
}

/// What an image runs on; an image's configuration has the same two members.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Platform {
    /// Go's name: `arm64`, `amd64`.
    pub architecture: String,
    /// Go's name: `linux`.
    pub os: String,
}

/// Reads a manifest. The error says what is wrong with it.
pub fn parse(bytes: &[u8]) -> Result<Manifest, String> {
    let manifest: Manifest = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
    match manifest.schema_version {
        2 => Ok(manifest),
        1 => Err("it is of schema version 1, which no current tool makes".to_owned()),
        other => Err(format!("it is of schema version {other}, and 2 is the one")),
    }
}

impl Manifest {
    /// Whether it is an index of images.
    pub fn is_index(&self) -> bool {
        self.config.is_none() && self.layers.is_empty()
    }

    /// What it is, where its descriptor does not say.
    pub fn media_type(&self) -> &str {
        match &self.media_type {
            Some(media_type) => media_type,
            None if self.is_index() => OCI_IMAGE_INDEX_MEDIA_TYPE,
            None => OCI_IMAGE_MEDIA_TYPE,
        }
    }

    /// The bytes of its layers.
    pub fn size(&self) -> u64 {
        self.layers.iter().map(|layer| layer.size).sum()
    }

    /// The images of an index: attestations are listed beside them, for an unknown platform.
    /// <https://docs.docker.com/build/metadata/attestations/attestation-storage/>
    pub fn images(&self) -> impl Iterator<Item = &Descriptor> {
        self.manifests.iter().filter(|one| {
            one.platform
                .as_ref()
                .is_none_or(|on| on.architecture != "unknown")
        })
    }
}

/// In Fargate's words what runs on `os` and `architecture`.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RuntimePlatform.html>
pub fn architecture_word(platform: &Platform) -> String {
    match (platform.os.as_str(), platform.architecture.as_str()) {
        ("linux" | "", "arm64" | "aarch64") => "ARM64".to_owned(),
        ("linux" | "", "amd64" | "x86_64") => "X86_64".to_owned(),
        (os, architecture) => format!("{os}/{architecture}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn platform(os: &str, architecture: &str) -> Platform {
        Platform {
            os: os.to_owned(),
            architecture: architecture.to_owned(),
        }
    }

    #[test]
    fn platforms_have_fargates_names() {
        assert_eq!(architecture_word(&platform("linux", "arm64")), "ARM64");
        assert_eq!(architecture_word(&platform("linux", "amd64")), "X86_64");
        assert_eq!(
            architecture_word(&platform("windows", "amd64")),
            "windows/amd64"
        );
        assert_eq!(architecture_word(&platform("linux", "arm")), "linux/arm");
    }

    #[test]
    fn attestations_are_no_images() {
        let index = parse(
            br#"{"schemaVersion":2,"manifests":[
                {"digest":"sha256:a","platform":{"os":"linux","architecture":"arm64"}},
                {"digest":"sha256:b","platform":{"os":"unknown","architecture":"unknown"}}]}"#,
        )
        .unwrap();
        assert!(index.is_index());
        let images: Vec<&str> = index.images().map(|one| one.digest.as_str()).collect();
        assert_eq!(images, ["sha256:a"]);
    }

    #[test]
    fn what_is_no_manifest_is_said() {
        assert!(parse(b"x").is_err());
        assert!(
            parse(br#"{"schemaVersion":1}"#)
                .unwrap_err()
                .contains("schema version 1")
        );
        assert!(parse(b"{}").is_err());
    }
}
