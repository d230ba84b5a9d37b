//! What a verb that writes records has in common with the others: its begin and end, its upstream, its access to AWS.

use crate::aws::{self, Aws};
use crate::cli::Program;
use crate::engine::cx::Cx;
use crate::engine::plan::{Plan, plan};
use crate::engine::read::Reader;
use crate::engine::refresh::{Observed, refresh};
use crate::engine::signal::Cancel;
use crate::engine::wait::Clock;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::model::erased::Kinds;
use crate::model::input::Reference;
use crate::model::parts::Parts;
use crate::model::slice::Slice;
use crate::stack::Stack;
use crate::state::document::Document;
use crate::state::store::Store;
use crate::ui::printer::Printer;
use crate::verbs::outside::Outputs;
use crate::wire::record::{
    Begin, Diagnostic, End, Ended, FORMAT, Record, Severity, Upstream as Source,
};
use crate::wire::upstream::Upstream;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

/// How long `begin` is held back to learn what stdin is.
const LOOK_AT_STDIN: Duration = Duration::from_millis(100);
/// How long `begin` is held back for the account.
const ACCOUNT_WITHIN: Duration = Duration::from_secs(3);
/// How long to wait for a neighbour that has asked for the account, before asking oneself: STS answers in less.
const NEIGHBOUR_WITHIN: Duration = Duration::from_millis(500);

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
    let mut key: Option<Result<String>> = None;
    let mut account: Option<Result<String>> = None;
    if !offline {
        connected = Aws::connect(&program.access, &stack.region).await.map(Some);
        if let Ok(Some(aws)) = &connected {
            key = Some(aws.check_credentials().await);
            if let Some(Ok(key)) = &key {
                account = tokio::time::timeout(ACCOUNT_WITHIN, account_of(key, aws, &upstream))
                    .await
                    .ok();
            }
        }
    }
    if let Some(Ok(id)) = &account {
        let _ = stack.account.set(id.clone());
    }
    let known = key.as_ref().and_then(|key| key.as_ref().ok());
    begin::<S>(program, &stack, command, source, offline, known);
    upstream.begin_written(&printer);

    let done = async {
        let aws = connected?;
        key.transpose()?;
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

/// Whose account it is: what the neighbour upstream has asked for with the same access key, else what AWS says.
async fn account_of(key: &str, aws: &Aws, upstream: &Upstream) -> Result<String> {
    let told = tokio::time::timeout(NEIGHBOUR_WITHIN, upstream.neighbour()).await;
    if let Ok(Some((theirs, account))) = told
        && theirs == key
    {
        return Ok(aws.account.get_or_init(|| account).clone());
    }
    aws::account(aws).await
}

fn begin<S: Slice>(
    program: &Program,
    stack: &Stack,
    command: &str,
    source: Source,
    offline: bool,
    key: Option<&String>,
) {
    let account = stack.account.get().cloned();
    program.printer.own(&Record::Begin(Begin {
        slice: S::NAME.to_owned(),
        format: FORMAT.to_owned(),
        command: command.to_owned(),
        stack: stack.name(),
        region: stack.region.clone(),
        key: key.cloned().filter(|_| account.is_some()),
        account,
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
            key: None,
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
        S::look(&mut facts, &outputs.look::<S>().await?);
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
