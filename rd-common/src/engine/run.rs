//! Runs tasks: everything at once that has what it needs. After a failure, nothing that depends on it is started and
//! everything that runs is let finish.

use crate::engine::actions::Action;
use crate::engine::refresh::remembered;
use crate::engine::step::Bench;
use crate::engine::tasks::{Tasks, Work};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::model::input::{Reference, references, resolve};
use crate::ui::printer::Printer;
use crate::wire::record::{Applied, Diagnostic, Output, Record};
use futures_util::future::LocalBoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Instant;

/// Where the outputs of other slices come from during an apply.
pub trait Outside {
    /// Waits for an output of another slice.
    fn output<'a>(&'a self, slice: &'a str, name: &'a str) -> LocalBoxFuture<'a, Result<Value>>;
}

/// How a run went.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What failed.
    pub errors: Vec<Error>,
    /// How many tasks were not started for what failed before them.
    pub skipped: usize,
    /// Whether the user stopped it.
    pub cancelled: bool,
    /// How many resources had each action.
    pub counts: BTreeMap<String, u64>,
}

/// One run of a plan's tasks.
pub struct Run<'a, C> {
    /// What the steps share.
    pub bench: Rc<Bench<C>>,
    /// Where records go.
    pub printer: Rc<Printer>,
    /// Outputs of other slices.
    pub outside: Rc<dyn Outside>,
    /// The outputs to give, with references.
    pub outputs: &'a [(String, Value)],
    /// What was resolved from outside so far.
    pub resolved: RefCell<BTreeMap<Reference, Value>>,
}

impl<C: 'static> Run<'_, C> {
    /// Runs all of them.
    pub async fn all(&self, tasks: &Tasks) -> Outcome {
        let mut outcome = Outcome::default();
        let mut left: Vec<BTreeSet<usize>> = tasks
            .needs
            .iter()
            .map(|needs| needs.iter().copied().collect())
            .collect();
        let mut waiting: BTreeSet<usize> = (0..tasks.work.len()).collect();
        let mut settled: BTreeSet<String> = BTreeSet::new();
        let mut given: BTreeSet<&str> = BTreeSet::new();
        let mut running = FuturesUnordered::new();
        self.give(&settled, &mut given);
        loop {
            if !self.bench.cx.cancel.is_cancelled() {
                let ready: Vec<usize> = waiting
                    .iter()
                    .copied()
                    .filter(|task| left[*task].is_empty())
                    .collect();
                for task in ready {
                    waiting.remove(&task);
                    running.push(self.one(task, &tasks.work[task]));
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
                    if matches!(work, Work::Up(_)) {
                        settled.insert(work.address().to_owned());
                        self.give(&settled, &mut given);
                    }
                    if let Some(action) = action {
                        *outcome.counts.entry(action.word().to_owned()).or_default() += 1;
                    }
                }
                Err(error) if error.exit == Exit::Interrupted => outcome.cancelled = true,
                Err(error) => {
                    self.printer.own(&Record::Diagnostic(Diagnostic::error(
                        self.bench.cx.slice,
                        &error,
                    )));
                    outcome.errors.push(error);
                }
            }
            if self.printer.is_closed() {
                // Nobody reads on: end what runs, record it, and stop.
                self.bench.cx.cancel.cancel();
            }
        }
        outcome.cancelled |= self.bench.cx.cancel.is_cancelled() && !waiting.is_empty();
        outcome.skipped = waiting.len();
        outcome
    }

    async fn one(&self, task: usize, work: &Work) -> (usize, Result<Option<Action>>) {
        (task, self.work(work).await)
    }

    /// Does one task; says what to count it as.
    async fn work(&self, work: &Work) -> Result<Option<Action>> {
        let start = Instant::now();
        let (address, kind, action, id) = match work {
            Work::Up(planned) => {
                let node = planned
                    .node
                    .as_ref()
                    .ok_or_else(|| Error::failed("nothing to make"))?;
                let quiet = planned.action == Action::None;
                let step = self.bench.cx.progress.step(&planned.address, quiet);
                let spec = self
                    .fill(&node.spec, &step)
                    .await
                    .map_err(|e| e.at(&planned.address))?;
                let id = self
                    .bench
                    .up(planned, &spec, &step)
                    .await
                    .map_err(|e| e.at(&planned.address))?;
                (&planned.address, &planned.kind, planned.action, id)
            }
            Work::Down {
                address,
                kind,
                id,
                replaced,
            } => {
                let step = self.bench.cx.progress.step(address, false);
                self.bench
                    .down(address, kind, id, *replaced, &step)
                    .await
                    .map_err(|e| e.at(address))?;
                (address, kind, Action::Delete, id.clone())
            }
        };
        if action != Action::None {
            self.printer.own(&Record::Applied(Applied {
                slice: self.bench.cx.slice.to_owned(),
                address: address.clone(),
                kind: kind.clone(),
                action,
                id,
                seconds: (start.elapsed().as_secs_f64() * 100.0).round() / 100.0,
                waits: self.waits(address, kind)?,
            }));
        }
        let replaced = matches!(work, Work::Down { replaced: true, .. });
        Ok((!replaced).then_some(action))
    }

    /// What of a resource, as it was last seen, AWS does later by itself.
    fn waits(&self, address: &str, kind: &str) -> Result<Option<String>> {
        let attributes = self.bench.session.read(|document| {
            let resource = document.resources.get(address)?;
            (!resource.attributes.is_null()).then(|| resource.attributes.clone())
        });
        match attributes {
            Some(live) => self.bench.kinds.get(kind)?.waits(&live),
            None => Ok(None),
        }
    }

    /// Fills every reference of a spec, waiting for other slices' outputs.
    async fn fill(&self, spec: &Value, step: &crate::ui::progress::Step) -> Result<Value> {
        for reference in references(spec) {
            if let Reference::Output(slice, name) = &reference
                && !self.resolved.borrow().contains_key(&reference)
            {
                step.say(&format!("waiting for {slice}.{name}"));
                let value = tokio::select! {
                    biased;
                    () = self.bench.cx.cancel.cancelled() => return Err(Error::interrupted()),
                    value = self.outside.output(slice, name) => value?,
                };
                self.resolved.borrow_mut().insert(reference, value);
            }
        }
        let filled = self.bench.session.read(|document| {
            resolve(spec, &|reference| {
                remembered(document, reference)
                    .or_else(|| self.resolved.borrow().get(reference).cloned())
            })
        });
        match references(&filled).first() {
            None => Ok(filled),
            Some(reference) => Err(Error::failed(format!("{reference} is not known"))
                .hint("the resource that it comes from does not report it")),
        }
    }

    /// Gives every output that has become known.
    fn give<'b>(&'b self, settled: &BTreeSet<String>, given: &mut BTreeSet<&'b str>) {
        for (name, value) in self.outputs {
            if given.contains(name.as_str()) {
                continue;
            }
            let known = references(value).iter().all(|reference| match reference {
                Reference::Attribute(address, _) => settled.contains(address),
                Reference::Output(..) => self.resolved.borrow().contains_key(reference),
            });
            if !known {
                continue;
            }
            let value = self.bench.session.read(|document| {
                resolve(value, &|reference| {
                    remembered(document, reference)
                        .or_else(|| self.resolved.borrow().get(reference).cloned())
                })
            });
            given.insert(name);
            let same = self
                .bench
                .session
                .read(|document| document.outputs.get(name) == Some(&value));
            if !same {
                self.bench
                    .session
                    .change(|document| document.outputs.insert(name.clone(), value.clone()));
            }
            self.printer.own(&Record::Output(Output {
                slice: self.bench.cx.slice.to_owned(),
                name: name.clone(),
                value: Some(value),
                unknown: false,
            }));
        }
    }
}
