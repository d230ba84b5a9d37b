//! The run of a program in a pipe, from its `begin` to its `end`: access to AWS, the account, stdin, and the exit code.

use crate::aws::{self, Aws};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::printer::{Format, Printer};
use crate::output::terminal_progress::TerminalProgress;
use crate::pipe::upstream::Upstream;
use crate::records::{
    Begin, Diagnostic, End, Ended, FORMAT, Record, Severity, Upstream as Source, Verb,
};
use crate::resource::progress::Progress;
use crate::resource::signal::Cancel;
use crate::stack::Stack;
use crate::state::store::Store;
use std::collections::BTreeMap;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

/// How long `begin` waits for the first record on stdin.
const STDIN_TIMEOUT: Duration = Duration::from_millis(100);
/// How long `begin` waits for the AWS account.
const ACCOUNT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long to wait for the account from a program upstream before asking STS.
const NEIGHBOUR_TIMEOUT: Duration = Duration::from_millis(500);

/// A program that takes part in a pipe, with its command.
pub struct Member {
    /// The slice that the program owns, or the name of a filter, such as `cost`: the `slice` of its records.
    pub name: &'static str,
    /// The command that it runs.
    pub verb: Verb,
    /// Whether it makes no call to AWS and needs no credentials.
    pub offline: bool,
}

/// A program in a pipe that has written its `begin`.
pub struct PipeSession {
    /// The `slice` of its records.
    pub name: &'static str,
    /// The stack. Its account is set unless the program is offline.
    pub stack: Stack,
    /// Writes records or text to stdout.
    pub printer: Rc<Printer>,
    /// Where running steps are shown.
    pub progress: Progress,
    /// Where states are kept.
    pub store: Rc<dyn Store>,
    /// The programs before it in the pipe.
    pub upstream: Rc<Upstream>,
    /// Set when the user asks to stop.
    pub cancel: Cancel,
    /// Access to AWS; none where the program is offline.
    pub aws: Option<Aws>,
}

impl PipeSession {
    /// Writes a warning as a diagnostic.
    pub fn warn(&self, summary: impl Into<String>, hint: impl Into<String>) {
        warn(&self.printer, self.name, summary, hint);
    }
}

/// The result of a command, for its `end` record and its exit code.
pub struct Finished {
    /// The counts of `end`: by action, by health, or what else the command counts.
    pub counts: BTreeMap<String, u64>,
    /// The state's lineage; none where there is no state.
    pub lineage: Option<String>,
    /// The state's serial; 0 where there is no state.
    pub serial: u64,
    /// The exit code of the program, unless upstream fails.
    pub exit: Exit,
}

impl Finished {
    fn failed(exit: Exit) -> Self {
        Self {
            counts: BTreeMap::new(),
            lineage: None,
            serial: 0,
            exit,
        }
    }
}

/// Runs `work` between `begin` and `end`, while stdin is read and passed on. `prepare` checks the settings: it runs
/// when the account is known, and before anything waits for upstream. Errors of both become diagnostics.
pub async fn run<T, F>(
    context: &Context,
    member: Member,
    upstream: Rc<Upstream>,
    prepare: impl FnOnce(&Stack) -> Result<T>,
    work: impl FnOnce(Rc<PipeSession>, T) -> F,
) -> Result<Exit>
where
    F: Future<Output = Result<Finished>>,
{
    let name = member.name;
    let printer = context.printer.clone();
    let cancel = Cancel::on_signals()
        .map_err(|e| Error::failed(format!("cannot watch for signals: {e}")))?;
    upstream.attach(context.flags.no_stdin, printer.clone());
    let began = begin(context, &member, &upstream).await;

    let done = async {
        let (stack, aws) = began.complete().await?;
        let prepared = prepare(&stack)?;
        if !upstream.all_begun(stack.account()).await? {
            warn(
                &printer,
                name,
                "no records on stdin within 5 s; continuing without upstream",
                "pass --no-stdin if stdin is not an rd program",
            );
        }
        let session = Rc::new(PipeSession {
            name,
            stack,
            printer: printer.clone(),
            progress: context.progress.clone(),
            store: context.store.clone(),
            upstream: upstream.clone(),
            cancel: cancel.clone(),
            aws,
        });
        let finished = work(session.clone(), prepared).await;
        if let Some(aws) = &session.aws {
            tracing::debug!(target: "rd::aws", "{} calls to AWS", aws.calls());
        }
        finished
    };
    let finished = match done.await {
        Ok(finished) => finished,
        Err(error) => {
            printer.emit_error(name, &error);
            Finished::failed(error.exit)
        }
    };
    let exit = finished.exit;
    let status = end(&printer, name, finished);
    // The work is done, but lines that are still to come from upstream must be passed on before the program exits.
    let rest = tokio::select! {
        biased;
        () = cancel.cancelled() => Ok(()),
        rest = upstream.finish() => rest,
    };
    match rest {
        Err(error) if status == Ended::Ok => {
            printer.emit_error(name, &error);
            Ok(error.exit)
        }
        _ => Ok(exit),
    }
}

/// What is known when `begin` is written.
struct Began {
    stack: Stack,
    connected: Result<Option<Aws>>,
    /// The fingerprint of the access key.
    key: Option<Result<String>>,
    /// None where it was not known in time.
    account: Option<Result<String>>,
}

impl Began {
    /// Waits for the account if it was not known in time. Fails where the connection or the credentials failed.
    async fn complete(self) -> Result<(Stack, Option<Aws>)> {
        let aws = self.connected?;
        self.key.transpose()?;
        if let Some(aws) = &aws {
            let id = match self.account {
                Some(known) => known?,
                None => aws::account(aws).await?,
            };
            let _ = self.stack.account.set(id);
        }
        Ok((self.stack, aws))
    }
}

/// Connects to AWS and writes `begin`, with the account if it is known in time.
async fn begin(context: &Context, member: &Member, upstream: &Rc<Upstream>) -> Began {
    let source = upstream.source(STDIN_TIMEOUT).await;
    let stack = context.stack.clone();
    let mut connected: Result<Option<Aws>> = Ok(None);
    let mut key: Option<Result<String>> = None;
    let mut account: Option<Result<String>> = None;
    if !member.offline {
        connected = Aws::connect(&context.access, &stack.region).await.map(Some);
        if let Ok(Some(aws)) = &connected {
            key = Some(aws.check_credentials().await);
            if let Some(Ok(key)) = &key {
                account = tokio::time::timeout(ACCOUNT_TIMEOUT, account_of(key, aws, upstream))
                    .await
                    .ok();
            }
        }
    }
    if let Some(Ok(id)) = &account {
        let _ = stack.account.set(id.clone());
    }
    let known = key.as_ref().and_then(|key| key.as_ref().ok());
    let account_id = stack.account.get().cloned();
    context.printer.emit(&Record::Begin(Begin {
        slice: member.name.to_owned(),
        format: FORMAT.to_owned(),
        command: member.verb.clone(),
        stack: stack.name(),
        region: stack.region.clone(),
        key: known.cloned().filter(|_| account_id.is_some()),
        account: account_id,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        run: context.run.clone(),
        upstream: source,
        offline: member.offline,
    }));
    upstream.begin_written(&context.printer);
    Began {
        stack,
        connected,
        key,
        account,
    }
}

/// The id of the account: from a program upstream with the same access key, otherwise from STS.
async fn account_of(key: &str, aws: &Aws, upstream: &Upstream) -> Result<String> {
    let known = tokio::time::timeout(NEIGHBOUR_TIMEOUT, upstream.neighbour()).await;
    if let Ok(Some((theirs, account))) = known
        && theirs == key
    {
        return Ok(aws.account.get_or_init(|| account).clone());
    }
    aws::account(aws).await
}

/// Writes `end` and returns its status.
fn end(printer: &Printer, name: &str, finished: Finished) -> Ended {
    let status = match finished.exit {
        Exit::Done | Exit::Changes => Ended::Ok,
        Exit::Interrupted => Ended::Cancelled,
        _ => Ended::Failed,
    };
    printer.emit(&Record::End(End {
        slice: name.to_owned(),
        status,
        counts: finished.counts,
        lineage: finished.lineage,
        serial: finished.serial,
    }));
    status
}

fn warn(printer: &Printer, name: &str, summary: impl Into<String>, hint: impl Into<String>) {
    printer.emit(&Record::Diagnostic(Diagnostic::note(
        name,
        Severity::Warning,
        summary,
        Some(hint.into()),
    )));
}

/// Writes the records of a program that failed before it knew its stack, so that programs downstream know of the
/// failure.
pub fn emit_startup_failure(slice: &str, verb: Verb, error: &Error) {
    let printer = Printer::new(Format::Json, TerminalProgress::new());
    let records = [
        Record::Begin(Begin {
            slice: slice.to_owned(),
            format: FORMAT.to_owned(),
            command: verb,
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
        printer.pass_through(record.line().trim_ascii_end(), None);
    }
}
