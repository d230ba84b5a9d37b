//! ECS cannot place a task: no capacity, an exhausted quota, no free IP address.
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html>

use super::{Rank, Rule};

/// The texts of failed placements.
pub const RULES: &[Rule] = &[
    Rule {
        name: "no-capacity",
        when: &[&["capacity is unavailable"]],
        rank: Rank::Cause,
        cause: "AWS has no capacity for such tasks in these availability zones at the moment, which is more frequent with Spot",
        advice: "ECS keeps retrying; capacity = \"FARGATE\" in [ecs] helps at once, another size or architecture may help, and so does a third zone (azs in [net])",
    },
    Rule {
        name: "quota",
        when: &[
            &["reached the limit on the number of vcpus"],
            &["reached the limit on the number of tasks"],
            &["configuration is above your limit"],
        ],
        rank: Rank::Cause,
        cause: "the account's Fargate quota is exhausted",
        advice: "raise it in Service Quotas (AWS Fargate), or run fewer or smaller tasks",
    },
    Rule {
        name: "no-resources",
        when: &[
            &["resource:eni"],
            &["resource:cpu"],
            &["resource:memory"],
            &["resource:ports"],
        ],
        rank: Rank::Cause,
        cause: "the cluster has none of this resource left",
        advice: "the word after RESOURCE: names it; for ENI, check the free addresses of the subnets and the quota of network interfaces",
    },
    Rule {
        name: "no-addresses",
        when: &[
            &["insufficientfreeaddresses"],
            &["not enough free addresses"],
            &["has run out of addresses"],
        ],
        rank: Rank::Cause,
        cause: "the subnets have no free IP address",
        advice: "delete resources that use addresses there; cidr in [net] determines the size of the subnets",
    },
    Rule {
        name: "network-interface",
        when: &[
            &["create network interface"],
            &["network interface provision"],
            &["network interface", "timeout waiting"],
        ],
        rank: Rank::Cause,
        cause: "the task got no network interface: a subnet or security group is missing, no address is free, or EC2 was slow",
        advice: "rd-ecs verify compares the service's network with rd-net's, and rd-ecs apply fixes it",
    },
    Rule {
        name: "disk",
        when: &[&["ephemeralstorage", "timeout"]],
        rank: Rank::Cause,
        cause: "AWS did not provide the task's disk in time",
        advice: "ECS keeps retrying; if it persists, ask AWS Support",
    },
    Rule {
        name: "retired",
        when: &[
            &["maintenance on the underlying infrastructure"],
            &["task retirement"],
        ],
        rank: Rank::Note,
        cause: "AWS retired the machine on which the task ran",
        advice: "no action needed: the service starts another one; run at least 2 tasks to avoid an interruption",
    },
];
