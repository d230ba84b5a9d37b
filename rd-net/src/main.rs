//! `rd-net`: the network of a stack.

mod availability_zones;
mod clients;
mod commands;
mod config;
mod describe;
mod discover;
mod ec2;
mod endpoint_services;
mod kinds;
mod permissions;
mod reachability;
#[cfg(test)]
mod recorded;
mod rule_peer;
mod scan;
mod slice;
mod subnet_blocks;

use rd_common::cli::{About, main as run};
use std::process::ExitCode;

fn main() -> ExitCode {
    run::<slice::Net, commands::Command>(About {
        name: "rd-net",
        about: "The network of a stack: VPC, subnets, gateways, routes, endpoints and security groups",
        examples: "  rd-net plan                          show what an apply would do\n  \
                   rd-net plan > plan.jsonl             save a plan for review\n  \
                   rd-net apply < plan.jsonl            apply exactly that plan\n  \
                   rd-net apply -y | rd-data apply -y   apply together with the next slice\n  \
                   rd-net check api db 5432             check whether the service can reach the database\n  \
                   rd-net check api aws 443             check whether the service can reach AWS's services",
        samples: &[
            ("{address}", "net.vpc.main"),
            ("{id}", "vpc-0abc1234"),
            ("{output}", "vpc_id"),
        ],
    })
}
