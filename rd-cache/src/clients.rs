//! The clients of ElastiCache, CloudWatch, Secrets Manager and IAM.

use aws_sdk_cloudwatch::Client as CloudWatch;
use aws_sdk_elasticache::Client as ElastiCache;
use rd_common::aws::Aws;
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
        let elasticache = |config: &_| {
            let builder = aws_sdk_elasticache::config::Builder::from(config);
            ElastiCache::from_conf(builder.interceptor(aws.interceptor()).build())
        };
        let cloudwatch = aws_sdk_cloudwatch::config::Builder::from(&aws.config);
        let [secrets, secrets_once] = rd_secret::clients(aws);
        Self {
            elasticache: elasticache(&aws.config),
            elasticache_once: elasticache(&aws.once),
            cloudwatch: CloudWatch::from_conf(cloudwatch.interceptor(aws.interceptor()).build()),
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
