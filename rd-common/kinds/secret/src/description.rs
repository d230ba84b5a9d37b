//! What `DescribeSecret` tells of a secret. The secret and its value are read at the same time, and both want it: one call
//! serves both.
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html>

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use futures_util::future::try_join_all;
use rd_common::aws::Explain;
use rd_common::{Batch, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The code for a secret that does not exist.
pub const NOT_FOUND: &str = "ResourceNotFoundException";

type Answers = BTreeMap<String, DescribeSecretOutput>;

/// Reads descriptions of secrets. Whoever asks for the same secret at the same time shares one call.
pub struct Descriptions(Rc<Batch<String, Answers>>);

impl Descriptions {
    /// Creates the shared reads with this client.
    pub fn new(client: &Client) -> Self {
        let client = client.clone();
        Self(Batch::new(move |secrets: Vec<String>| {
            let client = client.clone();
            Box::pin(async move {
                let secrets: BTreeSet<String> = secrets.into_iter().collect();
                let reads = secrets.into_iter().map(async |secret| {
                    let read = describe(&client, &secret).await?;
                    Ok(read.map(|read| (secret, read)))
                });
                Ok(try_join_all(reads).await?.into_iter().flatten().collect())
            })
        }))
    }

    /// Describes a secret by its name or ARN; none where it does not exist.
    pub async fn of(&self, secret: &str) -> Result<Option<DescribeSecretOutput>> {
        let all = self.0.ask(secret.to_owned()).await?;
        Ok(all.get(secret).cloned())
    }
}

/// Describes a secret by its name or ARN, in a call of its own; none where it does not exist.
pub async fn describe(client: &Client, secret: &str) -> Result<Option<DescribeSecretOutput>> {
    let call = client.describe_secret().secret_id(secret);
    match call.send().await.doing("read the secret") {
        Err(error) if error.is(&[NOT_FOUND]) => Ok(None),
        other => other.map(Some),
    }
}

/// The id of the version that has the label `stage`.
pub fn version_with<'a>(secret: &'a DescribeSecretOutput, stage: &str) -> Option<&'a String> {
    let mut versions = secret.version_ids_to_stages()?.iter();
    let (id, _) = versions.find(|(_, stages)| stages.iter().any(|one| one == stage))?;
    Some(id)
}
