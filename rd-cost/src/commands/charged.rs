//! `rd-cost charged`: a filter that adds what AWS has charged this month, from the answers that `rd-cost report` has kept. It
//! makes no request, so that a status costs nothing.

use super::report::{costs_folder, today};
use crate::cost_explorer::{Kept, kept};
use crate::money::plain;
use rd_common::context::Context;
use rd_common::output::printer::print_info;
use rd_common::pipe::filter;
use rd_common::pipe::session::Finished;
use rd_common::records::{Charged, Record, Verb};
use rd_common::{Exit, Result};
use std::collections::BTreeMap;

/// Flags of `rd-cost charged`.
#[derive(clap::Args, Clone, Debug)]
pub struct ChargedArgs {
    /// Show every resource of the status with its details
    #[arg(long)]
    full: bool,
}

/// Passes on what the programs before it write, and adds the record.
pub async fn run(context: &Context, args: &ChargedArgs) -> Result<Exit> {
    context.printer.show_in_full(args.full);
    let verb = Verb::Other("charged".to_owned());
    filter::run(
        context,
        "cost",
        verb,
        |_| {},
        async |session| {
            let kept = kept(&costs_folder(context), &context.stack.name(), today());
            match kept {
                Some(kept) => session.printer.emit(&Record::Charged(record(&kept))),
                None if !session.upstream.any_begun() => {
                    print_info("no report of this month is kept: rd-cost report asks AWS");
                }
                None => {}
            }
            Ok(Finished {
                counts: BTreeMap::new(),
                lineage: None,
                serial: 0,
                exit: Exit::Done,
            })
        },
    )
    .await
}

fn record(kept: &Kept) -> Charged {
    Charged {
        slice: "cost".to_owned(),
        since: kept.since.to_string(),
        until: kept.until.to_string(),
        amount: plain(kept.amount),
        currency: kept.currency.clone(),
        asked: kept.asked.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    }
}
