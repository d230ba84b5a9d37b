//! `rd-cost`: what a stack costs.

mod anomalies;
mod budget;
mod clients;
mod commands;
mod compare;
mod config;
mod cost_explorer;
mod estimate;
mod inventory;
mod line;
mod money;
mod observed;
mod observing_calls;
mod owned;
mod permissions;
mod price_list;
mod prices;
mod pricing;
mod report;
mod savings;
mod tag_problems;
mod usage;
mod usage_types;
mod waste;

use commands::Command;
use rd_common::cli::{About, main_without_slice};
use std::process::ExitCode;

fn main() -> ExitCode {
    main_without_slice::<Command>(About {
        name: "rd-cost",
        about: "What a stack costs: an estimate of a plan or of what exists, and what AWS has charged",
        examples: "  rd-net plan | rd-data plan | rd-cost estimate   what these slices will cost\n  \
                   rd-cost estimate < plan.jsonl                   the same of a saved plan\n  \
                   rd-cost estimate                                of what the states have\n  \
                   rd-cost estimate --fail-over 15% < plan.jsonl   exit with 7 if the plan adds more\n  \
                   rd-cost prices nat                              the prices of the region, with date and origin\n  \
                   rd-cost report --since 30d                      what AWS has charged, by service and day\n  \
                   rd-cost compare                                 the estimate next to what AWS has charged\n  \
                   rd-cost anomalies                               days that stand out\n  \
                   rd-cost budget --limit 200 --mail ops@shop.com  a mail at 80 and 100 %\n  \
                   rd-cost forecast                                what this month and the next will cost",
        samples: &[],
    })
}
