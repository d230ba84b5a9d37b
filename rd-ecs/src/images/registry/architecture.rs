//! The architectures that an image runs on, in Fargate's words: an index lists them, and a single image names its own in
//! its configuration.

use super::manifest::{images, null_as_default};
use super::{LARGEST_DOCUMENT, client_error};
use oci_client::manifest::{self, OciDescriptor, OciManifest};
use oci_client::{Client, Reference};
use rd_common::{Error, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The operating system and architecture in an image's configuration, in Go's words; empty where it names none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Platform {
    /// The architecture, such as `arm64` or `amd64`.
    #[serde(deserialize_with = "null_as_default")]
    pub architecture: String,
    /// The operating system, such as `linux`.
    #[serde(deserialize_with = "null_as_default")]
    pub os: String,
}

impl From<&manifest::Platform> for Platform {
    fn from(platform: &manifest::Platform) -> Self {
        Self {
            architecture: platform.architecture.to_string(),
            os: platform.os.to_string(),
        }
    }
}

/// Fargate's word for a platform: `ARM64`, `X86_64`; any other as `<os>/<architecture>`.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RuntimePlatform.html>
pub fn fargate_architecture(platform: &Platform) -> String {
    match (platform.os.as_str(), platform.architecture.as_str()) {
        ("linux" | "", "arm64" | "aarch64") => "ARM64".to_owned(),
        ("linux" | "", "amd64" | "x86_64") => "X86_64".to_owned(),
        (os, architecture) => format!("{os}/{architecture}"),
    }
}

/// The architectures of an image or index, sorted, each once. Reads the configuration of a single image.
pub async fn architectures(
    client: &Client,
    reference: &Reference,
    manifest: &OciManifest,
) -> Result<Vec<String>> {
    let mut words: Vec<String> = match manifest {
        OciManifest::ImageIndex(index) => images(index)
            .filter_map(|entry| entry.platform.as_ref())
            .map(|platform| fargate_architecture(&platform.into()))
            .collect(),
        OciManifest::Image(image) => {
            let platform: Platform = read_config(client, reference, &image.config).await?;
            vec![fargate_architecture(&platform)]
        }
    };
    words.sort();
    words.dedup();
    Ok(words)
}

/// Reads the configuration of a single image.
pub(super) async fn read_config<T: DeserializeOwned>(
    client: &Client,
    reference: &Reference,
    config: &OciDescriptor,
) -> Result<T> {
    let doing = format!("read the configuration of the image {reference}");
    let unreadable = |why: &str| Error::failed(format!("cannot {doing}: {why}"));
    if u64::try_from(config.size).map_or(true, |size| size > LARGEST_DOCUMENT) {
        return Err(unreadable("it is too large"));
    }
    let mut bytes = Vec::new();
    let read = client
        .pull_blob(reference, config.digest.as_str(), &mut bytes)
        .await;
    read.map_err(|e| client_error(&doing, e))?;
    serde_json::from_slice(&bytes).map_err(|e| unreadable(&e.to_string()))
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
        for (os, architecture, name) in [
            ("linux", "arm64", "ARM64"),
            ("linux", "amd64", "X86_64"),
            ("windows", "amd64", "windows/amd64"),
            ("linux", "arm", "linux/arm"),
        ] {
            assert_eq!(fargate_architecture(&platform(os, architecture)), name);
        }
    }
}
