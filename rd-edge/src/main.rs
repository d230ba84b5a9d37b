//! `rd-edge`: the public entry of a stack, with its certificate, load balancer, listeners and DNS records.

mod addresses;
mod aws_errors;
mod clients;
mod commands;
mod config;
mod discover;
mod domain_names;
mod elb;
mod kinds;
mod manual_records;
mod permissions;
mod read;
#[cfg(test)]
mod recorded;
mod redirect;
mod scan;
mod slice;

use rd_common::cli::{About, main as run};
use std::process::ExitCode;

fn main() -> ExitCode {
    run::<slice::Edge, commands::Command>(About {
        name: "rd-edge",
        about: "The public entry of a stack: certificate, load balancer, listeners, DNS",
        examples: "  rd-net apply -y | rd-edge apply -y   create the network, and the load balancer in it\n  \
                   rd-edge records                      show the DNS records to create, without Route 53\n  \
                   rd-edge wait && rd-edge apply -y     enable HTTPS, once they exist\n  \
                   rd-edge check                        check DNS, TLS, redirect, /health, targets\n  \
                   rd-edge targets                      show which tasks are healthy, and why others are not",
        samples: &[
            ("{address}", "edge.load_balancer.main"),
            (
                "{id}",
                "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shop-production-alb/50dc6c49",
            ),
            ("{output}", "url"),
        ],
    })
}
