//! The commit that an image was built from, as far as its builder has recorded it.
//! <https://github.com/opencontainers/image-spec/blob/main/annotations.md>

use super::architecture::read_config;
use super::manifest::{images, null_as_default};
use super::{Image, ecr, read};
use crate::service_context::ServiceContext;
use oci_client::manifest::OciManifest;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The annotation or label with the commit.
const REVISION: &str = "org.opencontainers.image.revision";

/// The part of an image's configuration with its labels.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Configuration {
    #[serde(deserialize_with = "null_as_default")]
    config: Container,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Container {
    #[serde(rename = "Labels", deserialize_with = "null_as_default")]
    labels: BTreeMap<String, String>,
}

/// The commit of the image with this reference: its annotation, otherwise its label; of an index without one, that of its first
/// image. None where there is none, where it is not a commit, or where it cannot be read: nothing depends on it.
pub async fn commit(service: &ServiceContext, reference: &str) -> Option<String> {
    let image = read(service, reference).await.ok()?;
    if let OciManifest::ImageIndex(index) = &image.manifest
        && annotated(&image.manifest).is_none()
    {
        let first = &images(index).next()?.digest;
        let place = reference.split('@').next()?;
        let first = read(service, &format!("{place}@{first}")).await.ok()?;
        return of_image(service, &first).await;
    }
    of_image(service, &image).await
}

async fn of_image(service: &ServiceContext, image: &Image) -> Option<String> {
    if let Some(annotated) = annotated(&image.manifest) {
        return Some(annotated);
    }
    let (OciManifest::Image(manifest), Some(account)) = (&image.manifest, &image.account) else {
        return None;
    };
    let (client, at) = ecr::client(service.ctx(), account, image).await.ok()?;
    let read = read_config::<Configuration>(&client, &at, &manifest.config).await;
    checked(read.ok()?.config.labels.get(REVISION)?)
}

fn annotated(manifest: &OciManifest) -> Option<String> {
    let annotations = match manifest {
        OciManifest::Image(image) => image.annotations.as_ref(),
        OciManifest::ImageIndex(index) => index.annotations.as_ref(),
    };
    checked(annotations?.get(REVISION)?)
}

/// A commit as Git names it; anything else is not shown as one.
fn checked(text: &str) -> Option<String> {
    let is_commit = (7..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
    is_commit.then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commit_is_an_annotation_or_a_label() {
        let manifest = |annotations: &str| {
            let text =
                format!(r#"{{"schemaVersion": 2, "manifests": [], "annotations": {annotations}}}"#);
            super::super::parse(text.as_bytes()).unwrap()
        };
        let commit = "3F2A91C0d41f";
        let annotations = format!(r#"{{"{REVISION}": "{commit}"}}"#);
        assert_eq!(
            annotated(&manifest(&annotations)).as_deref(),
            Some("3f2a91c0d41f")
        );
        assert_eq!(annotated(&manifest("null")), None);
        for other in ["main", "", "3f2a91", "rm -rf /x"] {
            assert_eq!(checked(other), None, "{other}");
        }
        for (config, label) in [
            (r#"{"config": {"Labels": {"a": "b"}}}"#, 1),
            (r#"{"config": {"Labels": null}}"#, 0),
            (r#"{"config": null}"#, 0),
            ("{}", 0),
        ] {
            let read: Configuration = serde_json::from_str(config).unwrap();
            assert_eq!(read.config.labels.len(), label, "{config}");
        }
    }
}
