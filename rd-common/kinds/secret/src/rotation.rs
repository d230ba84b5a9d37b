//! Rotating a generated value so that a run after a kill can complete the rotation: as long as a version has the label
//! `AWSPENDING`, a rotation is in progress.
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html>

use crate::description::version_with;
use crate::form::Form;
use crate::generate::{Generated, generate};
use crate::value::{CURRENT, Fields, PENDING, Read, content, put_as, read};
use crate::{SecretForm, Secrets};
use aws_sdk_secretsmanager::Client;
use rd_common::aws::Explain;
use rd_common::{Document, Error, Result};

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
    /// host that has changed. The value keeps `form`.
    pub async fn begin<F: SecretForm>(
        secrets: &impl Secrets,
        secret: &str,
        form: Form,
        fields: &Fields,
    ) -> Result<Self> {
        let client = secrets.secrets();
        let (now, pending) = labelled_versions(client, secret).await?;
        let old = content(read::<F>(secrets, secret, CURRENT).await?)?;
        if !old.can_hold(form) {
            return Err(old.unknown::<F>());
        }
        let mut desired = old.fields.clone();
        desired.extend(fields.clone());
        let (mut version, mut known) = (None, None);
        if let Some(pending) = pending
            && let Read::Content(content) = read::<F>(secrets, secret, PENDING).await?
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
            None => {
                let form = (form, &old);
                put_as::<F>(client, secret, form, &desired, &generated, PENDING).await?
            }
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

/// The field of what checks a value that says which generation of the secret it has.
pub const GENERATION_FIELD: &str = "secret_generation";

/// The generation of the secret that `owner`, which was adopted without one, has once a rotation has set its value; none
/// where it has it already.
pub fn generation_to_give(state: &Document, owner: &str, secret: &str) -> Option<String> {
    let adopted = state.resources.get(owner)?.adopted.as_ref()?;
    adopted.given.get(GENERATION_FIELD)?;
    let secret = state.resources.get(secret)?;
    let generation = secret.attributes.get("generation")?.as_str()?;
    (!generation.is_empty()).then(|| generation.to_owned())
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
