//! The clients of ElastiCache, CloudWatch, Secrets Manager and IAM.

use aws_sdk_cloudwatch::Client as CloudWatch;
use aws_sdk_elasticache::Client as ElastiCache;
use rd_common::aws::Aws;
use rd_common::client;
use rd_iam::Client as Iam;
use rd_secret::{Client as SecretsManager, Secrets};

/// Each client; `_once` for creates, which the engine repeats only after a look.
pub struct Clients {
    /// ElastiCache.
    pub elasticache: ElastiCache,
    /// ElastiCache, one attempt.
    pub elasticache_once: ElastiCache,
    /// CloudWatch.
    pub cloudwatch: CloudWatch,
    /// IAM.
    pub iam: Iam,
    secrets: SecretsManager,
    secrets_once: SecretsManager,
}

impl Clients {
    /// The clients for these credentials.
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
