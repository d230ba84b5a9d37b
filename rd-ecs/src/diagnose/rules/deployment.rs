//! Events about the service as a whole.
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html>

use super::{Rank, Rule};

/// The texts of events about deployments and the target group.
pub const RULES: &[Rule] = &[
    Rule {
        name: "percent-stuck",
        when: &[&["because of the service deployment configuration"]],
        rank: Rank::Cause,
        cause: "minimum_healthy_percent and maximum_percent leave no room to replace a task",
        advice: "set maximum_percent to 200, or minimum_healthy_percent below 100, in [ecs] and run rd-ecs apply",
    },
    Rule {
        name: "permissions-changed",
        when: &[&["permissions policies have been misconfigured"]],
        rank: Rank::Cause,
        cause: "a role that ECS needs for the service lost permissions",
        advice: "rd-ecs apply restores the stack's roles; the service-linked role AWSServiceRoleForECS belongs to AWS and must exist",
    },
    Rule {
        name: "registration-failed",
        when: &[
            &["failed to register targets"],
            &["unable to register targets"],
        ],
        rank: Rank::Cause,
        cause: "tasks cannot be registered with the target group: it is missing, full, or in another VPC",
        advice: "run rd-edge apply, then rd-ecs apply",
    },
    Rule {
        name: "deregistration-failed",
        when: &[&["failed to deregister targets"]],
        rank: Rank::Consequence,
        cause: "tasks cannot be deregistered from the target group",
        advice: "run rd-edge apply, then rd-ecs apply",
    },
    Rule {
        name: "throttled",
        when: &[&["operations are being throttled"]],
        rank: Rank::Consequence,
        cause: "AWS throttles the service, because tasks are started too often",
        advice: "fix the findings above, which make tasks fail; AWS continues by itself",
    },
    Rule {
        name: "tasks-fail-again-and-again",
        when: &[
            &["unable to consistently start tasks"],
            &["deployment failed: tasks failed to start"],
            &["tasks failed to start"],
            &["could not launch"],
        ],
        rank: Rank::Consequence,
        cause: "tasks failed repeatedly, so ECS starts them less and less often, or stopped the deployment",
        advice: "fix the findings above, then run rd-ecs deploy or rd-ecs restart",
    },
    Rule {
        name: "rolled-back",
        when: &[&["rolling back to"], &["rolled back"]],
        rank: Rank::Consequence,
        cause: "the deployment failed, and AWS rolled back to the previous revision",
        advice: "fix the findings above, then deploy again",
    },
    Rule {
        name: "not-placed",
        when: &[&["unable to place a task"]],
        rank: Rank::Cause,
        cause: "ECS cannot place a task",
        advice: "AWS's text above says why",
    },
];
