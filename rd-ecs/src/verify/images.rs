//! The image: in the repository, for the service's architecture.

use super::{is_denied, not_checked};
use crate::images::registry::inspect;
use crate::names::repository_url;
use crate::service_context::ServiceContext;
use crate::slice::discover::{NO_IMAGE_TAG, PLACEHOLDER};
use aws_sdk_ecr::types::ImageIdentifier;
use aws_sdk_ecs::types::{CpuArchitecture, TaskDefinition};
use rd_common::aws::Explain;
use rd_common::output::check_report::CheckStep;
use rd_common::{Result, Stack};

/// An image in this account's registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// The repository's name.
    pub repository: String,
    /// The tag.
    pub tag: Option<String>,
    /// The digest: `sha256:…`.
    pub digest: Option<String>,
}

impl Own {
    /// Reads a reference; none where it leads elsewhere.
    pub fn of(image: &str, stack: &Stack) -> Option<Self> {
        let url = repository_url(stack);
        let (host, _) = url.split_once('/')?;
        let rest = image.strip_prefix(host)?.strip_prefix('/')?;
        let (name, digest) = match rest.split_once('@') {
            Some((name, digest)) => (name, Some(digest.to_owned())),
            None => (rest, None),
        };
        let (repository, tag) = match name.rsplit_once(':') {
            Some((repository, tag)) => (repository, Some(tag.to_owned())),
            None => (name, None),
        };
        let tag = match (&tag, &digest) {
            (None, None) => Some("latest".to_owned()),
            _ => tag,
        };
        Some(Self {
            repository: repository.to_owned(),
            tag,
            digest,
        })
    }

    /// The repository, as policies name it.
    pub fn repository_arn(&self, stack: &Stack) -> String {
        format!(
            "arn:{}:ecr:{}:{}:repository/{}",
            stack.partition(),
            stack.region,
            stack.account(),
            self.repository
        )
    }
}

/// A line for whether it is there, and one for what it runs on.
pub async fn check(
    service_context: &ServiceContext,
    definition: &TaskDefinition,
    image: &str,
) -> Result<Vec<CheckStep>> {
    let is = there(service_context, image).await?;
    let mut lines = vec![is.step];
    if is.readable {
        lines.push(architecture(service_context, definition, image).await);
    }
    Ok(lines)
}

/// What is known of an image.
struct Is {
    step: CheckStep,
    /// Whether it is in the repository, so that there is more to read.
    readable: bool,
}

async fn there(service_context: &ServiceContext, image: &str) -> Result<Is> {
    let what = "image";
    let ctx = service_context.ctx();
    let no = |reason: String| Is {
        step: CheckStep::new(what, false, reason),
        readable: false,
    };
    let unknown = |why: &str| Is {
        step: not_checked(what, why),
        readable: false,
    };
    if image.ends_with(NO_IMAGE_TAG) {
        let reason = "none was deployed yet: rd-ecs push IMAGE.tar, then rd-ecs deploy --tag TAG";
        return Ok(no(reason.to_owned()));
    }
    let Some(own) = Own::of(image, &ctx.stack) else {
        return Ok(match image == PLACEHOLDER {
            true => unknown("the placeholder, which is public"),
            false => unknown(&format!("{image} is in another registry")),
        });
    };
    // A digest says more than a tag that may have moved on.
    let id = match (&own.digest, &own.tag) {
        (Some(digest), _) => ImageIdentifier::builder().image_digest(digest),
        (None, tag) => ImageIdentifier::builder().set_image_tag(tag.clone()),
    };
    let call = ctx.clients.ecr.describe_images();
    let call = call.repository_name(&own.repository).image_ids(id.build());
    match call.send().await.doing("look for the image") {
        Err(error) if is_denied(&error) => Ok(unknown(
            "these credentials may not look (ecr:DescribeImages)",
        )),
        Err(error) if error.is(&["RepositoryNotFoundException"]) => Ok(no(format!(
            "the repository {} is not there: run rd-ecs apply",
            own.repository
        ))),
        Err(error) if error.is(&["ImageNotFoundException"]) => Ok(no(format!(
            "{image} is not in the repository: rd-ecs images lists what is there, rd-ecs push adds to it"
        ))),
        other => other.map(|_| Is {
            step: CheckStep::new(what, true, image),
            readable: true,
        }),
    }
}

/// Whether tasks of the revision's architecture can run it.
async fn architecture(
    service_context: &ServiceContext,
    definition: &TaskDefinition,
    image: &str,
) -> CheckStep {
    let what = "architecture";
    let platform = definition.runtime_platform();
    let wanted = platform.and_then(|platform| platform.cpu_architecture());
    // What AWS takes where a revision says nothing.
    let wanted = wanted.map_or("X86_64", CpuArchitecture::as_str);
    match inspect(service_context, image).await {
        Ok(is) if is.runs_on(wanted) => CheckStep::new(what, true, wanted),
        Ok(is) => CheckStep::new(
            what,
            false,
            format!(
                "the image is for {}, and tasks are {wanted}: build it for {wanted}, or set architecture in [ecs]",
                is.architectures.join(", ")
            ),
        ),
        // It is there; what keeps us from reading it need not keep ECS.
        Err(error) => not_checked(what, &error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_taken_apart() {
        let stack = Stack {
            project: "shop".to_owned(),
            environment: "test".to_owned(),
            region: "us-east-1".to_owned(),
            ..Stack::default()
        };
        let _ = stack.account.set("123456789012".to_owned());
        let url = repository_url(&stack);
        let own = |rest: &str| Own::of(&format!("{url}{rest}"), &stack).map(|o| (o.tag, o.digest));
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(own(":v1"), Some((text("v1"), None)));
        assert_eq!(own(""), Some((text("latest"), None)));
        assert_eq!(own("@sha256:ab"), Some((None, text("sha256:ab"))));
        assert_eq!(own(":v1@sha256:ab"), Some((text("v1"), text("sha256:ab"))));
        assert_eq!(Own::of(PLACEHOLDER, &stack), None);
    }
}
