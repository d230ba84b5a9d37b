//! The image of the revision: it exists in the repository and runs on the tasks' architecture.

use super::not_checked;
use crate::images::registry::{self, Image};
use crate::names::{NO_IMAGE_TAG, PLACEHOLDER, registry as own_registry};
use crate::service_context::ServiceContext;
use aws_sdk_ecs::types::{CpuArchitecture, TaskDefinition};
use rd_common::arn::Arn;
use rd_common::output::check_report::CheckStep;
use rd_common::{Result, Stack};

/// The ARN of the repository of an image, as policies name it; none where it is not in this account and region.
pub fn own_repository(image: &str, stack: &Stack) -> Option<String> {
    let rest = image
        .strip_prefix(&own_registry(stack))?
        .strip_prefix('/')?;
    let name = rest.split(['@', ':']).next()?;
    Some(Arn::regional(stack, "ecr", format!("repository/{name}")).to_string())
}

/// A step for whether the image exists, and if it does, one for its architecture.
pub async fn check(
    service: &ServiceContext,
    definition: &TaskDefinition,
    image: &str,
) -> Result<Vec<CheckStep>> {
    let (step, found) = existence(service, image).await;
    let mut lines = vec![step];
    if let Some(found) = found {
        lines.push(architecture(service, definition, &found).await);
    }
    Ok(lines)
}

/// The step for whether the image exists.
pub async fn exists(service: &ServiceContext, image: &str) -> CheckStep {
    existence(service, image).await.0
}

/// The step for whether an image exists, and the image where it could be read.
async fn existence(service: &ServiceContext, image: &str) -> (CheckStep, Option<Image>) {
    let what = "image";
    if image.ends_with(NO_IMAGE_TAG) {
        let reason =
            "none has been deployed yet: rd-ecs push IMAGE.tar, then rd-ecs deploy --tag TAG";
        return (CheckStep::new(what, false, reason), None);
    }
    if image == PLACEHOLDER {
        let why = "it is the placeholder, a public image";
        return (not_checked(what, why), None);
    }
    match registry::read(service, image).await {
        Ok(found) => (CheckStep::new(what, true, image), Some(found)),
        // Tasks read it with the permissions of their execution role.
        Err(error) if registry::is_denied(&error) => {
            let why = format!("these credentials may not read {image}");
            (not_checked(what, &why), None)
        }
        Err(error) => {
            let hint = error.hint.as_deref();
            let hint = hint.map(|hint| format!(": {hint}")).unwrap_or_default();
            let reason = format!("{}{hint}", error.summary);
            (CheckStep::new(what, false, reason), None)
        }
    }
}

/// A step for whether the revision's architecture is one of the image's.
async fn architecture(
    service: &ServiceContext,
    definition: &TaskDefinition,
    image: &Image,
) -> CheckStep {
    let what = "architecture";
    let platform = definition.runtime_platform();
    let wanted = platform.and_then(|platform| platform.cpu_architecture());
    // AWS's default where a revision names none.
    let wanted = wanted.map_or("X86_64", CpuArchitecture::as_str);
    match image.architectures(service).await {
        Ok(found) if found.iter().any(|one| one == wanted) => CheckStep::new(what, true, wanted),
        Ok(found) => CheckStep::new(
            what,
            false,
            format!(
                "the image is for {}, but the tasks run on {wanted}: build it for {wanted}, or set architecture in [ecs]",
                found.join(", ")
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
    fn a_repository_of_the_account_has_an_arn() {
        let stack = Stack {
            project: "shop".to_owned(),
            environment: "test".to_owned(),
            region: "us-east-1".to_owned(),
            ..Stack::default()
        };
        let _ = stack.account.set("123456789012".to_owned());
        let url = format!("{}/shop-test-api", own_registry(&stack));
        let arn = own_repository(&url, &stack);
        assert!(
            arn.as_deref()
                .unwrap()
                .starts_with("arn:aws:ecr:us-east-1:123456789012:repository/shop")
        );
        for rest in [":v1", "@sha256:ab", ":v1@sha256:ab"] {
            assert_eq!(own_repository(&format!("{url}{rest}"), &stack), arn);
        }
        let foreign = url.replace("123456789012", "210987654321");
        for other in [PLACEHOLDER, &foreign] {
            assert_eq!(own_repository(other, &stack), None);
        }
    }
}
