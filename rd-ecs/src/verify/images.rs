//! The image of the revision: it exists in the repository and runs on the tasks' architecture.

use super::not_checked;
use crate::images::registry::inspect;
use crate::names::repository_url;
use crate::names::{NO_IMAGE_TAG, PLACEHOLDER};
use crate::service_context::ServiceContext;
use crate::simulation::is_denied;
use aws_sdk_ecr::types::ImageIdentifier;
use aws_sdk_ecs::types::{CpuArchitecture, TaskDefinition};
use rd_common::arn::Arn;
use rd_common::aws::Explain;
use rd_common::output::check_report::CheckStep;
use rd_common::{Result, Stack};

/// An image in the ECR registry of this account and region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// The name of the repository.
    pub repository: String,
    /// The tag; `latest` where the reference has neither tag nor digest.
    pub tag: Option<String>,
    /// The digest, as `sha256:…`.
    pub digest: Option<String>,
}

impl Own {
    /// Parses a reference; none where it names another registry.
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

    /// The ARN of the repository, as policies name it.
    pub fn repository_arn(&self, stack: &Stack) -> String {
        let resource = format!("repository/{}", self.repository);
        Arn::regional(stack, "ecr", resource).to_string()
    }
}

/// A step for whether the image exists, and if it does, one for its architecture.
pub async fn check(
    service: &ServiceContext,
    definition: &TaskDefinition,
    image: &str,
) -> Result<Vec<CheckStep>> {
    let existence = existence(service, image).await?;
    let mut lines = vec![existence.step];
    if existence.readable {
        lines.push(architecture(service, definition, image).await);
    }
    Ok(lines)
}

/// The step for whether the image exists.
pub async fn exists(service: &ServiceContext, image: &str) -> Result<CheckStep> {
    Ok(existence(service, image).await?.step)
}

/// Whether an image exists.
struct Existence {
    step: CheckStep,
    /// Whether it is in the repository, so that its architecture can be read.
    readable: bool,
}

async fn existence(service: &ServiceContext, image: &str) -> Result<Existence> {
    let what = "image";
    let ctx = service.ctx();
    let missing = |reason: String| Existence {
        step: CheckStep::new(what, false, reason),
        readable: false,
    };
    let unknown = |why: &str| Existence {
        step: not_checked(what, why),
        readable: false,
    };
    if image.ends_with(NO_IMAGE_TAG) {
        let reason =
            "none has been deployed yet: rd-ecs push IMAGE.tar, then rd-ecs deploy --tag TAG";
        return Ok(missing(reason.to_owned()));
    }
    let Some(own) = Own::of(image, &ctx.stack) else {
        return Ok(match image == PLACEHOLDER {
            true => unknown("it is the placeholder, a public image"),
            false => unknown(&format!("{image} is in another registry")),
        });
    };
    // If the reference has both, the digest counts: the tag may have moved.
    let id = match (&own.digest, &own.tag) {
        (Some(digest), _) => ImageIdentifier::builder().image_digest(digest),
        (None, tag) => ImageIdentifier::builder().set_image_tag(tag.clone()),
    };
    let call = ctx.clients.ecr.describe_images();
    let call = call.repository_name(&own.repository).image_ids(id.build());
    match call.send().await.doing("read the image") {
        Err(error) if is_denied(&error) => Ok(unknown("these credentials lack ecr:DescribeImages")),
        Err(error) if error.is(&["RepositoryNotFoundException"]) => Ok(missing(format!(
            "the repository {} does not exist: run rd-ecs apply",
            own.repository
        ))),
        Err(error) if error.is(&["ImageNotFoundException"]) => Ok(missing(format!(
            "{image} is not in the repository: rd-ecs images lists the images, rd-ecs push adds one"
        ))),
        other => other.map(|_| Existence {
            step: CheckStep::new(what, true, image),
            readable: true,
        }),
    }
}

/// A step for whether the revision's architecture is one of the image's.
async fn architecture(
    service: &ServiceContext,
    definition: &TaskDefinition,
    image: &str,
) -> CheckStep {
    let what = "architecture";
    let platform = definition.runtime_platform();
    let wanted = platform.and_then(|platform| platform.cpu_architecture());
    // AWS's default where a revision names none.
    let wanted = wanted.map_or("X86_64", CpuArchitecture::as_str);
    match inspect(service, image).await {
        Ok(found) if found.runs_on(wanted) => CheckStep::new(what, true, wanted),
        Ok(found) => CheckStep::new(
            what,
            false,
            format!(
                "the image is for {}, but the tasks run on {wanted}: build it for {wanted}, or set architecture in [ecs]",
                found.architectures.join(", ")
            ),
        ),
        // The image exists: what prevents this read need not prevent ECS from pulling it.
        Err(error) => not_checked(what, &error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_parsed() {
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
