//! The role with which RDS writes the metrics of Enhanced Monitoring.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Monitoring.OS.Enabling.html>

use crate::clients::Clients;
use crate::config::Config;
use rd_common::arn::Arn;
use rd_common::{Part, Parts, Stack};
use rd_iam::document::trust_for;
use rd_iam::role::{self, Role};

/// The service that uses the role.
pub const PRINCIPAL: &str = "monitoring.rds.amazonaws.com";

/// The name of the role.
pub fn role_name(stack: &Stack) -> String {
    stack.name_of(&format!("rds-{}", stack.region))
}

/// The ARN of AWS's managed policy for the role.
pub fn managed_policy(stack: &Stack) -> String {
    let policy = "policy/service-role/AmazonRDSEnhancedMonitoringRole";
    // AWS's managed policies have the account `aws`.
    let arn = Arn {
        account: "aws".to_owned(),
        ..Arn::global(stack, "iam", policy)
    };
    arn.to_string()
}

/// Adds the role where Enhanced Monitoring is on.
pub fn monitoring_role(parts: &mut Parts, stack: &Stack, config: &Config) -> Option<Part> {
    config.monitoring_seconds.filter(|seconds| *seconds > 0)?;
    Some(parts.add::<Role<Clients>>(
        "monitoring",
        role::Spec {
            name: role_name(stack),
            description: "Lets Enhanced Monitoring write metrics of the database".to_owned(),
            trust: trust_for(PRINCIPAL, stack, "rds", "db:*"),
            managed_policies: vec![managed_policy(stack)],
        },
    ))
}
