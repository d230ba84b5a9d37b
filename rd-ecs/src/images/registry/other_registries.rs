//! Images of registries other than ECR's in the stack's region, read without credentials.

use super::access::client;
use super::{MEDIA_TYPES, client_error, parse};
use oci_client::Reference;
use oci_client::client::ClientProtocol;
use oci_client::manifest::OciManifest;
use oci_client::secrets::RegistryAuth;
use rd_common::{Error, Result};

/// The digest and the manifest of an image of another registry.
pub async fn read(reference: &Reference) -> Result<(String, OciManifest)> {
    let client = client(ClientProtocol::Https)?;
    let doing = format!("read the image {reference}");
    let read = client
        .pull_manifest_raw(reference, &RegistryAuth::Anonymous, &MEDIA_TYPES)
        .await;
    let (body, digest) = read.map_err(|e| {
        let error = client_error(&doing, e);
        match error.code.as_deref() {
            Some("UNAUTHORIZED" | "DENIED" | "HTTP 401" | "HTTP 403") => error.hint(
                "rd-ecs reads other registries without credentials: push the image to the stack's repository (rd-ecs push)",
            ),
            _ => error.hint("check the name and the tag"),
        }
    })?;
    let manifest = parse(&body)
        .map_err(|why| Error::failed(format!("cannot {doing}: its manifest is invalid: {why}")))?;
    Ok((digest, manifest))
}
