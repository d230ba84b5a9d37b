//! Runs tasks in parallel: each one starts when those before it are done. After a failure, tasks that depend on the
//! failed one are not started, and all others continue.

use crate::apply::step::Executor;
use crate::apply::step::delete::Deleted;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::printer::Printer;
use crate::pipe::output_resolver::OutputResolver;
use crate::pipe::step_records::now;
use crate::plan::create_and_delete_order::{Tasks, Work};
use crate::plan::doubles::TWO_IDS;
use crate::plan::refresh::stored_attribute;
use crate::records::{Applied, Diagnostic, Output, Record, Severity, StepProgress, StepState};
use crate::resource::action::Action;
use crate::resource::input::{Reference, references, resolve};
use futures_util::stream::{FuturesUnordered, StreamExt};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Instant;

/// The result of a run.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The errors of the tasks that failed.
    pub errors: Vec<Error>,
    /// The number of tasks that were not started.
    pub skipped: usize,
    /// Whether the run was stopped before all tasks were done.
    pub cancelled: bool,
    /// The number of resources with each action that was done, by [`Action::word`].
    pub counts: BTreeMap<String, u64>,
}

/// A run of the tasks of a plan.
pub struct Run<'a, C> {
    /// Does the tasks, one by one.
    pub executor: Rc<Executor<C>>,
    /// Where the records are written.
    pub printer: Rc<Printer>,
    /// Waits for outputs of other slices.
    pub external: Rc<OutputResolver>,
    /// The outputs of this slice, with references for values that are not known yet.
    pub outputs: &'a [(String, Value)],
    /// The outputs of other slices that have arrived so far.
    pub resolved: RefCell<BTreeMap<Reference, Value>>,
}

impl<C: 'static> Run<'_, C> {
    /// Runs all tasks. Writes `applied`, `output` and `diagnostic` records as they finish.
    pub async fn run_all(&self, tasks: &Tasks) -> Outcome {
        let mut outcome = Outcome::default();
        let mut left: Vec<BTreeSet<usize>> = tasks
            .needs
            .iter()
            .map(|needs| needs.iter().copied().collect())
            .collect();
        let mut waiting: BTreeSet<usize> = (0..tasks.work.len()).collect();
        let mut settled: BTreeSet<String> = BTreeSet::new();
        let mut emitted: BTreeSet<&str> = BTreeSet::new();
        let mut running = FuturesUnordered::new();
        let mut stopped = false;
        self.emit_waiting(tasks);
        self.emit_outputs(&settled, &mut emitted);
        loop {
            if !stopped && !self.executor.ctx.cancel.is_cancelled() {
                let ready: Vec<usize> = waiting
                    .iter()
                    .copied()
                    .filter(|task| left[*task].is_empty())
                    .collect();
                for task in ready {
                    waiting.remove(&task);
                    running.push(self.run_one(task, &tasks.work[task]));
                }
            }
            let Some((task, done)) = running.next().await else {
                break;
            };
            let work = &tasks.work[task];
            match done {
                Ok(action) => {
                    for needs in &mut left {
                        needs.remove(&task);
                    }
                    if matches!(work, Work::Apply(_)) {
                        settled.insert(work.address().to_owned());
                        self.emit_outputs(&settled, &mut emitted);
                    }
                    if let Some(action) = action {
                        *outcome.counts.entry(action.word().to_owned()).or_default() += 1;
                    }
                }
                Err(error) if error.exit == Exit::Interrupted => outcome.cancelled = true,
                Err(error) => {
                    self.printer.emit_error(self.executor.ctx.slice, &error);
                    // Another run creates the same: whatever would come next would exist twice, too.
                    stopped |= error.code.as_deref() == Some(TWO_IDS);
                    outcome.errors.push(error);
                }
            }
            if self.printer.is_closed() {
                // The reader of stdout is gone: finish the running tasks, record them, and stop.
                self.executor.ctx.cancel.cancel();
            }
        }
        outcome.cancelled |= self.executor.ctx.cancel.is_cancelled() && !waiting.is_empty();
        outcome.skipped = waiting.len();
        outcome
    }

    /// Writes which resources there are to change, so that what shows the progress knows how many are left.
    fn emit_waiting(&self, tasks: &Tasks) {
        let changes = tasks.work.iter().filter(|work| match work {
            Work::Apply(planned) => planned.action != Action::None,
            Work::Delete(delete) => delete.seen,
        });
        let addresses: BTreeSet<&str> = changes.map(Work::address).collect();
        let since = now();
        for address in addresses {
            self.printer.emit(&Record::Progress(StepProgress {
                slice: self.executor.ctx.slice.to_owned(),
                address: address.to_owned(),
                state: StepState::Waiting,
                reason: None,
                since: since.clone(),
            }));
        }
    }

    async fn run_one(&self, task: usize, work: &Work) -> (usize, Result<Option<Action>>) {
        (task, self.do_task(work).await)
    }

    /// Does one task after all others, and adds it to their outcome.
    pub async fn finish(&self, work: Work, outcome: &mut Outcome) {
        match self.do_task(&work).await {
            Ok(Some(action)) => {
                *outcome.counts.entry(action.word().to_owned()).or_default() += 1;
            }
            Ok(None) => {}
            Err(error) if error.exit == Exit::Interrupted => outcome.cancelled = true,
            Err(error) => {
                self.printer.emit_error(self.executor.ctx.slice, &error);
                outcome.errors.push(error);
            }
        }
    }

    /// Does one task. Returns the action to count it as; none for the delete of a predecessor.
    async fn do_task(&self, work: &Work) -> Result<Option<Action>> {
        let start = Instant::now();
        let (address, kind, action, id) = match work {
            Work::Apply(planned) => {
                let node = planned
                    .node
                    .as_ref()
                    .ok_or_else(|| Error::failed("the plan has no settings for this resource"))?;
                let quiet = planned.action == Action::None;
                let step = self.executor.ctx.progress.step(&planned.address, quiet);
                let spec = self
                    .resolve_spec(&node.spec, &step)
                    .await
                    .map_err(|e| e.at(&planned.address))?;
                let id = self
                    .executor
                    .apply(planned, &spec, &step)
                    .await
                    .map_err(|e| e.at(&planned.address))?;
                (&planned.address, &planned.kind, planned.action, id)
            }
            Work::Delete(delete) => {
                let address = &delete.address;
                let step = self.executor.ctx.progress.step(address, !delete.seen);
                let deleted = self.executor.delete(delete, &step).await;
                let id = match deleted.map_err(|e| e.at(address))? {
                    Deleted::Id(id) => id,
                    Deleted::Nothing => return Ok(None),
                    Deleted::Kept(id, reason) => {
                        self.warn_kept(address, &id, &reason);
                        return Ok(None);
                    }
                };
                (address, &delete.kind, Action::Delete, id)
            }
        };
        if action != Action::None {
            self.printer.emit(&Record::Applied(Applied {
                slice: self.executor.ctx.slice.to_owned(),
                address: address.clone(),
                kind: kind.clone(),
                action,
                id,
                seconds: (start.elapsed().as_secs_f64() * 100.0).round() / 100.0,
                pending: self.pending(address, kind)?,
            }));
        }
        let replaced = matches!(work, Work::Delete(delete) if delete.replaced);
        Ok((!replaced).then_some(action))
    }

    /// Warns that a predecessor was not deleted, since AWS still uses it.
    fn warn_kept(&self, address: &str, id: &str, reason: &str) {
        let slice = self.executor.ctx.slice;
        let summary = format!("{address}: its predecessor {id} is not deleted yet: {reason}");
        let hint = "a later apply deletes it, once nothing uses it";
        let hint = Some(hint.to_owned());
        let warning = Diagnostic::note(slice, Severity::Warning, summary, hint);
        self.printer.emit(&Record::Diagnostic(warning));
    }

    /// What AWS will do later by itself with a resource, as it was last read.
    fn pending(&self, address: &str, kind: &str) -> Result<Option<String>> {
        let attributes = self.executor.session.read(|document| {
            let resource = document.resources.get(address)?;
            (!resource.attributes.is_null()).then(|| resource.attributes.clone())
        });
        match attributes {
            Some(live) => self.executor.kinds.get(kind)?.pending(&live),
            None => Ok(None),
        }
    }

    /// Resolves every reference of a spec. Waits for outputs of other slices.
    async fn resolve_spec(
        &self,
        spec: &Value,
        step: &crate::resource::progress::Step,
    ) -> Result<Value> {
        for reference in references(spec) {
            if let Reference::Output(slice, name) = &reference
                && !self.resolved.borrow().contains_key(&reference)
            {
                step.waits_for(&format!("{slice}.{name}"));
                let value = tokio::select! {
                    biased;
                    () = self.executor.ctx.cancel.cancelled() => return Err(Error::interrupted()),
                    value = self.external.wait(slice, name) => value?,
                };
                self.resolved.borrow_mut().insert(reference, value);
            }
        }
        let resolved = self.executor.session.read(|document| {
            resolve(spec, &|reference| {
                stored_attribute(document, reference)
                    .or_else(|| self.resolved.borrow().get(reference).cloned())
            })
        });
        match references(&resolved).first() {
            None => Ok(resolved),
            Some(reference) => Err(Error::failed(format!("{reference} has no value"))
                .hint("AWS does not report this attribute of the resource")),
        }
    }

    /// Writes every output that has become known and is not written yet.
    fn emit_outputs<'b>(&'b self, settled: &BTreeSet<String>, emitted: &mut BTreeSet<&'b str>) {
        for (name, value) in self.outputs {
            if emitted.contains(name.as_str()) {
                continue;
            }
            let known = references(value).iter().all(|reference| match reference {
                Reference::Attribute(address, _) => settled.contains(address),
                Reference::Output(..) => self.resolved.borrow().contains_key(reference),
            });
            if !known {
                continue;
            }
            let value = self.executor.session.read(|document| {
                resolve(value, &|reference| {
                    stored_attribute(document, reference)
                        .or_else(|| self.resolved.borrow().get(reference).cloned())
                })
            });
            emitted.insert(name);
            let same = self
                .executor
                .session
                .read(|document| document.outputs.get(name) == Some(&value));
            if !same {
                self.executor
                    .session
                    .change(|document| document.outputs.insert(name.clone(), value.clone()));
            }
            self.printer.emit(&Record::Output(Output {
                slice: self.executor.ctx.slice.to_owned(),
                name: name.clone(),
                value: Some(value),
                unknown: false,
                deleted_first: false,
            }));
        }
    }
}
