//! A new generated value, put in place of the old so that a kill at any point leaves something that the next run ends:
//! as long as a version bears `AWSPENDING`, a rotation is under way.
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html>

use crate::Form;
use crate::generate::{Generated, generate};
use crate::value::{CURRENT, Fields, PENDING, Read, current, put, read};
use aws_sdk_secretsmanager::Client;
use rd_common::aws::Explain;
use rd_common::{Error, Result};

/// A rotation under way.
pub struct Rotation {
    secret: String,
    /// The version that is to be the current one.
    version: String,
    /// The current one; none where it is the same.
    before: Option<String>,
    /// The new value.
    pub generated: Generated,
    /// Whether an earlier run began it.
    pub resumed: bool,
}

async fn stages(client: &Client, secret: &str) -> Result<(Option<String>, Option<String>)> {
    let call = client.describe_secret().secret_id(secret);
    let answer = call.send().await.doing("read the secret's versions")?;
    let with = |stage: &str| {
        let versions = answer.version_ids_to_stages()?;
        let mut bearing = versions
            .iter()
            .filter(|(_, stages)| stages.iter().any(|one| one == stage));
        bearing.next().map(|(id, _)| id.clone())
    };
    Ok((with(CURRENT), with(PENDING)))
}

impl Rotation {
    /// Goes on with the one under way, or begins one. `fields` are what the secret leads to, where that is known better
    /// than the secret itself does.
    pub async fn begin<F: Form>(client: &Client, secret: &str, fields: &Fields) -> Result<Self> {
        let (now, pending) = stages(client, secret).await?;
        let mut wanted = current::<F>(client, secret).await?.fields;
        wanted.extend(fields.clone());
        let (mut version, mut known) = (None, None);
        if let Some(pending) = pending
            && let Read::Content(content) = read::<F>(client, secret, PENDING).await?
        {
            known = content.generated;
            // What it leads to may have changed since; then the same value goes into a new version.
            version = (content.fields == wanted && known.is_some()).then_some(pending);
        }
        let resumed = known.is_some();
        let generated = match known {
            Some(generated) => generated,
            None => generate()?,
        };
        let version = match version {
            Some(version) => version,
            None => put::<F>(client, secret, &wanted, &generated, PENDING).await?,
        };
        Ok(Self {
            secret: secret.to_owned(),
            before: now.filter(|now| *now != version),
            version,
            generated,
            resumed,
        })
    }

    /// Makes the new value the one that readers get.
    pub async fn promote(&self, client: &Client) -> Result<()> {
        let Some(before) = &self.before else {
            return Ok(());
        };
        let call = client
            .update_secret_version_stage()
            .secret_id(&self.secret)
            .version_stage(CURRENT)
            .move_to_version_id(&self.version)
            .remove_from_version_id(before);
        call.send().await.doing("promote the new value").map(|_| ())
    }

    /// Ends it: nothing is pending any more.
    pub async fn finish(&self, client: &Client) -> Result<()> {
        let call = client
            .update_secret_version_stage()
            .secret_id(&self.secret)
            .version_stage(PENDING)
            .remove_from_version_id(&self.version);
        match call.send().await.doing("end the rotation") {
            // Its answer was lost before.
            Err(error) if error.is(&["InvalidParameterException"]) => Ok(()),
            other => other.map(|_| ()),
        }
    }
}

/// Whether a rotation is under way.
pub async fn pending(client: &Client, secret: &str) -> Result<bool> {
    match stages(client, secret).await {
        Ok((_, pending)) => Ok(pending.is_some()),
        Err(error) if error.is(&["ResourceNotFoundException"]) => {
            Err(Error::failed("the secret is gone").hint("run apply: it makes it again"))
        }
        Err(error) => Err(error),
    }
}
