//! Images of other registries, as anybody may see them.

use super::access::client;
use super::{
    Descriptor, Image, LARGEST_DOCUMENT, MEDIA_TYPES, Manifest, Platform, architecture_word,
    explain, parse,
};
use oci_client::client::ClientProtocol;
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference};
use rd_common::{Error, Result};

/// An image of another registry.
pub async fn inspect(reference: &Reference) -> Result<Image> {
    let client = client(ClientProtocol::Https)?;
    let doing = format!("read the image {reference}");
    let read = client
        .pull_manifest_raw(reference, &RegistryAuth::Anonymous, &MEDIA_TYPES)
        .await;
    let (body, digest) = read.map_err(|e| {
        let error = explain(&doing, e);
        match error.code.as_deref() {
            Some("UNAUTHORIZED" | "DENIED" | "HTTP 401" | "HTTP 403") => error.hint(
                "other registries are asked without credentials: push the image to the stack's repository (rd-ecs push)",
            ),
            _ => error.hint("check its name and its tag"),
        }
    })?;
    let manifest = parse(&body).map_err(|e| broken(&doing, &e))?;
    Ok(Image {
        digest,
        architectures: architectures(&client, reference, &manifest).await?,
        tags: reference.tag().map(str::to_owned).into_iter().collect(),
        pushed_at: None,
        size: (!manifest.is_index()).then(|| manifest.size()),
        media_type: manifest.media_type().to_owned(),
    })
}

fn broken(doing: &str, why: &str) -> Error {
    Error::failed(format!(
        "cannot {doing}: its manifest cannot be read: {why}"
    ))
}

/// What an image runs on: an index says so, an image's configuration does.
pub async fn architectures(
    client: &Client,
    reference: &Reference,
    manifest: &Manifest,
) -> Result<Vec<String>> {
    let mut words = Vec::new();
    if manifest.is_index() {
        words.extend(
            manifest
                .images()
                .filter_map(|one| one.platform.as_ref())
                .map(architecture_word),
        );
    } else if let Some(config) = &manifest.config {
        words.push(architecture_word(
            &platform(client, reference, config).await?,
        ));
    }
    words.sort();
    words.dedup();
    Ok(words)
}

/// What stands in an image's configuration.
async fn platform(client: &Client, reference: &Reference, config: &Descriptor) -> Result<Platform> {
    let doing = format!("read the configuration of the image {reference}");
    if config.size > LARGEST_DOCUMENT {
        return Err(broken(&doing, "it is too large"));
    }
    let mut bytes = Vec::new();
    let read = client
        .pull_blob(reference, config.digest.as_str(), &mut bytes)
        .await;
    read.map_err(|e| explain(&doing, e))?;
    serde_json::from_slice(&bytes).map_err(|e| broken(&doing, &e.to_string()))
}
