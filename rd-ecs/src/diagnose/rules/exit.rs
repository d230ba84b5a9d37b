//! The meaning of a container's exit code.
//! <https://repost.aws/knowledge-center/ecs-task-stopped>

use super::{Rank, Rule};

const fn rule(name: &'static str, cause: &'static str, advice: &'static str) -> Rule {
    Rule {
        name,
        when: &[],
        rank: Rank::Cause,
        cause,
        advice,
    }
}

/// The exit codes that have a usual meaning.
pub const CODES: &[(&[i32], Rule)] = &[
    (
        &[0],
        rule(
            "exit-0",
            "the application exited without an error, but a service must keep running",
            "check command in [ecs] and CMD of the image: the program must stay in the foreground",
        ),
    ),
    (
        &[126],
        rule(
            "exit-126",
            "the command was found, but is not executable",
            "chmod +x it in the image; the first line of a script must name a program that exists in the image",
        ),
    ),
    (
        &[127],
        rule(
            "exit-127",
            "the command was not found",
            "check command in [ecs], and whether the image has every program that its script runs",
        ),
    ),
    (
        &[132],
        rule(
            "exit-132",
            "the program used an instruction that the processor lacks",
            "build it for the service's architecture, without optimizations for the processor of the build machine",
        ),
    ),
    (
        &[134],
        rule(
            "exit-134",
            "the program aborted: a failed assertion, or no memory left on its heap",
            "see its last lines; for Node.js, set --max-old-space-size below the task's memory",
        ),
    ),
    (
        &[137],
        rule(
            "exit-137",
            "the container was killed: out of memory, or it did not exit in time after SIGTERM",
            "compare its memory use with memory in [ecs]; if it needs longer to exit, raise stop_timeout_seconds, or make it exit on SIGTERM",
        ),
    ),
    (
        &[139],
        rule(
            "exit-139",
            "the program crashed (segmentation fault): a bug in native code, or a library for another system",
            "check what changed in the image: the base image, native modules; glibc and musl do not mix",
        ),
    ),
    (
        &[143, 130],
        rule(
            "exit-143",
            "the container received SIGTERM and exited",
            "the task's reason says what stopped it; without a reason, something in the container did",
        ),
    ),
    (
        &[1, 2],
        rule(
            "exit-1",
            "the application failed",
            "see its last lines; an exception at startup often comes from a variable, the database or a migration",
        ),
    ),
];

/// The rule for every other exit code.
pub const OTHER: Rule = rule(
    "exit",
    "the application exited with a code of its own",
    "see its last lines",
);
