//! A task was stopped on request: by a user, by rd-ecs, or by AWS.

use super::{Rank, Rule};

/// The texts of tasks that were stopped on request.
pub const RULES: &[Rule] = &[
    Rule {
        name: "spot-interruption",
        when: &[
            &["spot task was interrupted"],
            &["spotinterruption"],
            &["spot interruption"],
        ],
        rank: Rank::Note,
        cause: "AWS reclaimed the Spot capacity, with two minutes' notice",
        advice: "no action needed: the service starts another one; capacity = \"FARGATE\" in [ecs] avoids it",
    },
    Rule {
        name: "timed-out-by-rd",
        when: &[&["rd-ecs run", "time"]],
        rank: Rank::Note,
        cause: "rd-ecs run stopped it after its timeout",
        advice: "raise --timeout if it needs longer",
    },
    Rule {
        name: "stopped-by-rd",
        when: &[&["rd-ecs"]],
        rank: Rank::Note,
        cause: "rd-ecs stopped it",
        advice: "no action needed: a service starts another one",
    },
    Rule {
        name: "stopped-by-user",
        when: &[&["stopped by user"], &["userinitiated"]],
        rank: Rank::Note,
        cause: "a user stopped it",
        advice: "no action needed: a service starts another one; CloudTrail shows who stopped it (StopTask)",
    },
];

/// The texts of routine stops and events: scaling, and the steps of a deployment.
pub const ROUTINE: &[&[&str]] = &[
    &["scaling activity initiated by"],
    &["has reached a steady state"],
    &["has started", "tasks"],
    &["has stopped", "running tasks"],
    &["has stopped", "pending tasks"],
    &["has begun draining connections"],
    &["registered", "targets in"],
    &["deployment completed"],
    &["deployment", "in progress"],
    &["updated", "desired count"],
    &["has been updated"],
    // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing-event-messages-list.html
    &["az balanced"],
    &["az rebalance"],
];
