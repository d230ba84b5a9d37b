//! A task runs, and its health checks say that it is not well.
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html>

use super::{Rank, Rule};

/// What ECS says.
pub const RULES: &[Rule] = &[
    Rule {
        name: "health-wrong-code",
        when: &[&["health checks failed with these codes"]],
        rank: Rank::Health,
        cause: "the application answers the load balancer's health checks with another code than it must",
        advice: "health_path and health_codes in [edge] say what is asked and what must come; the application must answer that path without a login",
    },
    Rule {
        name: "health-timeout",
        when: &[
            &["unhealthy", "request timed out"],
            &["elb health checks", "timed out"],
        ],
        rank: Rank::Health,
        cause: "the application does not answer the load balancer's health checks in time: it does not listen on the port on all addresses (0.0.0.0), a rule is in the way, or it is busy",
        advice: "rd-net check alb api PORT looks at the way; look at the log for the port it listens on; raise grace_seconds in [ecs] where it is slow to start",
    },
    Rule {
        name: "health-failed",
        when: &[
            &["failed elb health checks"],
            &["is unhealthy in", "target-group"],
            &["unhealthy", "health checks failed"],
        ],
        rank: Rank::Health,
        cause: "the load balancer's health checks failed: the application is not up in time, does not listen on its port on all addresses (0.0.0.0), or has no answer at the health path",
        advice: "look at what it printed; rd-edge targets shows who is not well, rd-net check alb api PORT looks at the way; raise grace_seconds in [ecs] where it is slow to start",
    },
    Rule {
        name: "container-health-failed",
        when: &[&["failed container health checks"]],
        rank: Rank::Health,
        cause: "health_command failed in the container: a program that the image lacks (curl, wget), another port, or the application is not well",
        advice: "try it with rd-ecs exec; raise health_start_seconds in [ecs] where the application is slow to start",
    },
];

/// What Elastic Load Balancing says of a target.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html>
pub const TARGETS: &[Rule] = &[
    Rule {
        name: "target-wrong-code",
        when: &[&["target.responsecodemismatch"]],
        rank: Rank::Health,
        cause: "the application answers the health checks with another code than it must",
        advice: "health_path and health_codes in [edge] say what is asked and what must come; the application must answer that path without a login",
    },
    Rule {
        name: "target-timeout",
        when: &[&["target.timeout"]],
        rank: Rank::Health,
        cause: "the application does not answer the health checks in time: it does not listen on the port on all addresses (0.0.0.0), a rule is in the way, or it is busy",
        advice: "rd-net check alb api PORT looks at the way; look at the log for the port it listens on",
    },
    Rule {
        name: "target-failed",
        when: &[&["target.failedhealthchecks"]],
        rank: Rank::Health,
        cause: "the connection for the health check is refused or cut: nothing listens on the port, or it listens on localhost alone",
        advice: "the application must listen on the port of app_port in [net], given to it as PORT, on 0.0.0.0",
    },
    Rule {
        name: "target-not-used",
        when: &[&["target.notinuse"]],
        rank: Rank::Health,
        cause: "no listener leads to the target group, or the load balancer has no subnet in the task's zone",
        advice: "rd-edge apply sets both right",
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
        cause: "something went wrong inside the load balancer",
        advice: "it mends itself; where it does not, look at https://health.aws.amazon.com",
    },
];
