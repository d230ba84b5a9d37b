//! Profiles of the AWS CLI: which exist, and the credentials of the one that `--profile` names.

use crate::error::{Error, Result};
use crate::suggestion::nearest;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::imds;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::{self, ProfileFileCredentialsProvider};
use aws_config::provider_config::ProviderConfig;
use aws_types::os_shim_internal::{Env, Fs};

/// The variable that chooses a profile where `--profile` does not.
pub(super) const VARIABLE: &str = "AWS_PROFILE";

/// The names of all profiles, sorted.
pub async fn profiles() -> Result<Vec<String>> {
    let profiles = profile::load(&Fs::real(), &Env::real(), &Default::default(), None)
        .await
        .map_err(|e| {
            Error::usage(format!("cannot read the AWS profiles: {e}"))
                .hint("check ~/.aws/config and ~/.aws/credentials, or the files that AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name")
        })?;
    let mut names: Vec<String> = profiles.profiles().map(str::to_owned).collect();
    names.sort_unstable();
    Ok(names)
}

/// Fails where no profile has this name, as the AWS CLI does. `origin` is where the name was written.
pub async fn check_profile(name: &str, origin: &str) -> Result<()> {
    let known = profiles().await?;
    if known.iter().any(|one| one == name) {
        return Ok(());
    }
    let near = nearest(name, known.iter().map(String::as_str));
    let guess = near.map_or(String::new(), |near| format!("did you mean `{near}`? "));
    let known = if known.is_empty() {
        "there are no profiles".to_owned()
    } else {
        format!("known: {}", known.join(", "))
    };
    let summary = format!("{origin}: there is no AWS profile `{name}`");
    Err(Error::usage(summary).hint(format!(
        "{guess}{known}; profiles are in ~/.aws/config and ~/.aws/credentials (`aws configure`)"
    )))
}

/// Fails where `AWS_PROFILE` names a profile that does not exist.
pub(super) async fn check_variable() -> Result<()> {
    match std::env::var(VARIABLE) {
        Ok(name) if !name.is_empty() => check_profile(&name, VARIABLE).await,
        _ => Ok(()),
    }
}

/// The credentials of the profile that `--profile` names. As with the AWS CLI, it wins over access keys in the
/// environment; a profile without credentials of its own uses those of the container or the instance.
/// <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-quickstart.html#cli-configure-quickstart-precedence>
pub(super) fn credentials(
    name: &str,
    config: &ProviderConfig,
    metadata: imds::Client,
) -> CredentialsProviderChain {
    let profile = ProfileFileCredentialsProvider::builder()
        .configure(config)
        .profile_name(name)
        .build();
    let container = EcsCredentialsProvider::builder().configure(config).build();
    let instance = ImdsCredentialsProvider::builder()
        .configure(config)
        .imds_client(metadata)
        .build();
    CredentialsProviderChain::first_try("Profile", profile)
        .or_else("EcsContainer", container)
        .or_else("Ec2InstanceMetadata", instance)
}
