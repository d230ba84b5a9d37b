//! The AWS clients of this slice: ElastiCache, CloudWatch, Secrets Manager and IAM.

use aws_sdk_cloudwatch::Client as CloudWatch;
use aws_sdk_elasticache::Client as ElastiCache;
use rd_common::aws::Aws;
use rd_common::client;
use rd_iam::Client as Iam;
use rd_secret::{Client as SecretsManager, Secrets};

/// The clients. Those that end in `_once` make one attempt, for creates: the engine checks what an attempt has created
/// before it retries.
pub struct Clients {
    /// ElastiCache, for reads, updates and deletes.
    pub elasticache: ElastiCache,
    /// ElastiCache with one attempt, for creates.
    pub elasticache_once: ElastiCache,
    /// CloudWatch, for the memory usage in `status`.
    pub cloudwatch: CloudWatch,
    /// IAM, for ElastiCache's service-linked role.
    pub iam: Iam,
    secrets: SecretsManager,
    secrets_once: SecretsManager,
}

impl Clients {
    /// Creates the clients with the credentials and region of `aws`.
    pub fn new(aws: &Aws) -> Self {
        let [secrets, secrets_once] = rd_secret::clients(aws);
        Self {
            elasticache: client!(aws_sdk_elasticache, aws.config),
            elasticache_once: client!(aws_sdk_elasticache, aws.once),
            cloudwatch: client!(aws_sdk_cloudwatch, aws.config),
            iam: rd_iam::client(aws),
            secrets,
            secrets_once,
        }
    }
}

impl Secrets for Clients {
    fn secrets(&self) -> &SecretsManager {
        &self.secrets
    }

    fn secrets_once(&self) -> &SecretsManager {
        &self.secrets_once
    }
}
