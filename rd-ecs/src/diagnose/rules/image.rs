//! The image cannot be had.
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html>

use super::{Rank, Rule};

/// The rules.
pub const RULES: &[Rule] = &[
    Rule {
        name: "image-wrong-platform",
        when: &[
            &["does not contain descriptor matching platform"],
            &["no match for platform in manifest"],
            &["no matching manifest for"],
        ],
        rank: Rank::Cause,
        cause: "the image is for another architecture than the tasks",
        advice: "build it for the service's architecture (docker build --platform linux/arm64 for ARM64, linux/amd64 for X86_64) and push it, or set architecture in [ecs] and apply",
    },
    Rule {
        name: "image-rate-limit",
        when: &[
            &["cannotpull", "toomanyrequests"],
            &["cannotpull", "pull rate limit"],
        ],
        rank: Rank::Cause,
        cause: "the public registry lets nobody pull so often without an account",
        advice: "push the image to the stack's repository (rd-ecs push) and deploy it from there",
    },
    Rule {
        name: "image-denied",
        when: &[
            &["cannotpull", "no basic auth credentials"],
            &["cannotpull", "pull access denied"],
            &["cannotpull", "not authorized"],
            &["cannotpull", "accessdenied"],
            &["cannotpull", "403 forbidden"],
            &["cannotpull", "401 unauthorized"],
        ],
        rank: Rank::Cause,
        cause: "the execution role may not pull the image, or another registry asks for a password",
        advice: "rd-ecs verify says what the role lacks and rd-ecs apply gives it back; an image of another account needs that repository's policy, too",
    },
    Rule {
        name: "image-not-found",
        when: &[
            &["cannotpull", "not found"],
            &["cannotpull", "manifest unknown"],
            &["cannotpull", "name unknown"],
            &["cannotpull", "repository does not exist"],
            &["cannotpull", "does not exist in the registry"],
        ],
        rank: Rank::Cause,
        cause: "the image is not in the repository: never pushed, deleted, or deleted by the lifecycle rules",
        advice: "rd-ecs images lists what is there: deploy one of them (rd-ecs deploy --tag T), roll back (rd-ecs rollback), or push it again",
    },
    Rule {
        name: "image-no-network",
        when: &[
            &["cannotpull", "timeout"],
            &["cannotpull", "timed out"],
            &["cannotpull", "connection issue"],
            &["cannotpull", "request canceled"],
            &["cannotpull", "context deadline exceeded"],
            &["cannotpull", "connection refused"],
            &["cannotpull", "no such host"],
            &["cannotpull", "dial tcp"],
        ],
        rank: Rank::Cause,
        cause: "tasks do not reach the registry: no NAT gateway, no endpoint, or a rule in the way",
        advice: "rd-net check api aws 443 names what blocks; set nat, or endpoints = \"private\", in [net] and apply",
    },
    Rule {
        name: "image-too-large",
        when: &[&["cannotpull", "no space left on device"]],
        rank: Rank::Cause,
        cause: "the image, unpacked, does not fit into the task's 20 GiB of disk",
        advice: "make the image smaller: a build in stages, a smaller base",
    },
    Rule {
        name: "image-damaged",
        when: &[
            &["cannotpull", "failed commit on ref"],
            &["cannotpull", "unexpected eof"],
            &["cannotpull", "invalid tar header"],
            &["cannotpull", "failed to extract layer"],
        ],
        rank: Rank::Cause,
        cause: "a layer arrived incomplete, or cannot be unpacked",
        advice: "try again (rd-ecs restart); where it stays so, build and push the image anew",
    },
    Rule {
        name: "image-cannot-be-pulled",
        when: &[&["cannotpull"]],
        rank: Rank::Cause,
        cause: "the image cannot be pulled",
        advice: "rd-ecs verify looks at the image, the execution role and the network",
    },
];
