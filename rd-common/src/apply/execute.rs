//! Carries out a plan under the slice's lock, and keeps the state up to date while it does.

use crate::apply::needed_slices::refuse_destroying;
use crate::apply::run::{Outcome, Run};
use crate::apply::step::search::Late;
use crate::apply::step::{Done, Executor};
use crate::error::Result;
use crate::exit::Exit;
use crate::pipe::output_resolver::OutputResolver;
use crate::pipe::session::{Finished, PipeSession};
use crate::pipe::slice_session::SliceSession;
use crate::plan::create_and_delete_order::{Work, order};
use crate::plan::planned::Plan;
use crate::plan::refreshed::Refreshed;
use crate::records::Verb;
use crate::resource::slice::Slice;
use crate::state::document::{Deposed, Document, Resource};
use crate::state::lock_guard::check_held;
use crate::state::session::{LoadedState, Session};
use crate::state::store::Lock;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use tokio::sync::{OnceCell, Semaphore};

/// A plan that is about to be carried out, with what that needs.
pub struct Execution<S: Slice> {
    /// The refresh that the plan was made from.
    pub refreshed: Refreshed<S>,
    /// Looks up outputs of other slices, and waits for them.
    pub outputs: Rc<OutputResolver>,
    /// The state that the plan was made from.
    pub state: LoadedState,
    /// The lock of that state, which this run holds.
    pub lock: Rc<dyn Lock>,
    /// The plan to carry out.
    pub plan: Plan,
    /// The number of changes that may be in flight at once.
    pub parallelism: u16,
}

impl<S: Slice> Execution<S> {
    /// Carries out the plan for `verb`, apply or destroy. `on_success` changes the state when everything has succeeded.
    pub async fn run(
        self,
        pipe: &SliceSession<S>,
        verb: Verb,
        on_success: impl FnOnce(&mut Document),
    ) -> Result<Finished> {
        let plan = &self.plan;
        let (needs, optional_needs) = self.refreshed.needs();
        let kinds = self.refreshed.kinds.clone();
        let delete_last = |kind: &str| kinds.get(kind).is_ok_and(|any| any.delete_last());
        let tasks = order(plan, &self.state.document, delete_last)?;
        let before = self.state.document.clone();
        let session = Rc::new(Session::new(
            pipe.store.clone(),
            pipe.key(),
            self.lock,
            self.state,
            verb.as_str(),
        ));
        let run = Run {
            executor: Rc::new(Executor {
                ctx: self.refreshed.ctx,
                kinds,
                reader: self.refreshed.reader,
                session: session.clone(),
                permits: Semaphore::new(usize::from(self.parallelism)),
                alone: OnceCell::new(),
                done: Done::nothing(&before),
            }),
            printer: pipe.printer.clone(),
            external: self.outputs,
            outputs: &plan.outputs,
            resolved: RefCell::default(),
        };
        // Recorded before anything is created, so that the slices that it needs cannot be destroyed if this run is
        // killed.
        session.change(|document| {
            document.needs = union(&needs, &document.needs);
            document.optional_needs = union(&optional_needs, &document.optional_needs);
            document.account = pipe.stack.account().to_owned();
            if document.region.is_empty() {
                // A state of which only its name was known; see `Document::without_resources`.
                document.region.clone_from(&pipe.stack.region);
            }
            document.destroying = verb == Verb::Destroy && document.destroying;
            record_predecessors(document, plan);
        });
        if verb == Verb::Apply && plan.has_changes() && !needs.is_empty() {
            if !needs.iter().all(|need| before.needs.contains(need)) {
                session.save().await?;
            }
            refuse_destroying(pipe, &needs).await?;
        }
        let mut outcome = run.run_all(&tasks).await;
        if !outcome.cancelled && check_held(session.lock()).await.is_ok() {
            look_for_late(&run, pipe, verb, &mut outcome).await;
        }
        if let Err(lost) = check_held(session.lock()).await
            && !outcome.errors.iter().any(|error| error.exit == lost.exit)
        {
            pipe.printer.emit_error(S::NAME, &lost);
            outcome.errors.insert(0, lost);
        }
        session.change(|document| {
            forget_deleted(document, plan);
            if outcome.errors.is_empty() && !outcome.cancelled {
                // Not after a failed destroy, since other slices still use the outputs.
                let names: BTreeSet<&str> =
                    plan.outputs.iter().map(|(name, _)| name.as_str()).collect();
                document
                    .outputs
                    .retain(|name, _| names.contains(name.as_str()));
                document.needs = needs.into_iter().collect();
                document.optional_needs = optional_needs.into_iter().collect();
                on_success(document);
            }
        });
        if differs(&session, &before)
            && let Err(error) = session.save().await
        {
            let error = session.unsaved(&error);
            pipe.printer.emit_error(S::NAME, &error);
            outcome.errors.push(error);
        }
        Ok(summary(pipe, &session, outcome))
    }
}

fn union(some: &BTreeSet<String>, others: &[String]) -> Vec<String> {
    let all: BTreeSet<String> = some.iter().chain(others).cloned().collect();
    all.into_iter().collect()
}

/// Records the predecessors that only a read of their tags has found, before anything is deleted.
fn record_predecessors(document: &mut Document, plan: &Plan) {
    for (address, _, id) in &plan.deposed {
        if let Some(resource) = document.resources.get_mut(address)
            && !resource.deposed.iter().any(|old| old.id == *id)
        {
            resource.deposed.push(Deposed::new(id));
        }
    }
}

/// Searches once more for what interrupted creates may have created. A destroy deletes what it finds; otherwise it is
/// recorded and reported.
async fn look_for_late<S: Slice>(
    run: &Run<'_, S::Clients>,
    pipe: &SliceSession<S>,
    verb: Verb,
    outcome: &mut Outcome,
) {
    let late = match run.executor.find_late().await {
        Ok(late) => late,
        Err(error) => {
            pipe.printer.emit_error(S::NAME, &error);
            outcome.errors.push(error);
            return;
        }
    };
    for one in late {
        match one {
            Late::Alone(delete) if verb == Verb::Destroy => {
                run.finish(Work::Delete(delete), outcome).await;
            }
            Late::Alone(delete) => pipe.warn(
                format!(
                    "{} was created by an interrupted run, but not visible before",
                    delete.id.as_deref().unwrap_or_default()
                ),
                "the state has it now; the next apply continues with it",
            ),
            Late::Predecessor { address, id } => pipe.warn(
                format!(
                    "{id} was created for {address} by an interrupted run, but not visible before"
                ),
                "the state has it now; the next apply deletes it",
            ),
        }
    }
}

/// Removes the entries from the state that have no id left.
fn forget_deleted(document: &mut Document, plan: &Plan) {
    // An entry whose predecessor could not be deleted stays, because only this entry has the id of the predecessor.
    let gone =
        |address: &String, resource: &Resource| plan.gone.contains(address) && resource.is_empty();
    document
        .resources
        .retain(|address, resource| !gone(address, resource));
}

/// Whether the state differs from `before` in more than who wrote it and when.
fn differs(session: &Session, before: &Document) -> bool {
    session.read(|now| {
        now.resources != before.resources
            || now.outputs != before.outputs
            || now.needs != before.needs
            || now.optional_needs != before.optional_needs
            || now.protect != before.protect
            || now.account != before.account
            || now.destroying != before.destroying
            || now.serial != before.serial
    })
}

fn summary(pipe: &PipeSession, session: &Session, outcome: Outcome) -> Finished {
    let exit = match outcome.errors.first() {
        Some(error) => error.exit,
        None if outcome.cancelled && pipe.printer.is_closed() => Exit::Failed,
        None if outcome.cancelled => Exit::Interrupted,
        None => Exit::Done,
    };
    let (lineage, serial) = session.read(|document| (document.lineage.clone(), document.serial));
    let mut counts = outcome.counts;
    if outcome.skipped > 0 {
        counts.insert("skipped".to_owned(), outcome.skipped as u64);
    }
    Finished {
        counts,
        lineage: (serial > 0).then_some(lineage),
        serial,
        exit,
    }
}
