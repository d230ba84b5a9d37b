//! The flow log of the VPC to CloudWatch Logs, with its log group and role. One to a bucket stays in Terraform.

use crate::adoption::mapper::Mapper;
use crate::adoption::roles::{self, Place};
use crate::terraform::Resource;

const TABLE: &str = "net";

/// Decides which flow log it is. The VPC has been decided before.
pub fn map(mapper: &mut Mapper<'_>) {
    let decisions = mapper.mapping.decisions.iter();
    let mut vpcs = decisions.filter(|one| one.address == "net.vpc.main");
    let Some(vpc) = vpcs.next().map(|one| one.id.clone()) else {
        return;
    };
    let to_logs = |one: &&Resource| {
        one.text("vpc_id") == vpc
            && ["", "cloud-watch-logs"].contains(&one.text("log_destination_type"))
    };
    let mut logs = mapper.of("aws_flow_log");
    logs.retain(to_logs);
    let how = "the flow log of the VPC";
    let Some(log) = mapper.pick("net.flow_log.main", &logs, how) else {
        return;
    };
    let mapping = &mut mapper.mapping;
    mapping.set(TABLE, "flow_logs", "true".to_owned());
    let destination = log.text("log_destination");
    let name = destination.split_once(":log-group:").map(|(_, name)| name);
    let name = name.map_or(log.text("log_group_name"), |name| {
        name.trim_end_matches(":*")
    });
    let mut groups = mapper.of("aws_cloudwatch_log_group");
    groups.retain(|one| one.text("name") == name);
    if let Some(group) = groups.first() {
        let how = "the log group of the flow log";
        mapper.claim(group, "net.log_group.flow-logs", name, how);
        let mapping = &mut mapper.mapping;
        mapping.set_text(TABLE, "flow_logs_group_name", name);
        let days = group.number("retention_in_days").unwrap_or(0);
        if days != 0 && days != 30 {
            mapping.set(TABLE, "flow_logs_retention_days", days.to_string());
        }
        if !group.text("kms_key_id").is_empty() {
            mapping.set_text(TABLE, "flow_logs_kms_key", group.text("kms_key_id"));
        }
    }
    let place = Place {
        role: "net.role.flow-logs",
        policy: "net.role_policy.flow-logs",
        own: "write-flow-logs",
    };
    let how = "the role of the flow log";
    if let Some(name) = roles::claim(mapper, log.text("iam_role_arn"), &place, how) {
        mapper.mapping.set_text(TABLE, "flow_logs_role_name", name);
    }
}
