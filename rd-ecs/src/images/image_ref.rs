//! Which image a user means, named by its digest.

use crate::images::registry;
use crate::names::REPOSITORY;
use crate::service_context::ServiceContext;
use rd_common::{Error, Result};

/// Where the stack's images are: the registry's host and the repository's name.
pub fn repository_url(service_context: &ServiceContext) -> Result<String> {
    let (resource, _) = service_context.slice_context.resource(REPOSITORY)?;
    let url = resource.attributes.get("url").and_then(|url| url.as_str());
    url.map(str::to_owned).ok_or_else(|| {
        Error::failed("the repository's address is not known").hint("run rd-ecs apply")
    })
}

/// An image of the stack's repository by its tag.
pub async fn tagged(service_context: &ServiceContext, tag: &str) -> Result<String> {
    let url = repository_url(service_context)?;
    resolve(service_context, &format!("{url}:{tag}")).await
}

/// `<host>/<name>:<tag>`, `<host>/<name>@sha256:…` or, of the stack's repository, `sha256:…`, as `…@sha256:…`.
pub async fn resolve(service_context: &ServiceContext, image: &str) -> Result<String> {
    let url = repository_url(service_context)?;
    let reference = match image.starts_with("sha256:") {
        true => format!("{url}@{image}"),
        false => image.to_owned(),
    };
    let found = registry::inspect(service_context, &reference).await?;
    Ok(format!("{}@{}", name(&reference), found.digest))
}

/// A reference without its tag and its digest. A colon before the last slash is a port's.
fn name(reference: &str) -> &str {
    let reference = reference.split('@').next().unwrap_or(reference);
    let slash = reference.rfind('/').map_or(0, |slash| slash + 1);
    match reference[slash..].find(':') {
        Some(colon) => &reference[..slash + colon],
        None => reference,
    }
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn tags_and_digests_are_taken_off() {
        for reference in [
            "h:1/a/b",
            "h:1/a/b:t",
            "h:1/a/b@sha256:0",
            "h:1/a/b:t@sha256:0",
        ] {
            assert_eq!(name(reference), "h:1/a/b");
        }
        assert_eq!(name("nginx:1"), "nginx");
    }
}
