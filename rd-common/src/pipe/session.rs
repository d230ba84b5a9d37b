//! The run of a program in a pipe, from its `begin` to its `end`: access to AWS, the account, stdin, and the exit code.

use crate::aws::{self, Aws};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::printer::Printer;
use crate::pipe::stdin::HOW_TO_SAY_NOTHING;
use crate::pipe::step_records::StepRecords;
use crate::pipe::upstream::Upstream;
use crate::records::{Begin, Diagnostic, End, Ended, FORMAT, Record, Severity, Verb};
use crate::resource::progress::Progress;
use crate::resource::signal::Cancel;
use crate::resource::slice::Note;
use crate::settings;
use crate::stack::Stack;
use crate::state::store::Store;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

/// How long `begin` waits for the first record on stdin.
const STDIN_TIMEOUT: Duration = Duration::from_millis(100);
/// How long `begin` waits for the AWS account.
const ACCOUNT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long to wait for the account from a program upstream before asking STS. A first call to AWS from far away takes
/// most of a second, with its connection.
const NEIGHBOUR_TIMEOUT: Duration = Duration::from_secs(2);

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
    pub aws: Option<Rc<Aws>>,
}

impl PipeSession {
    /// Writes a warning as a diagnostic.
    pub fn warn(&self, summary: impl Into<String>, hint: impl Into<String>) {
        warn(&self.printer, self.name, summary, hint);
    }

    /// Writes each note as a warning.
    pub fn warn_all(&self, notes: Vec<Note>) {
        for note in notes {
            self.warn(note.summary, note.hint);
        }
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
    let works = matches!(member.verb, Verb::Apply | Verb::Destroy);
    let changes = matches!(member.verb, Verb::Plan | Verb::Apply);
    let is_filter = matches!(member.verb, Verb::Other(_));
    let printer = context.printer.clone();
    let cancel = Cancel::on_signals()
        .map_err(|e| Error::failed(format!("cannot watch for signals: {e}")))?;
    if works {
        printer.show_progress();
    }
    upstream.attach(context.flags.no_stdin, printer.clone());
    let began = begin(context, &member, &upstream).await;

    let done = async {
        let (stack, aws) = tokio::select! {
            biased;
            error = upstream.failed() => return Err(error),
            complete = began.complete() => complete?,
        };
        let prepared = prepare(&stack)?;
        if let Some(absent) = upstream.all_begun(stack.account()).await? {
            warn(
                &printer,
                name,
                format!("{}; continuing without upstream", absent.summary()),
                format!("if nothing is meant to come, {HOW_TO_SAY_NOTHING}"),
            );
        }
        // The first program of a pipe says it for all.
        let is_first = upstream.seen.borrow().begins.is_empty();
        if is_first && changes && context.settings.stack.is_mistaken_for_production() {
            let (summary, hint) = settings::not_production(&stack.environment);
            warn(&printer, name, summary, hint);
        }
        let session = Rc::new(PipeSession {
            name,
            stack,
            printer: printer.clone(),
            progress: match works {
                true => Progress::new(StepRecords::new(printer.clone(), name)),
                false => context.progress.clone(),
            },
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
    // What has come too late for the work makes its result wrong.
    let done = match done.await {
        Ok(finished) => upstream.came_in_time().map(|()| finished),
        failed => failed,
    };
    let finished = match done {
        Ok(finished) => finished,
        Err(error) => {
            printer.record_error(name, &error);
            let told = tokio::select! {
                biased;
                () = cancel.cancelled() => false,
                told = upstream.tells(&error) => told,
            };
            // A filter has nothing to add to the errors of the programs before it.
            let told = told || (is_filter && upstream.has_told_failures());
            if !told {
                printer.show_error(name, &error);
            }
            Finished::failed(error.exit)
        }
    };
    let exit = finished.exit;
    let status = end(&printer, name, finished);
    // The work is done, but lines that are still to come from upstream must be passed on before the program exits.
    let rest = tokio::select! {
        biased;
        // Ctrl-C on a terminal stops all programs: the one that shows them ends last.
        () = cancel.cancelled(), if !(works && printer.is_on_terminal()) => Ok(()),
        rest = upstream.finish() => rest,
    };
    printer.end_progress();
    printer.show_plans();
    printer.show_ending();
    // Upstream was stopped as this program was: that is no failure to explain.
    let (rest, exit) = match rest {
        Err(_) if cancel.is_cancelled() && exit == Exit::Done => (Ok(()), Exit::Interrupted),
        rest => (rest, exit),
    };
    let rest = rest.and(printer.finish_records());
    match rest {
        Err(error) if status == Ended::Ok => {
            printer.emit_error(name, &error);
            Ok(error.exit)
        }
        _ => Ok(exit),
    }
}

/// Access to AWS, with the account and the fingerprint of the access key.
struct Connected {
    aws: Rc<Aws>,
    key: String,
    account: String,
}

/// What is known of the access to AWS when `begin` is written.
enum Access<'a> {
    Offline,
    Known(Result<Connected>),
    /// Not known in time.
    Pending(Pin<Box<dyn Future<Output = Result<Connected>> + 'a>>),
}

/// A program that has written its `begin`.
struct Began<'a> {
    stack: Stack,
    access: Access<'a>,
}

impl Began<'_> {
    /// Waits for the account if it was not known in time. Fails where the connection or the credentials failed.
    async fn complete(self) -> Result<(Stack, Option<Rc<Aws>>)> {
        let connected = match self.access {
            Access::Offline => return Ok((self.stack, None)),
            Access::Known(connected) => connected?,
            Access::Pending(connecting) => connecting.await?,
        };
        let _ = self.stack.account.set(connected.account);
        Ok((self.stack, Some(connected.aws)))
    }
}

/// Starts to connect to AWS, and writes `begin`, with the account if it is known in time.
async fn begin<'a>(context: &'a Context, member: &Member, upstream: &'a Rc<Upstream>) -> Began<'a> {
    let source = upstream.source(STDIN_TIMEOUT).await;
    let stack = context.stack.clone();
    let access = if member.offline {
        Access::Offline
    } else {
        let mut connecting: Pin<Box<dyn Future<Output = Result<Connected>> + 'a>> =
            Box::pin(connect(context, upstream));
        match tokio::time::timeout(ACCOUNT_TIMEOUT, &mut connecting).await {
            Ok(connected) => Access::Known(connected),
            Err(_) => Access::Pending(connecting),
        }
    };
    let known = match &access {
        Access::Known(Ok(connected)) => Some(connected),
        _ => None,
    };
    context.printer.emit(&Record::Begin(Begin {
        slice: member.name.to_owned(),
        format: FORMAT.to_owned(),
        command: member.verb.clone(),
        stack: stack.name(),
        project: stack.project.clone(),
        environment: stack.environment.clone(),
        region: stack.region.clone(),
        key: known.map(|known| known.key.clone()),
        account: known.map(|known| known.account.clone()),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        run: context.run.clone(),
        time: Some(Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        upstream: source,
        offline: member.offline,
    }));
    upstream.begin_written(&context.printer);
    Began { stack, access }
}

/// Connects to AWS, resolves the credentials, and finds out their account.
async fn connect(context: &Context, upstream: &Upstream) -> Result<Connected> {
    let aws = context.connect().await?;
    let key = aws.check_credentials().await?;
    let account = account_of(&key, &aws, upstream).await?;
    Ok(Connected { aws, key, account })
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
