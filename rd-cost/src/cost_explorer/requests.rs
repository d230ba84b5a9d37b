//! The requests of a run: how many it makes, and how many it may make.

use super::cache::Cache;
use aws_sdk_costexplorer::Client;
use aws_sdk_costexplorer::config::{Builder, Region};
use rd_common::aws::{Aws, QuotasAreFinal};
use rd_common::output::printer::print_info;
use rd_common::{Error, Result, Stack};
use rust_decimal::Decimal;
use std::cell::{Cell, RefCell};
use std::path::Path;

/// What a request costs, in US dollars.
/// <https://aws.amazon.com/aws-cost-management/aws-cost-explorer/pricing/>
const PRICE: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

/// The flags of the commands that ask Cost Explorer.
#[derive(clap::Args, Clone, Debug)]
pub struct RequestArgs {
    /// The most requests that this run may make; AWS charges 0.01 USD for each
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub max_requests: u32,
    /// Make no request: use the answers that earlier runs have kept
    #[arg(long)]
    pub cached: bool,
}

/// Cost Explorer for one stack.
pub struct CostExplorer {
    pub(super) client: Client,
    pub(super) stack: Stack,
    pub(super) cache: RefCell<Cache>,
    pub(super) cached: bool,
    most: u32,
    made: Cell<u32>,
}

impl CostExplorer {
    /// For the stack of a run. Answers are kept in `folder`.
    pub fn new(aws: &Aws, stack: &Stack, folder: &Path, args: &RequestArgs) -> Self {
        let config = Builder::from(&aws.config)
            .region(Region::new(region(&stack.region)))
            .interceptor(aws.interceptor())
            .retry_classifier(QuotasAreFinal);
        Self {
            client: Client::from_conf(config.build()),
            stack: stack.clone(),
            cache: RefCell::new(Cache::open(folder, &stack.name())),
            cached: args.cached,
            most: args.max_requests,
            made: Cell::new(0),
        }
    }

    /// Counts a request that is about to be made. Fails where the run may make no more.
    pub(super) fn count(&self) -> Result<()> {
        if self.cached {
            return Err(Error::failed("no earlier run has kept this answer")
                .hint("run the command without --cached; AWS charges 0.01 USD a request"));
        }
        if self.made.get() == self.most {
            return Err(Error::refused(format!(
                "{} requests to Cost Explorer are allowed, and the answer needs more",
                self.most
            ))
            .hint("ask for fewer days, or raise --max-requests; AWS charges 0.01 USD a request"));
        }
        self.made.set(self.made.get() + 1);
        Ok(())
    }

    /// Says on stderr what the run has asked and what that costs.
    pub fn print_cost(&self) {
        let made = self.made.get();
        let word = if made == 1 { "request" } else { "requests" };
        let cost = Decimal::from(made) * PRICE;
        print_info(&match made {
            0 => "no request to Cost Explorer: from earlier answers".to_owned(),
            _ => format!("{made} {word} to Cost Explorer, {cost} USD"),
        });
    }
}

/// The region of Cost Explorer in the partition of a region.
/// <https://docs.aws.amazon.com/general/latest/gr/billing.html>
fn region(of: &str) -> &'static str {
    match of.split('-').next() {
        Some("cn") => "cn-northwest-1",
        Some("eusc") => "eusc-de-east-1",
        _ => "us-east-1",
    }
}

#[cfg(test)]
mod tests {
    use super::region;

    #[test]
    fn each_partition_has_one_region_of_cost_explorer() {
        assert_eq!(region("eu-central-1"), "us-east-1");
        assert_eq!(region("cn-north-1"), "cn-northwest-1");
        assert_eq!(region("eusc-de-east-1"), "eusc-de-east-1");
    }
}
