//! The flow log of the VPC, with its log group and role.
//! <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html>

use crate::clients::Clients;
use crate::config::Config;
use crate::kinds::flow_log::{self, FlowLog};
use rd_common::{Part, Parts, Stack};
use rd_iam::document::trust_for;
use rd_iam::role::{self, Role};
use rd_iam::role_policy::{self, RolePolicy};
use rd_log_group::LogGroup;
use serde_json::json;

/// Adds the flow log, its log group, and the role with which VPC flow logs write to that group.
pub fn flow_logs(parts: &mut Parts, stack: &Stack, config: &Config, vpc: &Part) {
    let group = parts.add::<LogGroup<Clients>>(
        "flow-logs",
        rd_log_group::Spec {
            name: config.flow_logs_group(stack),
            retention_days: config.flow_logs_retention_days,
            kms_key: config.flow_logs_kms_key.clone(),
        },
    );
    let role = parts.add::<Role<Clients>>(
        "flow-logs",
        role::Spec {
            name: config.flow_logs_role(stack),
            description: "Lets VPC flow logs write to their log group".to_owned(),
            trust: trust_for(
                "vpc-flow-logs.amazonaws.com",
                stack,
                "ec2",
                "vpc-flow-log/*",
            ),
            managed_policies: Vec::new(),
        },
    );
    let arn = group.attribute(LogGroup::<Clients>::ARN);
    let policy = parts.add::<RolePolicy<Clients>>(
        "flow-logs",
        role_policy::Spec {
            role: role.id(),
            name: "write-flow-logs".to_owned(),
            document: json!({
                "Version": "2012-10-17",
                // Without logs:CreateLogGroup: a late write would create a deleted log group again.
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
                        "Resource": [arn.clone(), arn.then(":*")],
                    },
                    {"Effect": "Allow", "Action": ["logs:DescribeLogGroups"], "Resource": "*"},
                ],
            }),
        },
    );
    let log = parts.add::<FlowLog>(
        "main",
        flow_log::Spec {
            vpc_id: vpc.id(),
            log_group_arn: group.attribute(LogGroup::<Clients>::ARN),
            role_arn: role.attribute(Role::<Clients>::ARN),
        },
    );
    parts.after(&log, &policy);
}
