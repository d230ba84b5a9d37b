//! The repository of an image.

use crate::clients::Clients;
use aws_sdk_ecr::types::{EncryptionType, ImageTagMutability, Repository};
use rd_common::aws::Explain;
use rd_common::{Ctx, Result, TerraformResources};
use serde_json::{Value, json};

/// Adds the repository of an image where it is one of this account and region; an image of elsewhere has none.
pub async fn add_repository(
    ctx: &Ctx<Clients>,
    image: &str,
    all: &mut TerraformResources,
) -> Result<()> {
    let Some(name) = repository(image, ctx.stack.account(), &ctx.stack.region) else {
        return Ok(());
    };
    if all.texts("aws_ecr_repository", "id").contains(&name) {
        return Ok(());
    }
    let call = ctx.clients.ecr.describe_repositories();
    let answer = call.repository_names(name).send().await;
    let answer = match answer.doing("read the repository") {
        Err(error) if error.is(&["RepositoryNotFoundException"]) => return Ok(()),
        other => other?,
    };
    for one in answer.repositories() {
        all.add("aws_ecr_repository", name, values(one));
    }
    Ok(())
}

/// The name of the repository in an image's URL. Pure.
fn repository<'a>(image: &'a str, account: &str, region: &str) -> Option<&'a str> {
    let (host, rest) = image.split_once('/')?;
    let is_own = host.starts_with(&format!("{account}.dkr.ecr.{region}.amazonaws.com"));
    let rest = rest.split('@').next().unwrap_or(rest);
    let name = rest.split(':').next().unwrap_or(rest);
    (is_own && !name.is_empty()).then_some(name)
}

fn values(one: &Repository) -> Value {
    let scanning = one.image_scanning_configuration().into_iter();
    let scanning = scanning.map(|one| json!({"scan_on_push": one.scan_on_push()}));
    let encryption = one.encryption_configuration().into_iter();
    let encryption = encryption.map(|one| {
        let key = (one.encryption_type() == &EncryptionType::Kms).then(|| one.kms_key());
        json!({"encryption_type": one.encryption_type().as_str(), "kms_key": key.flatten()})
    });
    json!({
        "arn": one.repository_arn(),
        "name": one.repository_name(),
        "repository_url": one.repository_uri(),
        "image_tag_mutability": one.image_tag_mutability().map(ImageTagMutability::as_str),
        "image_scanning_configuration": scanning.collect::<Vec<_>>(),
        "encryption_configuration": encryption.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::repository;

    #[test]
    fn only_a_repository_of_this_account_and_region_is_looked_up() {
        let own = "111122223333.dkr.ecr.us-east-1.amazonaws.com";
        let of = |image: &str| repository(image, "111122223333", "us-east-1").map(str::to_owned);
        assert_eq!(
            of(&format!("{own}/team/web:1")).as_deref(),
            Some("team/web")
        );
        assert_eq!(of(&format!("{own}/web@sha256:ab")).as_deref(), Some("web"));
        for other in [
            "nginx:1",
            "docker.io/library/nginx",
            "444455556666.dkr.ecr.us-east-1.amazonaws.com/web",
            "111122223333.dkr.ecr.eu-west-1.amazonaws.com/web",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
