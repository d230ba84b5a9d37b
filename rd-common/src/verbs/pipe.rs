//! What a verb that writes records has in common with the others: its begin and end, its upstream, its access to AWS.

use crate::aws::{self, Aws};
use crate::cli::Program;
use crate::engine::cx::Cx;
use crate::engine::plan::{Plan, plan};
use crate::engine::read::Reader;
use crate::engine::refresh::{Observed, refresh};
use crate::engine::run::Outside;
use crate::engine::signal::Cancel;
use crate::engine::wait::Clock;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::model::erased::Kinds;
use crate::model::input::Reference;
use crate::model::others::Others;
use crate::model::parts::{Node, Parts};
use crate::model::slice::Slice;
use crate::stack::Stack;
use crate::state::document::Document;
use crate::state::store::Store;
use crate::ui::printer::Printer;
use crate::wire::record::{
    Begin, Diagnostic, End, Ended, FORMAT, Record, Severity, Upstream as Source,
};
use crate::wire::upstream::Upstream;
use futures_util::future::LocalBoxFuture;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

/// How long `begin` is held back to learn what stdin is.
const LOOK_AT_STDIN: Duration = Duration::from_millis(100);
/// How long `begin` is held back for the account.
const ACCOUNT_WITHIN: Duration = Duration::from_secs(3);

/// A program in a pipe, begun.
pub(crate) struct Pipe<S: Slice> {
    pub(crate) config: S::Config,
    pub(crate) stack: Stack,
    pub(crate) printer: Rc<Printer>,
    pub(crate) store: Rc<dyn Store>,
    pub(crate) upstream: Rc<Upstream>,
    pub(crate) cancel: Cancel,
    /// None in an offline plan.
    pub(crate) aws: Option<Aws>,
    /// Whether the lock is held still, in a verb that took it.
    pub(crate) holds: RefCell<Option<Rc<dyn Fn() -> bool>>>,
}

/// How a verb's own work ended: its counts, the state's lineage and serial, and the exit code.
pub(crate) struct Finished {
    pub(crate) counts: BTreeMap<String, u64>,
    pub(crate) lineage: Option<String>,
    pub(crate) serial: u64,
    pub(crate) exit: Exit,
}

/// Runs `work` between `begin` and `end`, with upstream read beside it.
pub(crate) async fn piped<S: Slice, F>(
    program: &Program,
    command: &str,
    offline: bool,
    work: impl FnOnce(Rc<Pipe<S>>) -> F,
) -> Result<Exit>
where
    F: Future<Output = Result<Finished>>,
{
    let printer = program.printer.clone();
    let stack = program.stack.clone();
    let cancel = Cancel::on_signals()
        .map_err(|e| Error::failed(format!("signals cannot be watched: {e}")))?;
    let upstream = Upstream::new(S::NAME, matches!(command, "plan" | "status"), stack.clone());
    upstream.attach(program.globals.no_stdin, printer.clone());
    let source = upstream.source(LOOK_AT_STDIN).await;

    let mut connected: Result<Option<Aws>> = Ok(None);
    let mut account: Option<Result<String>> = None;
    if !offline {
        connected = Aws::connect(&program.access, &stack.region).await.map(Some);
        if let Ok(Some(aws)) = &connected {
            account = tokio::time::timeout(ACCOUNT_WITHIN, aws::account(aws))
                .await
                .ok();
        }
    }
    if let Some(Ok(id)) = &account {
        let _ = stack.account.set(id.clone());
    }
    begin::<S>(program, &stack, command, source, offline);
    upstream.begin_written(&printer);

    let done = async {
        let aws = connected?;
        if let Some(aws) = &aws {
            let id = match account {
                Some(known) => known?,
                None => aws::account(aws).await?,
            };
            let _ = stack.account.set(id);
        }
        let config: S::Config = program.loaded.section(S::NAME)?;
        program
            .loaded
            .reject(Some(S::NAME), &S::check(&config, &stack))?;
        if !upstream.begun(stack.account()).await? {
            let note = "nothing came on stdin within 5 s: going on without upstream";
            let hint = "give --no-stdin where stdin is no rd program".to_owned();
            printer.own(&Record::Diagnostic(Diagnostic::note(
                S::NAME,
                Severity::Warning,
                note,
                Some(hint),
            )));
        }
        let pipe = Rc::new(Pipe {
            config,
            stack,
            printer: printer.clone(),
            store: program.store.clone(),
            upstream: upstream.clone(),
            cancel: cancel.clone(),
            aws,
            holds: RefCell::default(),
        });
        let finished = work(pipe.clone()).await;
        if let Some(aws) = &pipe.aws {
            tracing::debug!(target: "rd::aws", "{} calls to AWS", aws.calls());
        }
        finished
    };
    let finished = match done.await {
        Ok(finished) => finished,
        Err(error) => {
            printer.own(&Record::Diagnostic(Diagnostic::error(S::NAME, &error)));
            Finished {
                counts: BTreeMap::new(),
                lineage: None,
                serial: 0,
                exit: error.exit,
            }
        }
    };
    let status = match finished.exit {
        Exit::Done | Exit::Changes => Ended::Ok,
        Exit::Interrupted => Ended::Cancelled,
        _ => Ended::Failed,
    };
    printer.own(&Record::End(End {
        slice: S::NAME.to_owned(),
        status,
        counts: finished.counts,
        lineage: finished.lineage,
        serial: finished.serial,
    }));
    // Our own work is done; what is still on its way from upstream is passed on before we leave.
    let rest = tokio::select! {
        biased;
        () = cancel.cancelled() => Ok(()),
        rest = upstream.finish() => rest,
    };
    match rest {
        Err(error) if status == Ended::Ok => {
            printer.own(&Record::Diagnostic(Diagnostic::error(S::NAME, &error)));
            Ok(error.exit)
        }
        _ => Ok(finished.exit),
    }
}

fn begin<S: Slice>(program: &Program, stack: &Stack, command: &str, source: Source, offline: bool) {
    program.printer.own(&Record::Begin(Begin {
        slice: S::NAME.to_owned(),
        format: FORMAT.to_owned(),
        command: command.to_owned(),
        stack: stack.name(),
        region: stack.region.clone(),
        account: stack.account.get().cloned(),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        run: program.run.clone(),
        upstream: source,
        offline,
    }));
}

/// The records of a program that failed before it knew its stack.
pub(crate) fn stillborn(slice: &str, command: &str, error: &Error) {
    let printer = Printer::new(
        crate::ui::printer::Format::Json,
        crate::ui::progress::Progress::new(),
    );
    let records = [
        Record::Begin(Begin {
            slice: slice.to_owned(),
            format: FORMAT.to_owned(),
            command: command.to_owned(),
            stack: String::new(),
            region: String::new(),
            account: None,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            run: String::new(),
            upstream: Source::None,
            offline: false,
        }),
        Record::Diagnostic(Diagnostic::error(slice, error)),
        Record::End(End {
            slice: slice.to_owned(),
            status: Ended::Failed,
            counts: BTreeMap::new(),
            lineage: None,
            serial: 0,
        }),
    ];
    for record in records {
        printer.pass(record.line().trim_ascii_end(), None);
    }
}

/// What planning needs and gives.
pub(crate) struct Ground<S: Slice> {
    pub(crate) cx: Rc<Cx<S::Clients>>,
    pub(crate) kinds: Rc<Kinds<S::Clients>>,
    pub(crate) reader: Rc<Reader<S::Clients>>,
    pub(crate) parts: Parts,
    pub(crate) facts: S::Facts,
    pub(crate) observed: Observed,
}

impl<S: Slice> Pipe<S> {
    /// The slice's state, or the empty one.
    pub(crate) async fn state(&self, program: &Program) -> Result<(Document, bool)> {
        let key = program.key(S::NAME);
        match self.store.load(&key).await? {
            Some(document) => {
                document.belongs_to(&self.stack, S::NAME, &self.store.place(&key))?;
                Ok((document, true))
            }
            None => Ok((Document::empty(&self.stack, S::NAME), false)),
        }
    }

    /// Reads what there is.
    pub(crate) async fn ground(
        &self,
        program: &Program,
        state: &Document,
        outputs: &Outputs,
    ) -> Result<Ground<S>> {
        let aws = self
            .aws
            .as_ref()
            .ok_or_else(|| Error::failed("there is no access to AWS"))?;
        let cx = Rc::new(Cx {
            clients: S::clients(aws),
            slice: S::NAME,
            stack: self.stack.clone(),
            clock: Clock::from_env(),
            cancel: self.cancel.clone(),
            progress: program.progress.clone(),
            known_ids: RefCell::default(),
        });
        let mut facts = S::facts(Some(&cx.clients), &cx.stack, &self.config, state).await?;
        S::look(&mut facts, &outputs.look(S::LOOKS_AT).await?);
        let parts = S::parts(&cx.stack, &self.config, &facts);
        let kinds = Rc::new(S::kinds());
        let reader = Reader::new(cx.clone(), kinds.clone());
        let step = cx.progress.step(S::NAME, false);
        step.say("reading what there is");
        let known = |reference: &Reference| outputs.get(reference);
        let observed = refresh(&cx, &kinds, &reader, &parts.nodes, state, &known).await?;
        Ok(Ground {
            cx,
            kinds,
            reader,
            parts,
            facts,
            observed,
        })
    }
}

impl<S: Slice> Ground<S> {
    /// The slices whose outputs the parts use: those that they need, and those that they only look at.
    pub(crate) fn uses(&self) -> (BTreeSet<String>, BTreeSet<String>) {
        let looked = |slice: &String| S::LOOKS_AT.iter().any(|(at, _)| at == slice);
        self.parts
            .needs()
            .into_iter()
            .partition(|slice| !looked(slice))
    }

    /// The plan of an apply, from what there is and the outputs that are known.
    pub(crate) fn plan(&self, state: &Document, outputs: &Outputs) -> Result<Plan> {
        plan(
            &self.cx.stack,
            &self.kinds,
            &self.parts,
            state,
            &self.observed,
            &|reference| outputs.get(reference),
        )
    }
}

impl<S: Slice> Pipe<S> {
    /// Tells what the slice has to tell beside what was done.
    pub(crate) fn tell_notes(&self, facts: &S::Facts, state: &Document) {
        for note in S::notes(&self.stack, &self.config, facts, state) {
            self.printer.own(&Record::Diagnostic(Diagnostic::note(
                S::NAME,
                Severity::Warning,
                note.summary,
                Some(note.hint),
            )));
        }
    }
}

/// Outputs of other slices, from the pipe where their program is in it, else from the store.
pub(crate) struct Outputs {
    upstream: Rc<Upstream>,
    store: Rc<dyn Store>,
    stack: String,
    known: RefCell<BTreeMap<Reference, Value>>,
}

impl Outputs {
    pub(crate) fn new<S: Slice>(pipe: &Pipe<S>) -> Rc<Self> {
        Rc::new(Self {
            upstream: pipe.upstream.clone(),
            store: pipe.store.clone(),
            stack: pipe.stack.name(),
            known: RefCell::default(),
        })
    }

    /// What is known by now.
    pub(crate) fn get(&self, reference: &Reference) -> Option<Value> {
        if let Some(value) = self.known.borrow().get(reference) {
            return Some(value.clone());
        }
        match reference {
            Reference::Output(slice, name) => self.upstream.output(slice, name).flatten(),
            Reference::Attribute(..) => None,
        }
    }

    /// What these slices give: those in the pipe are waited for until the outputs named have come.
    pub(crate) async fn look(&self, at: &[(&str, &[&str])]) -> Result<Others> {
        let mut others = Others::default();
        for (slice, names) in at {
            if self.upstream.gives(slice) {
                let mut seen = BTreeMap::new();
                for name in *names {
                    let value = self.upstream.look_for(slice, name).await?;
                    seen.extend(value.map(|value| ((*name).to_owned(), value)));
                }
                others.coming(slice, seen);
            } else if let Some(document) = self.document(slice).await? {
                others.stored(slice, document.outputs);
            }
        }
        Ok(others)
    }

    /// Learns what these nodes need, waiting for the pipe. What is nowhere stays unknown, and is returned.
    pub(crate) async fn learn<'a>(
        &self,
        nodes: impl Iterator<Item = &'a Node>,
    ) -> Result<Vec<String>> {
        let needed: BTreeSet<(String, String)> = nodes.flat_map(Node::needs_outputs).collect();
        let mut missing = Vec::new();
        for (slice, name) in needed {
            let value = if self.upstream.has(&slice) {
                self.upstream.wait_output(&slice, &name).await?
            } else {
                let stored = self.stored(&slice, &name).await?;
                if stored.is_none() {
                    missing.push(format!("{slice}.{name}"));
                }
                stored
            };
            if let Some(value) = value {
                self.known
                    .borrow_mut()
                    .insert(Reference::Output(slice, name), value);
            }
        }
        Ok(missing)
    }

    async fn document(&self, slice: &str) -> Result<Option<Document>> {
        let key = crate::state::store::Key {
            stack: self.stack.clone(),
            slice: slice.to_owned(),
        };
        self.store.load(&key).await
    }

    async fn stored(&self, slice: &str, name: &str) -> Result<Option<Value>> {
        let document = self.document(slice).await?;
        Ok(document.and_then(|mut document| document.outputs.remove(name)))
    }
}

impl Outside for Outputs {
    fn output<'a>(&'a self, slice: &'a str, name: &'a str) -> LocalBoxFuture<'a, Result<Value>> {
        Box::pin(async move {
            let value = if self.upstream.has(slice) {
                self.upstream.wait_output(slice, name).await?
            } else {
                self.stored(slice, name).await?
            };
            value.ok_or_else(|| {
                Error::upstream(format!("the output {slice}.{name} is not there")).hint(format!(
                    "apply rd-{slice} first, or put it before this program in the pipe"
                ))
            })
        })
    }
}
