//! What a container's exit code means.
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

/// The codes with a meaning.
pub const CODES: &[(&[i32], Rule)] = &[
    (
        &[0],
        rule(
            "exit-0",
            "the application ended by itself, without an error; a service's must not end",
            "look at command in [ecs] and at CMD of the image: the program must stay in the foreground",
        ),
    ),
    (
        &[126],
        rule(
            "exit-126",
            "the command was found and may not be executed",
            "chmod +x it in the image; a script's first line must name a program that is there",
        ),
    ),
    (
        &[127],
        rule(
            "exit-127",
            "the command was not found",
            "look at command in [ecs], and for a word that the image lacks in the script that runs",
        ),
    ),
    (
        &[132],
        rule(
            "exit-132",
            "the program used an instruction that the processor lacks",
            "build it for the service's architecture, without settings for the build machine's own processor",
        ),
    ),
    (
        &[134],
        rule(
            "exit-134",
            "the program gave up by itself (abort): an assertion, or no memory left on its heap",
            "look at the last lines; for Node.js set --max-old-space-size to what the task has",
        ),
    ),
    (
        &[137],
        rule(
            "exit-137",
            "the container was killed: out of memory, or it did not end in time after SIGTERM",
            "compare its memory with memory in [ecs]; raise stop_timeout_seconds where it needs longer to end, or let it end at SIGTERM",
        ),
    ),
    (
        &[139],
        rule(
            "exit-139",
            "the program crashed (segmentation fault): a fault in native code, or a library for another system",
            "look at what changed in the image: base, native modules; glibc and musl do not mix",
        ),
    ),
    (
        &[143, 130],
        rule(
            "exit-143",
            "the container was told to end (SIGTERM) and did",
            "what stopped the task stands in its reason; where there is none, something in the container did it",
        ),
    ),
    (
        &[1, 2],
        rule(
            "exit-1",
            "the application failed",
            "its last lines say why; an exception at the start is often a variable, the database or a migration",
        ),
    ),
];

/// Any other.
pub const OTHER: Rule = rule(
    "exit",
    "the application ended with a code of its own",
    "its last lines say why",
);
