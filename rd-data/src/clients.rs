//! The AWS clients of this slice: RDS, Secrets Manager, CloudWatch and its logs, and IAM.

use aws_sdk_rds::Client as Rds;
use rd_common::aws::Aws;
use rd_common::client;
use rd_iam::{Client as IamClient, Iam};
use rd_log_group::{Client as CloudWatchLogs, Logs};
use rd_metric::Client as CloudWatch;
use rd_secret::description::Descriptions;
use rd_secret::{Client as SecretsManager, Secrets};

/// The AWS clients of this slice.
pub struct Clients {
    /// RDS, for the instance and its groups.
    pub rds: Rds,
    /// IAM, for RDS's service-linked role and the role of Enhanced Monitoring.
    pub iam: IamClient,
    /// CloudWatch, for the storage used in `status`.
    pub cloudwatch: CloudWatch,
    secrets: SecretsManager,
    descriptions: Descriptions,
    /// The member of an adopted secret that has the password, as the settings say.
    member: Option<String>,
    logs: CloudWatchLogs,
}

impl Clients {
    /// Creates the clients with the credentials and region of `aws`. `member` of an adopted secret has the password.
    pub fn new(aws: &Aws, member: Option<&str>) -> Self {
        let secrets = rd_secret::client(aws);
        Self {
            rds: client!(aws_sdk_rds, aws.config),
            iam: rd_iam::client(aws),
            cloudwatch: rd_metric::client(aws),
            descriptions: Descriptions::new(&secrets),
            member: member.map(str::to_owned),
            secrets,
            logs: rd_log_group::client(aws),
        }
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

impl Iam for Clients {
    fn iam(&self) -> &IamClient {
        &self.iam
    }
}

impl Logs for Clients {
    fn logs(&self) -> &CloudWatchLogs {
        &self.logs
    }
}
