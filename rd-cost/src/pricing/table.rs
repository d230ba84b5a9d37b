//! Every kind of every slice: its rule, or why it costs nothing.

use super::{
    Sheet, bucket, cache, database, dns, load_balancer, log_group, monitoring, network, registry,
    secrets, tasks,
};
use crate::inventory::Resource;

/// How a kind is priced.
pub(super) enum Rule {
    /// By this function, which writes the lines of a resource.
    Priced(fn(&mut Sheet<'_>, &Resource)),
    /// Not at all; why.
    #[cfg_attr(
        not(test),
        expect(
            dead_code,
            reason = "it is for who reads the table, and a test asks for it"
        )
    )]
    Free(&'static str),
}

use Rule::{Free, Priced};

/// The rule of a kind; none where this version does not know the kind.
pub(super) fn rule(kind: &str) -> Option<&'static Rule> {
    let found = KINDS.iter().find(|(name, _)| *name == kind);
    found.map(|(_, rule)| rule)
}

/// Every kind with its rule.
const KINDS: &[(&str, Rule)] = &[
    ("alarm", Priced(monitoring::alarm)),
    ("bucket", Priced(bucket::bucket)),
    (
        "cache_parameter_group",
        Free("a configuration of the cache"),
    ),
    ("cache_subnet_group", Free("a configuration of the cache")),
    ("certificate", Free("public certificates of ACM are free")),
    ("certificate_validation", Free("it only waits")),
    ("cluster", Priced(monitoring::container_insights)),
    ("dashboard", Priced(monitoring::dashboard)),
    ("db_instance", Priced(database::instance)),
    (
        "db_parameter_group",
        Free("a configuration of the database"),
    ),
    ("db_subnet_group", Free("a configuration of the database")),
    ("default_security_group", Free("security groups are free")),
    ("dns_record", Priced(dns::record)),
    ("elastic_ip", Priced(network::address)),
    (
        "event_subscription",
        Free("events of RDS are free; its mails are paid for by the topic"),
    ),
    ("flow_log", Free("its log group is paid for")),
    (
        "internet_gateway",
        Free("its traffic is paid for where it begins"),
    ),
    ("internet_gateway_attachment", Free("a part of the gateway")),
    ("listener", Free("a part of the load balancer")),
    ("listener_certificate", Free("a part of the load balancer")),
    (
        "listener_rule",
        Free("counted in the load balancer's capacity units"),
    ),
    ("load_balancer", Priced(load_balancer::load_balancer)),
    ("log_group", Priced(log_group::log_group)),
    ("nat_gateway", Priced(network::nat_gateway)),
    ("parameter", Free("standard parameters are free")),
    ("replication_group", Priced(cache::replication_group)),
    ("repository", Priced(registry::repository)),
    ("role", Free("IAM is free")),
    ("role_policy", Free("IAM is free")),
    ("route", Free("a part of the VPC")),
    ("route_table", Free("a part of the VPC")),
    ("route_table_association", Free("a part of the VPC")),
    (
        "scalable_target",
        Free("it sets the number of tasks of the service"),
    ),
    (
        "scaling_policy",
        Free("the alarms that AWS creates for it are free"),
    ),
    (
        "scheduled_action",
        Free("it sets the number of tasks of the service"),
    ),
    ("secret", Priced(secrets::secret)),
    ("secret_version", Free("a part of the secret")),
    ("security_group", Free("security groups are free")),
    ("security_group_rule", Free("security groups are free")),
    ("service", Priced(tasks::service)),
    (
        "slack_channel",
        Free("AWS Chatbot is free; its messages are notifications of the topic"),
    ),
    ("subnet", Free("a part of the VPC")),
    ("subscription", Free("its mails are paid for by the topic")),
    ("target_group", Free("a part of the load balancer")),
    (
        "task_definition",
        Free("its tasks are paid for by the service"),
    ),
    (
        "teams_channel",
        Free("AWS Chatbot is free; its messages are notifications of the topic"),
    ),
    ("topic", Priced(monitoring::topic)),
    ("vpc", Free("VPCs are free")),
    ("vpc_endpoint", Priced(network::endpoint)),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    /// The kinds of all slices, as the programs have written them.
    fn kinds() -> BTreeSet<String> {
        let listed = include_str!("../../../docs/schema/kinds.json");
        let listed: BTreeMap<String, Vec<String>> = serde_json::from_str(listed).unwrap();
        listed.into_values().flatten().collect()
    }

    #[test]
    fn every_kind_is_priced_or_declared_free() {
        let ours: Vec<String> = KINDS.iter().map(|(kind, _)| (*kind).to_owned()).collect();
        assert!(ours.is_sorted(), "the table is sorted by kind");
        for (kind, rule) in KINDS {
            if let Free(why) = rule {
                assert!(why.len() > 10, "{kind}: say why it is free");
            }
        }
        let ours: BTreeSet<String> = ours.into_iter().collect();
        assert_eq!(ours, kinds());
    }
}
