//! `rd-edge`: the front door of a stack.

mod clients;
mod commands;
mod config;
mod discover;
mod elb;
mod kinds;
mod names;
mod read;
mod slice;

use rd_common::cli::{About, main as run};
use std::process::ExitCode;

fn main() -> ExitCode {
    run::<slice::Edge, commands::Command>(About {
        name: "rd-edge",
        about: "The front door of a stack: certificate, load balancer, listeners, DNS",
        examples: "  rd-net apply -y | rd-edge apply -y   the network, and the load balancer in it\n  \
                   rd-edge records                      the DNS records to make, without Route 53\n  \
                   rd-edge wait && rd-edge apply -y     HTTPS, once they are made\n  \
                   rd-edge check                        DNS, TLS, redirect, /health, targets\n  \
                   rd-edge targets                      who answers, and why not",
    })
}
