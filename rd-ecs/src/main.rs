//! `rd-ecs`: the ECS service of a stack, and the commands to deploy and operate it.

mod clients;
mod commands;
mod completion;
mod config;
mod diagnose;
mod images;
mod kinds;
mod names;
mod permissions;
mod preflight;
mod read;
#[cfg(test)]
mod recorded;
mod rollout;
mod scan;
mod service_context;
mod session;
mod simulation;
mod slice;
mod tasks;
mod time;
mod verify;

use rd_common::child_process;
use rd_common::cli::{About, main as run};
use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(code) = child_process::become_other_program() {
        return code;
    }
    run::<slice::Ecs, commands::Command>(About {
        name: "rd-ecs",
        about: "The ECS service of a stack: image repository, roles, cluster, tasks, autoscaling; deploy, run, diagnose",
        examples: "  rd-ecs apply -y                       create or update resources to match rd.toml\n  \
                   rd-ecs push app.tar                   push an image, without a docker daemon\n  \
                   rd-ecs deploy --tag v42               deploy it, and wait for the result\n  \
                   rd-ecs rollback                       deploy the previous revision\n  \
                   rd-ecs run -- npx prisma migrate deploy\n  \
                   rd-ecs exec -- /bin/sh                open a shell in a task\n  \
                   rd-ecs forward 15432:db.internal:5432 forward a port through a task\n  \
                   rd-ecs diagnose                       show why tasks do not start",
        samples: &[
            ("{address}", "ecs.cluster.main"),
            ("{id}", "shop-production"),
            ("{output}", "cluster_name"),
        ],
    })
}
