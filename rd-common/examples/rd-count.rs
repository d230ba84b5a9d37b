//! The smallest filter: counts the changes of the plans upstream. It is an example of a program that owns no resources,
//! and the tests run it.

use clap::Subcommand;
use rd_common::cli::{About, main_without_slice};
use rd_common::commands::ProgramCommands;
use rd_common::pipe::filter;
use rd_common::pipe::session::Finished;
use rd_common::records::{Record, Verb};
use rd_common::{Context, Exit, Result};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::rc::Rc;

/// The commands of the program: only one.
#[derive(Subcommand)]
enum Command {
    /// Count the changes of the plans on stdin, by action
    Changes,
}

impl ProgramCommands for Command {
    async fn run(self, context: &Context) -> Result<Exit> {
        let Command::Changes = self;
        let counts: Rc<RefCell<BTreeMap<String, u64>>> = Rc::default();
        let seen = counts.clone();
        let count = move |record: &Record| {
            if let Record::Change(change) = record {
                let action = change.action.word().to_owned();
                *seen.borrow_mut().entry(action).or_default() += 1;
            }
        };
        let verb = Verb::Other("changes".to_owned());
        filter::run(context, "count", verb, count, async |_| {
            Ok(Finished {
                counts: counts.take(),
                lineage: None,
                serial: 0,
                exit: Exit::Done,
            })
        })
        .await
    }
}

fn main() -> ExitCode {
    main_without_slice::<Command>(About {
        name: "rd-count",
        about: "Counts what plans change",
        examples: "  rd-net plan | rd-count changes",
        samples: &[],
    })
}
