//! The container cannot be started, or was killed for its memory.

use super::{Rank, Rule};

/// The rules.
pub const RULES: &[Rule] = &[
    Rule {
        name: "out-of-memory",
        when: &[
            &["outofmemory"],
            &["killed due to memory usage"],
            &["oom-kill"],
        ],
        rank: Rank::Cause,
        cause: "the container used more memory than it has, and was killed",
        advice: "raise memory in [ecs] and apply, or make the application use less: for Node.js --max-old-space-size under the task's memory",
    },
    Rule {
        name: "wrong-architecture",
        when: &[&["exec format error"]],
        rank: Rank::Cause,
        cause: "the program in the image is for another architecture than the tasks",
        advice: "build it for the service's architecture (docker build --platform linux/arm64 for ARM64, linux/amd64 for X86_64), or set architecture in [ecs] and apply",
    },
    Rule {
        name: "command-not-found",
        when: &[
            &["executable file not found"],
            &["no such file or directory", "exec"],
            &["unable to start container process", "not found"],
        ],
        rank: Rank::Cause,
        cause: "the image has no such program as the command or the entry point names",
        advice: "look at command and entry_point in [ecs], and at CMD and ENTRYPOINT of the image; a script may name a shell that is not there",
    },
    Rule {
        name: "command-not-executable",
        when: &[
            &["cannotstartcontainer", "permission denied"],
            &["unable to start container process", "permission denied"],
        ],
        rank: Rank::Cause,
        cause: "the program may not be executed by the image's user",
        advice: "chmod +x it in the image, or look at USER of the image",
    },
    Rule {
        name: "container-timeout",
        when: &[
            &["containerruntimetimeouterror"],
            &["dockertimeouterror"],
            &["timed out after waiting"],
        ],
        rank: Rank::Cause,
        cause: "the container did not start or stop in the time that Fargate gives",
        advice: "try again (rd-ecs restart); where it stays so, look at what the entry point does, and at the image's size",
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
        advice: "AWS's words below say why; try the image elsewhere with the same command and user",
    },
    Rule {
        name: "aws-internal",
        when: &[&["internalerror"], &["internal error"]],
        rank: Rank::Cause,
        cause: "something went wrong inside AWS",
        advice: "ECS goes on trying; where it stays so, look at https://health.aws.amazon.com",
    },
];
