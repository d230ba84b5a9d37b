//! A task is not started, since what its start needs cannot be had: secrets, parameters, the registry's login, the log
//! group, the role.
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html>

use super::{Rank, Rule};

/// The rules.
pub const RULES: &[Rule] = &[
    Rule {
        name: "role-not-assumed",
        when: &[
            &["unable to assume the role"],
            &["unable to assume role"],
            &["not authorized to perform: sts:assumerole"],
            &["trust relationship has been misconfigured"],
        ],
        rank: Rank::Cause,
        cause: "ECS may not use the execution role or the task role: gone, no longer trusting tasks, or just made",
        advice: "rd-ecs verify names the role, and rd-ecs apply mends it; a role just made is known everywhere after a minute or two",
    },
    Rule {
        name: "secret-member-missing",
        when: &[&["did not contain json key"]],
        rank: Rank::Cause,
        cause: "the secret has no member of that name",
        advice: "put the member into the secret's JSON, or name another one in [ecs.secrets] and apply; rd-data apply and rd-cache apply mend theirs",
    },
    Rule {
        name: "secret-not-json",
        when: &[
            &["failed to unmarshal secret"],
            &["invalid character", "secret"],
        ],
        rank: Rank::Cause,
        cause: "a member of the secret is asked for, and its value is no JSON",
        advice: "put JSON into the secret, or take the member's name off its ARN in [ecs.secrets] and apply",
    },
    Rule {
        name: "secret-network",
        when: &[
            &[
                "unable to pull secrets or registry auth",
                "connection issue",
            ],
            &["unable to pull secrets or registry auth", "timeout"],
            &["unable to pull secrets or registry auth", "timed out"],
            &[
                "unable to pull secrets or registry auth",
                "deadline exceeded",
            ],
            &["unable to pull secrets or registry auth", "requestcanceled"],
            &["unable to pull secrets or registry auth", "dial tcp"],
            &["unable to pull secrets or registry auth", "no such host"],
        ],
        rank: Rank::Cause,
        cause: "tasks do not reach Secrets Manager, Systems Manager or ECR: no NAT gateway, no endpoint, or a rule in the way",
        advice: "rd-net check api aws 443 names what blocks; set nat, or endpoints = \"private\", in [net] and apply",
    },
    Rule {
        name: "secret-key-denied",
        when: &[
            &["unable to pull secrets", "kms"],
            &["unable to pull secrets", "access to kms is not allowed"],
        ],
        rank: Rank::Cause,
        cause: "the execution role may not use the key that a secret or parameter is encrypted with",
        advice: "add the key's ARN to decrypt_keys in [ecs] and apply; the key's own policy must let the account's roles use it",
    },
    Rule {
        name: "registry-auth-denied",
        when: &[
            &["unable to retrieve ecr registry auth", "accessdenied"],
            &["unable to retrieve ecr registry auth", "not authorized"],
        ],
        rank: Rank::Cause,
        cause: "the execution role may not log in to ECR",
        advice: "rd-ecs apply attaches AmazonECSTaskExecutionRolePolicy again",
    },
    Rule {
        name: "secret-denied",
        when: &[
            &["unable to pull secrets", "accessdenied"],
            &["unable to pull secrets", "not authorized"],
            &["unable to retrieve secret", "accessdenied"],
        ],
        rank: Rank::Cause,
        cause: "the execution role may not read a secret or parameter",
        advice: "rd-ecs verify names it, and rd-ecs apply gives the role what it needs; a policy of the secret itself may deny it, too",
    },
    Rule {
        name: "secret-deleted",
        when: &[
            &["unable to pull secrets", "marked for deletion"],
            &["unable to pull secrets", "marked deleted"],
        ],
        rank: Rank::Cause,
        cause: "a secret is scheduled for deletion",
        advice: "rd-data apply and rd-cache apply restore theirs; others: aws secretsmanager restore-secret --secret-id ARN",
    },
    Rule {
        name: "secret-not-found",
        when: &[
            &["unable to pull secrets", "can't find the specified secret"],
            &["unable to pull secrets", "resourcenotfoundexception"],
            &["unable to pull secrets", "invalid parameters"],
            &["unable to pull secrets", "parameternotfound"],
        ],
        rank: Rank::Cause,
        cause: "a secret or parameter is not there, or has another ARN than the revision says",
        advice: "rd-ecs verify names it; rd-ecs apply takes the ARNs of today and makes the parameters",
    },
    Rule {
        name: "log-group-missing",
        when: &[
            &["log group does not exist"],
            &["failed to create cloudwatch log stream", "resourcenotfound"],
        ],
        rank: Rank::Cause,
        cause: "the log group is gone, and tasks do not start without",
        advice: "rd-ecs apply makes it again",
    },
    Rule {
        name: "log-network",
        when: &[
            &[
                "cannot find the amazon cloudwatch log group",
                "connection issue",
            ],
            &["failed to validate logger args", "timeout"],
            &["failed to validate logger args", "signal: killed"],
            &["failed to validate logger args", "deadline exceeded"],
        ],
        rank: Rank::Cause,
        cause: "tasks do not reach CloudWatch Logs: no NAT gateway, no endpoint, or a rule in the way",
        advice: "rd-net check api aws 443 names what blocks; set nat, or endpoints = \"private\", in [net] and apply",
    },
    Rule {
        name: "log-denied",
        when: &[
            &["failed to validate logger args", "accessdenied"],
            &["failed to create cloudwatch log", "accessdenied"],
            &["failed to create cloudwatch log", "not authorized"],
        ],
        rank: Rank::Cause,
        cause: "the execution role may not write the logs",
        advice: "rd-ecs apply attaches AmazonECSTaskExecutionRolePolicy again",
    },
    Rule {
        name: "secrets-cannot-be-had",
        when: &[&["unable to pull secrets or registry auth"]],
        rank: Rank::Cause,
        cause: "a secret, a parameter or the registry's login cannot be had",
        advice: "rd-ecs verify looks at each of them, at the execution role and at the network",
    },
    Rule {
        name: "initialization",
        when: &[&["resourceinitializationerror"]],
        rank: Rank::Cause,
        cause: "something that the start of a task needs cannot be had",
        advice: "rd-ecs verify looks at all of it; AWS's words below name it",
    },
];
