//! `doctor`: what is wrong between the state and AWS, and mending what the state alone can mend.

use crate::cli::Program;
use crate::error::Result;
use crate::exit::Exit;
use crate::model::slice::Slice;
use crate::state::document::{Document, Phase};
use crate::ui::printer::Printer;
use crate::verbs::apply::locked;
use crate::verbs::pipe::{Finished, piped};
use crate::verbs::take::{LIMITS, Looked, look, save, take_all};
use crate::wire::record::{Diagnostic, Record, Severity};
use std::collections::{BTreeMap, BTreeSet};

/// Flags of `doctor`.
#[derive(clap::Args, Clone, Debug)]
pub struct DoctorArgs {
    /// Mend what can be mended in the state alone
    #[arg(long)]
    pub fix: bool,
}

/// Runs `doctor`: says what is wrong between the state and AWS, and mends what the state alone can mend.
pub(crate) async fn run<S: Slice>(program: &Program, args: &DoctorArgs) -> Result<Exit> {
    piped::<S, _>(program, "doctor", false, |pipe| async move {
        if !args.fix {
            let (state, _) = pipe.state(program).await?;
            let looked = look(&pipe, program, &state).await?;
            let found = findings(&looked, &state);
            return Ok(told(&pipe.printer, S::NAME, &found, &state));
        }
        locked(&pipe, program, "doctor", &LIMITS, |state| {
            let pipe = pipe.clone();
            async move {
                let looked = look(&pipe, program, &state).await?;
                let found = findings(&looked, &state);
                let mut finished = told(&pipe.printer, S::NAME, &found, &state);
                let saved = save(
                    &pipe,
                    program,
                    state,
                    "doctor",
                    &looked,
                    |document, taken| {
                        for finding in found.iter().filter(|finding| finding.forget) {
                            document.resources.remove(&finding.address);
                        }
                        take_all(document, &looked, taken);
                    },
                )
                .await?;
                finished.lineage = saved.lineage;
                finished.serial = saved.serial;
                let left = found.iter().filter(|finding| !finding.mendable).count() as u64;
                finished
                    .counts
                    .insert("mended".to_owned(), found.len() as u64 - left);
                finished.exit = if left == 0 { Exit::Done } else { Exit::Failed };
                Ok(finished)
            }
        })
        .await
    })
    .await
}

/// Something that is wrong.
struct Finding {
    address: String,
    summary: String,
    hint: String,
    /// Whether the state alone can mend it.
    mendable: bool,
    /// Whether it is mended by forgetting.
    forget: bool,
}

fn findings<S: Slice>(looked: &Looked<S>, state: &Document) -> Vec<Finding> {
    let mut all: Vec<Finding> = Vec::new();
    let add = |all: &mut Vec<Finding>,
               address: &str,
               summary: String,
               hint: String,
               mendable: bool,
               forget: bool| {
        all.push(Finding {
            address: address.to_owned(),
            summary,
            hint,
            mendable,
            forget,
        });
    };
    let apply = format!("rd-{} apply goes on with it", S::NAME);
    for planned in &looked.plan.resources {
        let remembered = state.resources.get(&planned.address);
        match (&planned.live, remembered.and_then(|r| r.id.as_ref())) {
            (Some(live), known) if planned.node.is_some() && known != Some(&live.id) => add(
                &mut all,
                &planned.address,
                format!("{} is at AWS, and the state does not know it", live.id),
                "doctor --fix takes it in, and so does an apply".to_owned(),
                true,
                false,
            ),
            (None, Some(id)) => add(
                &mut all,
                &planned.address,
                format!("{id} is in the state, and not at AWS"),
                "doctor --fix forgets it; an apply makes it again".to_owned(),
                true,
                true,
            ),
            (None, None) => {
                if let Some(error) = &planned.refused {
                    let hint = error.hint.clone().unwrap_or_default();
                    let summary = error.summary.clone();
                    add(&mut all, &planned.address, summary, hint, false, false);
                }
            }
            _ => {}
        }
    }
    for address in &looked.plan.gone {
        add(
            &mut all,
            address,
            "it is in the state, not at AWS, and not wanted".to_owned(),
            "doctor --fix forgets it, and so does an apply".to_owned(),
            true,
            true,
        );
    }
    let named: BTreeSet<String> = all.iter().map(|one| one.address.clone()).collect();
    for (address, resource) in &state.resources {
        if named.contains(address) {
            continue;
        }
        let word = match resource.phase {
            Phase::Creating if resource.id.is_none() => "its create was cut off",
            Phase::Created => "it was made and not seen ready",
            Phase::Failed => "it failed at AWS",
            Phase::Deleting => "its delete was cut off",
            Phase::Creating | Phase::Ready => continue,
        };
        add(
            &mut all,
            address,
            word.to_owned(),
            apply.clone(),
            false,
            false,
        );
    }
    for (address, _, id) in &looked.plan.deposed {
        let summary = format!("{id} was replaced and is still to be deleted");
        add(&mut all, address, summary, apply.clone(), false, false);
    }
    for (kind, found) in &looked.strays {
        add(
            &mut all,
            &found.address,
            format!(
                "the {kind} {} bears this stack's tags, and no state knows it",
                found.id
            ),
            "doctor --fix takes it into the state; a plan then shows that it is to be deleted"
                .to_owned(),
            true,
            false,
        );
    }
    all
}

fn told(printer: &Printer, slice: &str, found: &[Finding], state: &Document) -> Finished {
    for finding in found {
        let mut diagnostic = Diagnostic::note(
            slice,
            Severity::Warning,
            finding.summary.clone(),
            Some(finding.hint.clone()),
        );
        diagnostic.address = Some(finding.address.clone());
        printer.own(&Record::Diagnostic(diagnostic));
    }
    Finished {
        counts: BTreeMap::from([("findings".to_owned(), found.len() as u64)]),
        lineage: (state.serial > 0).then(|| state.lineage.clone()),
        serial: state.serial,
        exit: if found.is_empty() {
            Exit::Done
        } else {
            Exit::Failed
        },
    }
}
