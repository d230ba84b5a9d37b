//! Resolves the image that a user names to a reference with a digest, so that moving a tag later changes nothing.

use crate::images::registry;
use crate::kinds::repository::Repository;
use crate::names::REPOSITORY;
use crate::service_context::ServiceContext;
use rd_common::{Error, Result};

/// The registry's host and the name of the stack's repository, from the state.
pub fn repository_url(service: &ServiceContext) -> Result<String> {
    let (resource, _) = service.slice.resource(REPOSITORY)?;
    Repository::URL.stored(resource).ok_or_else(|| {
        Error::failed("the state has no address for the repository").hint("run rd-ecs apply")
    })
}

/// Resolves a tag of the stack's repository.
pub async fn resolve_tag(service: &ServiceContext, tag: &str) -> Result<String> {
    resolve(service, &of_tag(service, tag)?).await
}

/// Resolves `<host>/<name>:<tag>`, `<host>/<name>@sha256:…`, or a digest `sha256:…` in the stack's repository, to
/// `<host>/<name>@sha256:…`. Fails where the image does not exist.
pub async fn resolve(service: &ServiceContext, image: &str) -> Result<String> {
    let reference = reference(service, image)?;
    let found = registry::read(service, &reference).await?;
    Ok(format!("{}@{}", name_of(&reference), found.digest))
}

/// The reference of an image that a user names: a digest is one in the stack's repository.
pub fn reference(service: &ServiceContext, image: &str) -> Result<String> {
    Ok(match image.starts_with("sha256:") {
        true => format!("{}@{image}", repository_url(service)?),
        false => image.to_owned(),
    })
}

/// The reference of a tag of the stack's repository.
pub fn of_tag(service: &ServiceContext, tag: &str) -> Result<String> {
    Ok(format!("{}:{tag}", repository_url(service)?))
}

/// A reference without tag and digest. A colon before the last slash belongs to a port.
fn name_of(reference: &str) -> &str {
    let reference = reference.split('@').next().unwrap_or(reference);
    let slash = reference.rfind('/').map_or(0, |slash| slash + 1);
    match reference[slash..].find(':') {
        Some(colon) => &reference[..slash + colon],
        None => reference,
    }
}

#[cfg(test)]
mod tests {
    use super::name_of;

    #[test]
    fn tags_and_digests_are_removed() {
        for reference in [
            "h:1/a/b",
            "h:1/a/b:t",
            "h:1/a/b@sha256:0",
            "h:1/a/b:t@sha256:0",
        ] {
            assert_eq!(name_of(reference), "h:1/a/b");
        }
        assert_eq!(name_of("nginx:1"), "nginx");
    }
}
