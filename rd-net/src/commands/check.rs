//! `rd-net check FROM TO PORT`: whether one end can open a connection to the other, and what blocks it.

use crate::clients::Clients;
use crate::reachability::live_network::{INTERNET, LiveNetwork};
use crate::reachability::{aws_services, trace::trace};
use crate::slice::Net;
use crate::slice::security_groups::GROUPS;
use rd_common::aws::Aws;
use rd_common::context::Context;
use rd_common::output::check_report::CheckReport;
use rd_common::{Error, Exit, Result, Slice};

/// The name of the end for AWS's services, each reached through its VPC endpoint or through the internet.
const AWS: &str = "aws";

/// Flags of `rd-net check`.
#[derive(clap::Args, Clone, Debug)]
pub struct CheckArgs {
    /// Security group that opens the connection (alb, api, db, redis, endpoints), or internet
    #[arg(value_parser = parse_source)]
    from: String,
    /// Security group to connect to, or internet, or aws for the services that tasks need
    #[arg(value_parser = parse_target)]
    to: String,
    /// TCP port to connect to
    #[arg(value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,
}

fn parse_source(text: &str) -> std::result::Result<String, String> {
    let names: Vec<&str> = GROUPS
        .iter()
        .map(|(name, _)| *name)
        .chain([INTERNET])
        .collect();
    if names.contains(&text) {
        Ok(text.to_owned())
    } else {
        Err(format!("must be one of {}", names.join(", ")))
    }
}

fn parse_target(text: &str) -> std::result::Result<String, String> {
    if text == AWS {
        return Ok(text.to_owned());
    }
    parse_source(text).map_err(|names| format!("{names}, {AWS}"))
}

/// Reads the network and prints each step; exit code 0 where the path is open, 1 where something blocks it.
pub async fn run(context: &Context, args: &CheckArgs) -> Result<Exit> {
    let state = context
        .load_state(Net::NAME)
        .await?
        .filter(|state| !state.resources.is_empty())
        .ok_or_else(|| {
            Error::failed(format!(
                "rd-net was never applied for {}",
                context.stack.name()
            ))
            .hint("run rd-net apply first, or check --environment")
        })?;
    let aws = Aws::connect(&context.access, &context.stack.region).await?;
    aws.check_credentials().await?;
    let network = LiveNetwork::read(&Clients::new(&aws), &state).await?;
    let from = network.end(&args.from);
    let steps = match args.to.as_str() {
        AWS => aws_services::check(
            &from,
            &network.end("endpoints"),
            &network.endpoints,
            args.port,
            &network.rules,
        ),
        to => trace(&from, &network.end(to), args.port, &network.rules),
    };
    let head = serde_json::json!({"from": args.from, "to": args.to, "port": args.port});
    let report = CheckReport {
        subject: &format!("{} → {}:{}", args.from, args.to, args.port),
        head: head.as_object().cloned().unwrap_or_default(),
        verdict_key: "reachable",
        passed: "open",
        failed: "blocked",
    };
    Ok(report.show(&context.printer, &steps))
}
