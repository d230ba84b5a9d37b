//! Rotating a generated value so that a run after a kill can complete the rotation: as long as a version has the label
//! `AWSPENDING`, a rotation is in progress.
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html>

use crate::SecretForm;
use crate::description::version_with;
use crate::generate::{Generated, generate};
use crate::value::{CURRENT, Fields, PENDING, Read, content, put, read};
use aws_sdk_secretsmanager::Client;
use rd_common::aws::Explain;
use rd_common::{Error, Result};

/// A rotation in progress: the new value is stored in the secret as the pending version.
pub struct Rotation {
    secret: String,
    /// The id of the pending version, which will be the current one.
    version: String,
    /// The id of the current version; none if it is the pending one already.
    current: Option<String>,
    /// The new password or token.
    pub generated: Generated,
    /// Whether an earlier run started the rotation.
    pub resumed: bool,
}

/// The ids of the versions with the labels `AWSCURRENT` and `AWSPENDING`.
async fn labelled_versions(
    client: &Client,
    secret: &str,
) -> Result<(Option<String>, Option<String>)> {
    let call = client.describe_secret().secret_id(secret);
    let answer = call.send().await.doing("read the secret's versions")?;
    let with_label = |stage: &str| version_with(&answer, stage).cloned();
    Ok((with_label(CURRENT), with_label(PENDING)))
}

impl Rotation {
    /// Continues the rotation in progress, or starts one. `fields` override members of the current value, such as a
    /// host that has changed.
    pub async fn begin<F: SecretForm>(
        client: &Client,
        secret: &str,
        fields: &Fields,
    ) -> Result<Self> {
        let (now, pending) = labelled_versions(client, secret).await?;
        let mut desired = content(read::<F>(client, secret, CURRENT).await?)?.fields;
        desired.extend(fields.clone());
        let (mut version, mut known) = (None, None);
        if let Some(pending) = pending
            && let Read::Content(content) = read::<F>(client, secret, PENDING).await?
        {
            known = content.generated;
            // If the other members have changed since, the same value is stored in a new version.
            version = (content.fields == desired && known.is_some()).then_some(pending);
        }
        let resumed = known.is_some();
        let generated = match known {
            Some(generated) => generated,
            None => generate()?,
        };
        let version = match version {
            Some(version) => version,
            None => put::<F>(client, secret, &desired, &generated, PENDING).await?,
        };
        Ok(Self {
            secret: secret.to_owned(),
            current: now.filter(|now| *now != version),
            version,
            generated,
            resumed,
        })
    }

    /// Moves the label `AWSCURRENT` to the new version, so that readers get the new value.
    pub async fn promote(&self, client: &Client) -> Result<()> {
        let Some(current) = &self.current else {
            return Ok(());
        };
        let call = client
            .update_secret_version_stage()
            .secret_id(&self.secret)
            .version_stage(CURRENT)
            .move_to_version_id(&self.version)
            .remove_from_version_id(current);
        match call
            .send()
            .await
            .doing("make the new value the current one")
        {
            // An earlier attempt, whose answer was lost, moved the label.
            Err(error) if error.is(&["InvalidParameterException"]) => {
                let (now, _) = labelled_versions(client, &self.secret).await?;
                if now.as_ref() == Some(&self.version) {
                    Ok(())
                } else {
                    Err(error)
                }
            }
            other => other.map(|_| ()),
        }
    }

    /// Removes the label `AWSPENDING`: the rotation is complete.
    pub async fn finish(&self, client: &Client) -> Result<()> {
        let call = client
            .update_secret_version_stage()
            .secret_id(&self.secret)
            .version_stage(PENDING)
            .remove_from_version_id(&self.version);
        match call.send().await.doing("complete the rotation") {
            // An earlier attempt, whose answer was lost, removed the label.
            Err(error) if error.is(&["InvalidParameterException"]) => Ok(()),
            other => other.map(|_| ()),
        }
    }
}

/// Whether a rotation was started and not completed.
pub async fn is_in_progress(client: &Client, secret: &str) -> Result<bool> {
    match labelled_versions(client, secret).await {
        Ok((_, pending)) => Ok(pending.is_some()),
        Err(error) if error.is(&["ResourceNotFoundException"]) => {
            Err(Error::failed("the secret no longer exists")
                .hint("run apply, which creates it again"))
        }
        Err(error) => Err(error),
    }
}
