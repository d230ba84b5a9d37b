//! `doctor`: reports inconsistencies between state and AWS, and fixes what can be fixed in the state alone.

use crate::commands::all_resources::{AllResources, LOCK_TIMEOUT, read_all};
use crate::commands::import_resources::{
    forget_unseen, id_at_address, import_all, import_and_save,
};
use crate::context::Context;
use crate::error::Result;
use crate::exit::Exit;
use crate::output::printer::Printer;
use crate::pipe::session::Finished;
use crate::pipe::slice_session;
use crate::records::{Diagnostic, Record, Severity, Verb};
use crate::resource::slice::Slice;
use crate::state::document::{Document, Phase};
use crate::state::session::LoadedState;
use std::collections::{BTreeMap, BTreeSet};

/// The flags that `doctor` accepts.
#[derive(clap::Args, Clone, Debug)]
pub struct DoctorArgs {
    /// Fix what can be fixed in the state alone
    #[arg(long)]
    pub fix: bool,
}

/// Examines slice `S`; with `--fix` under its lock.
pub(crate) async fn run<S: Slice>(context: &Context, args: &DoctorArgs) -> Result<Exit> {
    slice_session::run::<S, _>(context, Verb::Doctor, false, |session| async move {
        if !args.fix {
            let state = session.load_state().await?.document;
            let all = read_all(&session, &state).await?;
            let found = findings(&all, &state);
            return Ok(report(&session.printer, S::NAME, &found, &state));
        }
        let fix = async |state: LoadedState, lock| {
            let all = read_all(&session, &state.document).await?;
            let found = findings(&all, &state.document);
            let mut finished = report(&session.printer, S::NAME, &found, &state.document);
            let edit = |document: &mut Document| {
                for finding in found.iter().filter(|finding| finding.forget) {
                    forget_unseen(document, &finding.address);
                }
                import_all(document, &all)
            };
            let saved =
                import_and_save(&session, context, state, lock, Verb::Doctor, &all, edit).await?;
            finished.lineage = saved.lineage;
            finished.serial = saved.serial;
            let left = found.iter().filter(|finding| !finding.fixable).count() as u64;
            finished
                .counts
                .insert("fixed".to_owned(), found.len() as u64 - left);
            finished.exit = if left == 0 { Exit::Done } else { Exit::Failed };
            Ok(finished)
        };
        session
            .with_lock(context, Verb::Doctor, LOCK_TIMEOUT, fix)
            .await
    })
    .await
}

/// A problem: an inconsistency between state and AWS.
struct Finding {
    address: String,
    summary: String,
    hint: String,
    /// Whether it can be fixed in the state alone.
    fixable: bool,
    /// Whether the fix is to forget the resource.
    forget: bool,
}

fn findings<S: Slice>(read: &AllResources<S>, state: &Document) -> Vec<Finding> {
    let mut all: Vec<Finding> = Vec::new();
    let add = |all: &mut Vec<Finding>,
               address: &str,
               summary: String,
               hint: String,
               fixable: bool,
               forget: bool| {
        all.push(Finding {
            address: address.to_owned(),
            summary,
            hint,
            fixable,
            forget,
        });
    };
    let apply = format!("the next rd-{} apply continues it", S::NAME);
    for planned in &read.plan.resources {
        let stored = state.resources.get(&planned.address);
        match (&planned.live, stored.and_then(|r| r.id.as_ref())) {
            (Some(live), known) if planned.node.is_some() && known != Some(&live.id) => add(
                &mut all,
                &planned.address,
                format!("{} exists in AWS but is missing in the state here", live.id),
                "doctor --fix or an apply imports it".to_owned(),
                true,
                false,
            ),
            (None, Some(id)) if planned.refused.is_none() => add(
                &mut all,
                &planned.address,
                format!("{id} is in the state but not in AWS"),
                "doctor --fix forgets it; an apply creates it again".to_owned(),
                true,
                true,
            ),
            (None, _) => {
                if let Some(error) = &planned.refused {
                    let hint = error.hint.clone().unwrap_or_default();
                    let summary = error.summary.clone();
                    add(&mut all, &planned.address, summary, hint, false, false);
                }
            }
            _ => {}
        }
    }
    for address in &read.plan.gone {
        let entry = state.resources.get(address);
        if entry.is_none_or(|entry| entry.id.is_none() && !entry.is_empty()) {
            continue;
        }
        add(
            &mut all,
            address,
            "in the state, but neither in AWS nor in the settings".to_owned(),
            "doctor --fix or an apply forgets it".to_owned(),
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
            Phase::Creating if resource.may_have_been_created() => "its create was interrupted",
            Phase::Created => "it was created but never became ready",
            Phase::Failed => "it failed in AWS",
            Phase::Deleting => "its delete was interrupted",
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
    for (address, _, id) in &read.plan.deposed {
        let summary = format!("{id} was replaced and still has to be deleted");
        add(&mut all, address, summary, apply.clone(), false, false);
    }
    for (kind, found) in &read.untracked {
        let other = id_at_address(state, found);
        let (summary, hint) = match other {
            Some(id) => (
                format!(
                    "the {kind} {} is in no state here, and is tagged with the address of {id}, which is",
                    found.id
                ),
                "another checkout may use it: find out which one is in use, and delete the other one",
            ),
            None => (
                format!(
                    "the {kind} {} is tagged for this stack, but in no state here",
                    found.id
                ),
                "if no other checkout uses it, doctor --fix imports it; the next plan then shows its deletion",
            ),
        };
        add(
            &mut all,
            &found.address,
            summary,
            hint.to_owned(),
            other.is_none(),
            false,
        );
    }
    all
}

/// Writes the findings as warnings.
fn report(printer: &Printer, slice: &str, found: &[Finding], state: &Document) -> Finished {
    for finding in found {
        let mut diagnostic = Diagnostic::note(
            slice,
            Severity::Warning,
            finding.summary.clone(),
            Some(finding.hint.clone()),
        );
        diagnostic.address = Some(finding.address.clone());
        printer.emit(&Record::Diagnostic(diagnostic));
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
