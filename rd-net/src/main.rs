//! `rd-net`: the network of a stack.

mod cidr;
mod clients;
mod commands;
mod config;
mod ec2;
mod flow_logs;
mod kinds;
mod path;
mod rules;
mod services;
mod slice;
mod zones;

use rd_common::cli::{About, main as run};
use std::process::ExitCode;

fn main() -> ExitCode {
    run::<slice::Net, commands::Command>(About {
        name: "rd-net",
        about: "The network of a stack: VPC, subnets, gateways, routes, endpoints and security groups",
        examples: "  rd-net plan                          what apply would do\n  \
                   rd-net plan > plan.jsonl             a plan to look at\n  \
                   rd-net apply < plan.jsonl            apply just that plan\n  \
                   rd-net apply -y | rd-data apply -y   with the slices after it\n  \
                   rd-net check api db 5432             can the service reach the database?\n  \
                   rd-net check api aws 443             can it reach AWS's services?",
    })
}
