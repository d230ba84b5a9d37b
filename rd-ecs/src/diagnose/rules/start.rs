//! The container cannot be started, or was killed because it used too much memory.

use super::{Rank, Rule};

/// The texts of containers that did not start, or ran out of memory.
pub const RULES: &[Rule] = &[
    Rule {
        name: "out-of-memory",
        when: &[
            &["outofmemory"],
            &["killed due to memory usage"],
            &["oom-kill"],
        ],
        rank: Rank::Cause,
        cause: "the container used more memory than its limit, and was killed",
        advice: "raise memory in [ecs] and run rd-ecs apply, or limit the application: for Node.js, set --max-old-space-size below the task's memory",
    },
    Rule {
        name: "wrong-architecture",
        when: &[&["exec format error"]],
        rank: Rank::Cause,
        cause: "the program in the image is built for a different architecture than the tasks",
        advice: "build it for the service's architecture (docker build --platform linux/arm64 for ARM64, linux/amd64 for X86_64), or set architecture in [ecs] and run rd-ecs apply",
    },
    Rule {
        name: "command-not-found",
        when: &[
            &["executable file not found"],
            &["no such file or directory", "exec"],
            &["unable to start container process", "not found"],
        ],
        rank: Rank::Cause,
        cause: "the image does not have the program that the command or the entry point names",
        advice: "check command and entry_point in [ecs], and CMD and ENTRYPOINT of the image; a script may name a shell that the image does not have",
    },
    Rule {
        name: "command-not-executable",
        when: &[
            &["cannotstartcontainer", "permission denied"],
            &["unable to start container process", "permission denied"],
        ],
        rank: Rank::Cause,
        cause: "the image's user may not execute the program",
        advice: "chmod +x it in the image, or check USER of the image",
    },
    Rule {
        name: "container-timeout",
        when: &[
            &["containerruntimetimeouterror"],
            &["dockertimeouterror"],
            &["timed out after waiting"],
        ],
        rank: Rank::Cause,
        cause: "the container did not start or stop within Fargate's time limit",
        advice: "try again (rd-ecs restart); if it persists, check what the entry point does, and the image's size",
    },
    Rule {
        name: "container-not-started",
        when: &[
            &["cannotstartcontainer"],
            &["cannotcreatecontainer"],
            &["containerruntimeerror"],
            &["cannotinspectcontainer"],
            &["cannotcreatevolume"],
            &["failed to create shim task"],
        ],
        rank: Rank::Cause,
        cause: "the container cannot be started",
        advice: "AWS's text above says why; run the image elsewhere with the same command and user",
    },
    Rule {
        name: "aws-internal",
        when: &[&["internalerror"], &["internal error"]],
        rank: Rank::Cause,
        cause: "AWS had an internal error",
        advice: "ECS keeps retrying; if it persists, look at https://health.aws.amazon.com",
    },
];
