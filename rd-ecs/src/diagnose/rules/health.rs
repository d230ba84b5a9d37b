//! A task is running, but its health checks fail.
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html>

use super::{Rank, Rule};

/// The texts of ECS about failed health checks.
pub const RULES: &[Rule] = &[
    Rule {
        name: "health-wrong-code",
        when: &[&["health checks failed with these codes"]],
        rank: Rank::Health,
        cause: "the application answers the load balancer's health checks with an unexpected status code",
        advice: "set health_path and health_codes in [edge] to a path that the application answers without a login, and to its status codes",
    },
    Rule {
        name: "health-timeout",
        when: &[
            &["unhealthy", "request timed out"],
            &["elb health checks", "timed out"],
        ],
        rank: Rank::Health,
        cause: "the application does not answer the load balancer's health checks in time: it does not listen on its port on all addresses (0.0.0.0), a security group blocks them, or it is overloaded",
        advice: "rd-net check alb api PORT checks the network path; look in the log for the port that it listens on; raise grace_seconds in [ecs] if it starts slowly",
    },
    Rule {
        name: "health-failed",
        when: &[
            &["failed elb health checks"],
            &["is unhealthy in", "target-group"],
            &["unhealthy", "health checks failed"],
        ],
        rank: Rank::Health,
        cause: "the load balancer's health checks failed: the application starts too slowly, does not listen on its port on all addresses (0.0.0.0), or does not answer at the health path",
        advice: "look at its log; rd-edge targets shows the unhealthy targets, rd-net check alb api PORT checks the network path; raise grace_seconds in [ecs] if it starts slowly",
    },
    Rule {
        name: "container-health-failed",
        when: &[&["failed container health checks"]],
        rank: Rank::Health,
        cause: "health_command failed in the container: the image lacks its program (curl, wget), the port is wrong, or the application is unhealthy",
        advice: "run the command with rd-ecs exec; raise health_start_seconds in [ecs] if the application starts slowly",
    },
];

/// The reason codes of Elastic Load Balancing for a target.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html>
pub const TARGETS: &[Rule] = &[
    Rule {
        name: "target-wrong-code",
        when: &[&["target.responsecodemismatch"]],
        rank: Rank::Health,
        cause: "the application answers the health checks with an unexpected status code",
        advice: "set health_path and health_codes in [edge] to a path that the application answers without a login, and to its status codes",
    },
    Rule {
        name: "target-timeout",
        when: &[&["target.timeout"]],
        rank: Rank::Health,
        cause: "the application does not answer the health checks in time: it does not listen on its port on all addresses (0.0.0.0), a security group blocks them, or it is overloaded",
        advice: "rd-net check alb api PORT checks the network path; look in the log for the port that it listens on",
    },
    Rule {
        name: "target-failed",
        when: &[&["target.failedhealthchecks"]],
        rank: Rank::Health,
        cause: "the health check's connection is refused or closed: nothing listens on the port, or only on localhost",
        advice: "the application must listen on 0.0.0.0, on the port of app_port in [net], which it receives as PORT",
    },
    Rule {
        name: "target-not-used",
        when: &[&["target.notinuse"]],
        rank: Rank::Health,
        cause: "no listener forwards to the target group, or the load balancer has no subnet in the task's availability zone",
        advice: "run rd-edge apply, which restores both",
    },
    Rule {
        name: "target-invalid",
        when: &[&["target.invalidstate"], &["target.ipunusable"]],
        rank: Rank::Health,
        cause: "the target's address cannot be used",
        advice: "rd-ecs stop the task; the service starts another one",
    },
    Rule {
        name: "balancer-internal",
        when: &[&["elb.internalerror"]],
        rank: Rank::Health,
        cause: "the load balancer had an internal error",
        advice: "no action needed if it passes; otherwise look at https://health.aws.amazon.com",
    },
];
