//! The AWS clients of this slice: RDS, Secrets Manager, CloudWatch Logs and IAM.

use aws_sdk_rds::Client as Rds;
use rd_common::aws::Aws;
use rd_common::client;
use rd_iam::Client as Iam;
use rd_log_group::{Client as CloudWatchLogs, Logs};
use rd_secret::{Client as SecretsManager, Secrets};

/// The clients. Those that end in `_once` make one attempt, for creates: the engine checks what an attempt has created
/// before it retries.
pub struct Clients {
    /// RDS, for reads, updates and deletes.
    pub rds: Rds,
    /// RDS with one attempt, for creates.
    pub rds_once: Rds,
    /// IAM, for RDS's service-linked role.
    pub iam: Iam,
    secrets: SecretsManager,
    secrets_once: SecretsManager,
    logs: CloudWatchLogs,
    logs_once: CloudWatchLogs,
}

impl Clients {
    /// Creates the clients with the credentials and region of `aws`.
    pub fn new(aws: &Aws) -> Self {
        let [secrets, secrets_once] = rd_secret::clients(aws);
        let [logs, logs_once] = rd_log_group::clients(aws);
        Self {
            rds: client!(aws_sdk_rds, aws.config),
            rds_once: client!(aws_sdk_rds, aws.once),
            iam: rd_iam::client(aws),
            secrets,
            secrets_once,
            logs,
            logs_once,
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

impl Logs for Clients {
    fn logs(&self) -> &CloudWatchLogs {
        &self.logs
    }

    fn logs_once(&self) -> &CloudWatchLogs {
        &self.logs_once
    }
}
