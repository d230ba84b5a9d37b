//! A task was stopped by somebody.

use super::{Rank, Rule};

/// The rules.
pub const RULES: &[Rule] = &[
    Rule {
        name: "spot-interruption",
        when: &[
            &["spot task was interrupted"],
            &["spotinterruption"],
            &["spot interruption"],
        ],
        rank: Rank::Note,
        cause: "AWS took the Spot capacity back, with two minutes' notice",
        advice: "nothing: the service starts another one; capacity = \"FARGATE\" in [ecs] ends this",
    },
    Rule {
        name: "timed-out-by-rd",
        when: &[&["rd-ecs run", "time"]],
        rank: Rank::Note,
        cause: "rd-ecs run stopped it when its time was up",
        advice: "give it more with --timeout",
    },
    Rule {
        name: "stopped-by-rd",
        when: &[&["rd-ecs"]],
        rank: Rank::Note,
        cause: "a command of rd-ecs stopped it",
        advice: "nothing: a service starts another one",
    },
    Rule {
        name: "stopped-by-user",
        when: &[&["stopped by user"], &["userinitiated"]],
        rank: Rank::Note,
        cause: "somebody stopped it",
        advice: "nothing: a service starts another one; CloudTrail says who (StopTask)",
    },
];

/// Stops and events of everyday life.
pub const USUAL: &[&[&str]] = &[
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
];
