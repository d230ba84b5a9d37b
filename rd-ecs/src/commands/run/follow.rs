//! Follows a task: prints its output to the last line, and returns the exit code of its command.

use crate::service_context::ServiceContext;
use crate::tasks::logs::{Line, Stream};
use crate::tasks::{self, Task};
use rd_common::aws::Explain;
use rd_common::context::Context;
use rd_common::output::printer::print_warning;
use rd_common::resource::patience::MAX_ATTEMPTS;
use rd_common::resource::progress::Step;
use rd_common::resource::wait::{Deadline, backoff};
use rd_common::{Error, Exit, Result, Retry};
use serde_json::json;
use std::time::Duration;

/// The pause between two reads of the task.
const POLL_INTERVAL: Duration = Duration::from_millis(1500);

/// How long a task that was just started may not be visible.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html>
const VISIBLE_WITHIN: Duration = Duration::from_secs(120);

/// How many reads in a row must not find a task before it counts as forgotten.
const READS_WITHOUT: u32 = 3;

/// After its stop, how long no line has to arrive before a task's output counts as complete.
const SILENCE: Duration = Duration::from_secs(15);

/// How long lines are waited for after a stop, however many arrive.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The states of a task that is followed.
enum Seen {
    Running(Task),
    Stopped(Task),
    /// Reads do not show it yet.
    NotYet,
    /// AWS keeps a stopped task for an hour. This machine may have slept for longer.
    Forgotten,
}

/// Why this program stopped the task.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stopped {
    TimedOut,
    Interrupted,
}

/// A task to follow.
pub struct Followed<'a> {
    /// Where its output goes.
    pub context: &'a Context,
    /// The service in whose cluster it runs.
    pub service: &'a ServiceContext,
    /// The ARN of the task.
    pub arn: &'a str,
    /// Its id, as progress shows it.
    pub id: &'a str,
    /// Whether the output is written as records.
    pub records: bool,
    /// Whether it is stopped when the user interrupts. A task that somebody else started goes on.
    pub stop_when_interrupted: bool,
    /// The time after which it is stopped.
    pub timeout: Option<Duration>,
    /// How long its lines may take to become visible after it has stopped.
    pub log_wait: Duration,
    /// The progress of the task.
    pub step: Step,
}

/// How far the output of a task was read.
struct Output {
    stream: Option<Stream>,
    unread: bool,
}

impl Followed<'_> {
    /// Prints the output of `stream` until the task has stopped. Stops it after the timeout, or when the user interrupts.
    /// A read that fails is made again: the task goes on meanwhile.
    pub async fn follow(&self, stream: Option<Stream>) -> Result<Exit> {
        let ctx = self.service.ctx();
        let deadline = self.timeout.map(|limit| ctx.clock.deadline(limit));
        let mut output = Output {
            stream,
            unread: false,
        };
        let mut reads = Reads::new(ctx.clock.deadline(VISIBLE_WITHIN));
        let mut stopped = None;
        let task = loop {
            self.print_new_lines(&mut output).await;
            let pause = match self.look(&mut reads).await {
                Ok(Seen::Stopped(task)) => break Some(task),
                Ok(Seen::Forgotten) => break None,
                Ok(Seen::Running(task)) => {
                    self.step.say(&task.last_status.to_lowercase());
                    POLL_INTERVAL
                }
                Ok(Seen::NotYet) => {
                    self.step.say("requested");
                    POLL_INTERVAL
                }
                Err(error) if error.retry == Retry::Never => return Err(self.still_running(error)),
                Err(error) => {
                    self.step.say(&error.summary);
                    backoff(reads.failed.min(4)).max(POLL_INTERVAL)
                }
            };
            if stopped.is_some() {
                ctx.clock.sleep(pause).await;
            } else if deadline.as_ref().is_some_and(Deadline::is_over) {
                self.stop("rd-ecs run: timed out").await?;
                stopped = Some(Stopped::TimedOut);
            } else if ctx.pause(pause).await.is_err() {
                if !self.stop_when_interrupted {
                    return Err(self.still_running(Error::interrupted()));
                }
                self.stop("rd-ecs run: interrupted").await?;
                stopped = Some(Stopped::Interrupted);
            }
        };
        self.print_last_lines(&mut output, task.as_ref()).await;
        if output.unread {
            print_warning(
                "part of the output could not be read",
                &format!(
                    "the log group has all of it: rd-logs tail --task {}",
                    self.id
                ),
            );
        }
        self.report_exit(task.as_ref(), stopped)
    }

    fn still_running(&self, error: Error) -> Error {
        error.hint(format!(
            "the task keeps running: rd-ecs run --attach {0} follows it, rd-ecs stop {0} stops it",
            self.id
        ))
    }

    async fn look(&self, reads: &mut Reads) -> Result<Seen> {
        let arns = [self.arn.to_owned()];
        let read = tasks::read(self.service.ctx(), &self.service.cluster, &arns).await;
        let task = match read {
            Err(error) => {
                reads.failed += 1;
                return Err(error);
            }
            Ok(mut tasks) => tasks.pop(),
        };
        reads.failed = 0;
        let Some(task) = task else {
            reads.without += 1;
            let was_visible = reads.seen || reads.invisible.is_over();
            return Ok(match was_visible && reads.without >= READS_WITHOUT {
                true => Seen::Forgotten,
                false => Seen::NotYet,
            });
        };
        (reads.seen, reads.without) = (true, 0);
        Ok(match task.has_stopped() {
            true => Seen::Stopped(task),
            false => Seen::Running(task),
        })
    }

    /// Lines arrive for some seconds after a task has stopped. Those that are visible within `log_wait` are printed, and
    /// more as long as they keep arriving.
    async fn print_last_lines(&self, output: &mut Output, task: Option<&Task>) {
        // A container that never ran has printed nothing; of a task that AWS has forgotten, all lines are there.
        if task.is_none_or(|task| task.exit_code.is_none()) {
            self.print_new_lines(output).await;
            return;
        }
        let clock = self.service.ctx().clock;
        let silence = SILENCE.min(self.log_wait);
        let (visible, longest) = (
            clock.deadline(self.log_wait),
            clock.deadline(LONGEST_WAIT.max(self.log_wait)),
        );
        let mut quiet = clock.deadline(silence);
        loop {
            if self.print_new_lines(output).await > 0 {
                quiet = clock.deadline(silence);
            }
            if (visible.is_over() && quiet.is_over() && !output.unread) || longest.is_over() {
                return;
            }
            self.step.say("stopped; waiting for its last lines");
            clock.sleep(POLL_INTERVAL.min(self.log_wait)).await;
        }
    }

    /// Prints the new lines and returns their number. What cannot be read is read by the next call.
    async fn print_new_lines(&self, output: &mut Output) -> usize {
        let Some(stream) = &mut output.stream else {
            return 0;
        };
        let new = stream.read_new(self.service.ctx()).await;
        let text: String = new.lines.iter().map(|line| self.line(line)).collect();
        if self.records {
            self.context.printer.text(&text);
        } else {
            self.context.printer.log(&text);
        }
        self.context.printer.room().await;
        output.unread = new.error.is_some();
        if let Some(error) = new.error {
            self.step.say(&error.summary);
        }
        new.lines.len()
    }

    fn line(&self, line: &Line) -> String {
        match self.records {
            true => format!(
                "{}\n",
                json!({"type": "log", "at": line.at, "message": line.message})
            ),
            false => format!("{}\n", line.message),
        }
    }

    async fn stop(&self, reason: &str) -> Result<()> {
        let call = self.service.ctx().clients.ecs.stop_task();
        let call = call.cluster(&self.service.cluster).task(self.arn);
        let call = call.reason(reason);
        // Not with a pause of the context, which ends at once where the user has asked to stop.
        let mut attempt = 0;
        loop {
            match call.clone().send().await.doing("stop the task") {
                Err(error) if error.retry != Retry::Never && attempt < MAX_ATTEMPTS => {
                    self.service.ctx().clock.sleep(backoff(attempt)).await;
                    attempt += 1;
                }
                Err(error) => return Err(self.still_running(error)),
                Ok(_) => return Ok(()),
            }
        }
    }

    /// Prints the exit record, and returns the exit code of the command.
    fn report_exit(&self, task: Option<&Task>, stopped: Option<Stopped>) -> Result<Exit> {
        let code = task.and_then(|task| task.exit_code);
        let why = match task {
            Some(task) => task.why(),
            None => {
                "AWS no longer knows the task, which it does for an hour after its stop".to_owned()
            }
        };
        if self.records {
            let record = json!({
                "type": "exit", "task": self.id, "exit_code": code, "why": why,
                "timed_out": stopped == Some(Stopped::TimedOut),
            });
            self.context.printer.text(&format!("{record}\n"));
        }
        match (stopped, code) {
            (Some(Stopped::TimedOut), _) => {
                print_warning(
                    "timed out: the task was stopped",
                    "raise --timeout if it needs longer",
                );
                Ok(Exit::TimedOut)
            }
            (Some(Stopped::Interrupted), _) => {
                Err(Error::interrupted().hint("the task was stopped"))
            }
            (None, Some(0)) => Ok(Exit::Done),
            // A process exits with 0 to 255.
            (None, Some(code)) => Ok(Exit::Code(u8::try_from(code).unwrap_or(1))),
            (None, None) if task.is_none() => Err(Error::new(
                Exit::ResultUnknown,
                format!("the exit code of the command is lost: {why}"),
            )
            .hint("see in its output, above, how it ended")),
            (None, None) => Err(Error::failed(format!(
                "the command never ran, or exited without an exit code: {why}"
            ))
            .hint(format!(
                "rd-ecs diagnose --task {} shows what to do",
                self.id
            ))),
        }
    }
}

/// What the reads of a task have shown so far.
struct Reads {
    /// Whether one has found it.
    seen: bool,
    /// How many in a row have not found it.
    without: u32,
    /// How many in a row have failed.
    failed: u32,
    /// Until when it may not be visible although it exists.
    invisible: Deadline,
}

impl Reads {
    fn new(invisible: Deadline) -> Self {
        Self {
            seen: false,
            without: 0,
            failed: 0,
            invisible,
        }
    }
}
