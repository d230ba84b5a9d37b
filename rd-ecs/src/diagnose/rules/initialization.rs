//! A task cannot start, because something that it needs is missing or denied: secrets, parameters, access to the registry,
//! the log group, a role.
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html>

use super::{Rank, Rule};

/// The texts of failed initializations.
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
        cause: "ECS may not assume the execution role or the task role: it is missing, does not trust ECS tasks, or was just created",
        advice: "rd-ecs verify names the role, and rd-ecs apply fixes it; a new role is usable after a minute or two",
    },
    Rule {
        name: "secret-member-missing",
        when: &[&["did not contain json key"]],
        rank: Rank::Cause,
        cause: "the secret has no member with that name",
        advice: "add the member to the secret's JSON, or name another one in [ecs.secrets] and run rd-ecs apply; rd-data apply and rd-cache apply fix their own secrets",
    },
    Rule {
        name: "secret-not-json",
        when: &[
            &["failed to unmarshal secret"],
            &["invalid character", "secret"],
        ],
        rank: Rank::Cause,
        cause: "the revision names a member of the secret, but the secret's value is not JSON",
        advice: "put JSON into the secret, or remove the member from its ARN in [ecs.secrets] and run rd-ecs apply",
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
        cause: "tasks cannot reach Secrets Manager, Systems Manager or ECR: there is no NAT gateway and no endpoint, or a rule blocks them",
        advice: "rd-net check api aws 443 names what blocks them; set nat, or endpoints = \"private\", in [net] and run rd-net apply",
    },
    Rule {
        name: "secret-key-denied",
        when: &[
            &["unable to pull secrets", "kms"],
            &["unable to pull secrets", "access to kms is not allowed"],
        ],
        rank: Rank::Cause,
        cause: "the execution role may not use the KMS key of a secret or parameter",
        advice: "add the key's ARN to decrypt_keys in [ecs] and run rd-ecs apply; the key's own policy must let the account's roles use it",
    },
    Rule {
        name: "registry-auth-denied",
        when: &[
            &["unable to retrieve ecr registry auth", "accessdenied"],
            &["unable to retrieve ecr registry auth", "not authorized"],
        ],
        rank: Rank::Cause,
        cause: "the execution role may not log in to ECR",
        advice: "run rd-ecs apply, which attaches AmazonECSTaskExecutionRolePolicy again",
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
        advice: "rd-ecs verify names it, and rd-ecs apply restores the role's permissions; a policy of the secret itself may deny it, too",
    },
    Rule {
        name: "secret-deleted",
        when: &[
            &["unable to pull secrets", "marked for deletion"],
            &["unable to pull secrets", "marked deleted"],
        ],
        rank: Rank::Cause,
        cause: "a secret is scheduled for deletion",
        advice: "rd-data apply and rd-cache apply restore their own secrets; any other: aws secretsmanager restore-secret --secret-id ARN",
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
        cause: "a secret or parameter does not exist, or has a different ARN than the revision names",
        advice: "rd-ecs verify names it; rd-ecs apply uses the current ARNs and creates missing parameters",
    },
    Rule {
        name: "log-group-missing",
        when: &[
            &["log group does not exist"],
            &["failed to create cloudwatch log stream", "resourcenotfound"],
        ],
        rank: Rank::Cause,
        cause: "the log group is missing, and tasks do not start without it",
        advice: "run rd-ecs apply, which creates it again",
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
        cause: "tasks cannot reach CloudWatch Logs: there is no NAT gateway and no endpoint, or a rule blocks them",
        advice: "rd-net check api aws 443 names what blocks them; set nat, or endpoints = \"private\", in [net] and run rd-net apply",
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
        advice: "run rd-ecs apply, which attaches AmazonECSTaskExecutionRolePolicy again",
    },
    Rule {
        name: "secrets-cannot-be-had",
        when: &[&["unable to pull secrets or registry auth"]],
        rank: Rank::Cause,
        cause: "ECS cannot get a secret, a parameter or a login to the registry",
        advice: "rd-ecs verify checks each of them, the execution role and the network",
    },
    Rule {
        name: "initialization",
        when: &[&["resourceinitializationerror"]],
        rank: Rank::Cause,
        cause: "ECS cannot get something that the task needs to start",
        advice: "AWS's text above names it; rd-ecs verify checks everything that a task needs to start",
    },
];
