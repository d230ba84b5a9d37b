//! The AWS clients of this slice: ElastiCache, CloudWatch and its logs, Secrets Manager, SNS and IAM.

use aws_sdk_elasticache::Client as ElastiCache;
use rd_common::aws::Aws;
use rd_common::client;
use rd_iam::Client as Iam;
use rd_log_group::{Client as CloudWatchLogs, Logs};
use rd_metric::Client as CloudWatch;
use rd_secret::description::Descriptions;
use rd_secret::{Client as SecretsManager, Secrets};
use rd_topic::{Client as Sns, Topics};

/// The AWS clients of this slice.
pub struct Clients {
    /// ElastiCache, for all kinds but the secret.
    pub elasticache: ElastiCache,
    /// CloudWatch, for the memory usage in `status`.
    pub cloudwatch: CloudWatch,
    /// IAM, for ElastiCache's service-linked role.
    pub iam: Iam,
    secrets: SecretsManager,
    descriptions: Descriptions,
    /// The member of an adopted secret that has the token, as the settings say.
    member: Option<String>,
    logs: CloudWatchLogs,
    sns: Sns,
}

impl Clients {
    /// Creates the clients with the credentials and region of `aws`. `member` of an adopted secret has the token.
    pub fn new(aws: &Aws, member: Option<&str>) -> Self {
        let secrets = rd_secret::client(aws);
        Self {
            elasticache: client!(aws_sdk_elasticache, aws.config),
            cloudwatch: rd_metric::client(aws),
            iam: rd_iam::client(aws),
            descriptions: Descriptions::new(&secrets),
            member: member.map(str::to_owned),
            secrets,
            logs: rd_log_group::client(aws),
            sns: rd_topic::client(aws),
        }
    }
}

impl Topics for Clients {
    const TOPIC_NAME: &'static str = "cache-events";

    fn sns(&self) -> &Sns {
        &self.sns
    }
}

impl Secrets for Clients {
    fn secrets(&self) -> &SecretsManager {
        &self.secrets
    }

    fn descriptions(&self) -> &Descriptions {
        &self.descriptions
    }

    fn member(&self) -> Option<&str> {
        self.member.as_deref()
    }
}

impl Logs for Clients {
    fn logs(&self) -> &CloudWatchLogs {
        &self.logs
    }
}
