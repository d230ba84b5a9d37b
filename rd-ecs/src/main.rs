//! `rd-ecs`: the service of a stack.

mod clients;
mod commands;
mod config;
mod diagnose;
mod exec;
mod images;
mod kinds;
mod names;
mod read;
mod rollout;
mod service_context;
mod slice;
mod tasks;
mod time;
mod verify;

use rd_common::cli::{About, main as run};
use std::process::ExitCode;

fn main() -> ExitCode {
    run::<slice::Ecs, commands::Command>(About {
        name: "rd-ecs",
        about: "The service of a stack: image repository, roles, cluster, tasks, autoscaling; deploy, run, look inside",
        examples: "  rd-ecs apply -y                       make it as rd.toml says\n  \
                   rd-ecs push app.tar                   push an image, without a docker daemon\n  \
                   rd-ecs deploy --tag v42               deploy it, and wait until it runs or was rolled back\n  \
                   rd-ecs rollback                       the revision before\n  \
                   rd-ecs run -- npx prisma migrate deploy\n  \
                   rd-ecs exec -- /bin/sh                a shell in a task\n  \
                   rd-ecs diagnose                       why tasks do not start",
    })
}
