//! What events say of the service as a whole.
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html>

use super::{Rank, Rule};

/// The rules.
pub const RULES: &[Rule] = &[
    Rule {
        name: "percent-stuck",
        when: &[&["because of the service deployment configuration"]],
        rank: Rank::Cause,
        cause: "between minimum_healthy_percent and maximum_percent there is no room to replace a task",
        advice: "set maximum_percent to 200, or minimum_healthy_percent under 100, in [ecs] and apply",
    },
    Rule {
        name: "permissions-changed",
        when: &[&["permissions policies have been misconfigured"]],
        rank: Rank::Cause,
        cause: "a role that ECS needs for the service may do less than before",
        advice: "rd-ecs apply sets the stack's roles right; the service-linked role AWSServiceRoleForECS is AWS's own and must be there",
    },
    Rule {
        name: "registration-failed",
        when: &[
            &["failed to register targets"],
            &["unable to register targets"],
        ],
        rank: Rank::Cause,
        cause: "tasks cannot be registered with the target group: it is gone, full, or of another VPC",
        advice: "rd-edge apply, then rd-ecs apply",
    },
    Rule {
        name: "deregistration-failed",
        when: &[&["failed to deregister targets"]],
        rank: Rank::Consequence,
        cause: "tasks cannot be taken out of the target group",
        advice: "rd-edge apply, then rd-ecs apply",
    },
    Rule {
        name: "throttled",
        when: &[&["operations are being throttled"]],
        rank: Rank::Consequence,
        cause: "AWS slows the service down: tasks are started too often",
        advice: "it goes on by itself; what makes tasks fail stands above",
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
        cause: "task after task failed, so ECS starts them ever less often, or gave the deployment up",
        advice: "mend what the findings above name, then rd-ecs deploy or rd-ecs restart",
    },
    Rule {
        name: "rolled-back",
        when: &[&["rolling back to"], &["rolled back"]],
        rank: Rank::Consequence,
        cause: "the deployment was given up, and the old revision brought back",
        advice: "mend what the findings above name, then deploy again",
    },
    Rule {
        name: "not-placed",
        when: &[&["unable to place a task"]],
        rank: Rank::Cause,
        cause: "ECS found no place for a task",
        advice: "AWS's words below say why",
    },
];
