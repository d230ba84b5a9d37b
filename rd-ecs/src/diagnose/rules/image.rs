//! The image cannot be pulled.
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html>

use super::{Rank, Rule};

/// The texts of failed pulls.
pub const RULES: &[Rule] = &[
    Rule {
        name: "image-wrong-platform",
        when: &[
            &["does not contain descriptor matching platform"],
            &["no match for platform in manifest"],
            &["no matching manifest for"],
        ],
        rank: Rank::Cause,
        cause: "the image is built for a different architecture than the tasks",
        advice: "build it for the service's architecture (docker build --platform linux/arm64 for ARM64, linux/amd64 for X86_64) and push it, or set architecture in [ecs] and run rd-ecs apply",
    },
    Rule {
        name: "image-rate-limit",
        when: &[
            &["cannotpull", "toomanyrequests"],
            &["cannotpull", "pull rate limit"],
        ],
        rank: Rank::Cause,
        cause: "the public registry limits how often an image is pulled without an account",
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
        cause: "the execution role may not pull the image, or another registry requires a login",
        advice: "rd-ecs verify shows what the role lacks, and rd-ecs apply restores it; an image of another account also needs that repository's policy",
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
        cause: "the image is not in the repository: never pushed, deleted, or deleted by the lifecycle policy",
        advice: "rd-ecs images lists the images: deploy one of them (rd-ecs deploy --tag TAG), roll back (rd-ecs rollback), or push it again",
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
        cause: "tasks cannot reach the registry: there is no NAT gateway and no endpoint, or a rule blocks them",
        advice: "rd-net check api aws 443 names what blocks them; set nat, or endpoints = \"private\", in [net] and run rd-net apply",
    },
    Rule {
        name: "image-too-large",
        when: &[&["cannotpull", "no space left on device"]],
        rank: Rank::Cause,
        cause: "the unpacked image does not fit on the task's 20 GiB disk",
        advice: "make the image smaller: a multi-stage build, a smaller base image",
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
        cause: "a layer is incomplete, or cannot be unpacked",
        advice: "try again (rd-ecs restart); if it persists, build and push the image again",
    },
    Rule {
        name: "image-cannot-be-pulled",
        when: &[&["cannotpull"]],
        rank: Rank::Cause,
        cause: "the image cannot be pulled",
        advice: "rd-ecs verify checks the image, the execution role and the network",
    },
];
