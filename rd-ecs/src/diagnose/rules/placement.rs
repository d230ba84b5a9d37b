//! There is no place for a task: no capacity, a quota, no address.
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html>

use super::{Rank, Rule};

/// The rules.
pub const RULES: &[Rule] = &[
    Rule {
        name: "no-capacity",
        when: &[&["capacity is unavailable"]],
        rank: Rank::Cause,
        cause: "AWS has no capacity for such tasks in these zones now; with Spot that is more often so",
        advice: "ECS goes on trying; a third zone (azs in [net]) helps, capacity = \"FARGATE\" in [ecs] does at once, and so may another size or architecture",
    },
    Rule {
        name: "quota",
        when: &[
            &["reached the limit on the number of vcpus"],
            &["reached the limit on the number of tasks"],
            &["configuration is above your limit"],
        ],
        rank: Rank::Cause,
        cause: "the account's quota of Fargate is used up",
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
        cause: "nothing in the cluster has that resource free",
        advice: "the word after RESOURCE: names it; for ENI it is the subnets' addresses or the quota of network interfaces",
    },
    Rule {
        name: "no-addresses",
        when: &[
            &["insufficientfreeaddresses"],
            &["not enough free addresses"],
            &["has run out of addresses"],
        ],
        rank: Rank::Cause,
        cause: "the subnets have no address left",
        advice: "delete what holds addresses there; subnets have the size that cidr in [net] gives them",
    },
    Rule {
        name: "network-interface",
        when: &[
            &["create network interface"],
            &["network interface provision"],
            &["network interface", "timeout waiting"],
        ],
        rank: Rank::Cause,
        cause: "the task got no network interface: a subnet or security group is gone, no address is left, or EC2 was slow",
        advice: "rd-ecs verify compares the service's network with rd-net's, and rd-ecs apply sets it right",
    },
    Rule {
        name: "disk",
        when: &[&["ephemeralstorage", "timeout"]],
        rank: Rank::Cause,
        cause: "AWS was too slow to give the task its disk",
        advice: "ECS goes on trying; where it stays so, ask AWS Support",
    },
    Rule {
        name: "retired",
        when: &[
            &["maintenance on the underlying infrastructure"],
            &["task retirement"],
        ],
        rank: Rank::Note,
        cause: "AWS took the machine under the task out of service",
        advice: "nothing: the service starts another one; with 2 tasks or more nobody notices",
    },
];
