//! Flow logs: <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html>

use crate::clients::Clients;
use crate::config::Config;
use crate::kinds::flow_log::{self, FlowLog};
use rd_common::{Input, Part, Parts, Stack};
use rd_iam::document::trust_for;
use rd_iam::role::{self, Role};
use rd_iam::role_policy::{self, RolePolicy};
use rd_log_group::LogGroup;
use serde_json::json;

/// The flow log of the VPC, its log group, and the role with which it writes there.
pub fn flow_logs(parts: &mut Parts, stack: &Stack, config: &Config, vpc: &Part) {
    let group = parts.add::<LogGroup<Clients>>(
        "flow-logs",
        rd_log_group::Spec {
            name: format!("/vpc/{}", stack.name()),
            retention_days: config.flow_logs_retention_days,
            kms_key: config.flow_logs_kms_key.clone(),
        },
    );
    let role = parts.add::<Role<Clients>>(
        "flow-logs",
        role::Spec {
            name: stack.name_of(&format!("flow-logs-{}", stack.region)),
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
    let arn: Input = group.attribute("arn");
    let policy = parts.add::<RolePolicy<Clients>>(
        "flow-logs",
        role_policy::Spec {
            role: role.id(),
            name: "write-flow-logs".to_owned(),
            document: json!({
                "Version": "2012-10-17",
                // Not CreateLogGroup: what writes late would make a deleted group again.
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
            log_group_arn: group.attribute("arn"),
            role_arn: role.attribute("arn"),
        },
    );
    parts.after(&log, &policy);
}
