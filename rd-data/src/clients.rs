//! The clients of RDS, Secrets Manager and IAM.

use aws_sdk_rds::Client as Rds;
use rd_common::aws::Aws;
use rd_iam::Client as Iam;
use rd_secret::{Client as SecretsManager, Secrets};

/// Each client; `_once` for creates, which the engine repeats only after a look.
pub struct Clients {
    /// RDS.
    pub rds: Rds,
    /// RDS, one attempt.
    pub rds_once: Rds,
    /// IAM.
    pub iam: Iam,
    secrets: SecretsManager,
    secrets_once: SecretsManager,
}

impl Clients {
    /// The clients for these credentials.
    pub fn new(aws: &Aws) -> Self {
        let rds = |config: &_| {
            let builder = aws_sdk_rds::config::Builder::from(config);
            Rds::from_conf(builder.interceptor(aws.interceptor()).build())
        };
        let [secrets, secrets_once] = rd_secret::clients(aws);
        Self {
            rds: rds(&aws.config),
            rds_once: rds(&aws.once),
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
