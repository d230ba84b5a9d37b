//! The programs upstream in the pipe: which they are, their outputs, how they ended, and the saved plan of this
//! program's slice. Each of these can be waited for until its record arrives.

use crate::error::{Error, Result};
use crate::pipe::intake::Intake;
pub use crate::pipe::seen::SavedPlan;
use crate::pipe::seen::{Reading, Seen};
use crate::records::{Ended, Record, Upstream as Source};
use crate::stack::Stack;
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::watch;

/// The programs upstream of this one, as far as their records have arrived.
pub struct Upstream {
    /// The slice of this program.
    pub(super) own: &'static str,
    /// What this program accepts on stdin.
    pub(super) intake: Intake,
    pub(super) seen: RefCell<Seen>,
    /// The stack that this program works on. Its account is set when it is known.
    pub(super) stack: Stack,
    /// Wakes those who wait for a record.
    version: watch::Sender<u64>,
    pub(super) attached: Cell<bool>,
    /// The name of what is read: `stdin`, or the path of a saved plan.
    pub(super) source: RefCell<Rc<str>>,
    /// The lines that arrived before this program wrote its own `begin`; none after it.
    pub(super) held: RefCell<Option<Held>>,
    /// The path of `--plan` and the records in it, where stdin is read, too.
    pub(super) named_plan: RefCell<Option<(Rc<str>, Seen)>>,
    /// Whether the records of an earlier run of this program are being left out.
    pub(super) replacing: Cell<bool>,
    /// Called with every record that is passed on.
    pub(super) observer: RefCell<Option<Observer>>,
}

/// Lines, each with its record where the type is known, and their length in bytes.
#[derive(Default)]
pub(super) struct Held {
    pub(super) lines: Vec<(Vec<u8>, Option<Record>)>,
    pub(super) bytes: usize,
}

/// Called with each record from upstream.
pub(super) type Observer = Box<dyn FnMut(&Record)>;

impl Upstream {
    /// An upstream without programs, until [`Upstream::attach`].
    pub fn new(own: &'static str, intake: Intake, stack: Stack) -> Rc<Self> {
        Rc::new(Self {
            own,
            intake,
            stack,
            seen: RefCell::new(Seen {
                closed: true,
                head_seen: true,
                ..Seen::default()
            }),
            version: watch::Sender::new(0),
            attached: Cell::new(false),
            source: RefCell::new("stdin".into()),
            held: RefCell::new(Some(Held::default())),
            named_plan: RefCell::new(None),
            replacing: Cell::new(false),
            observer: RefCell::new(None),
        })
    }

    /// Whether a program or a saved plan has begun on stdin.
    pub fn any_begun(&self) -> bool {
        self.seen.borrow().any_begun()
    }

    /// Whether stdin is being read.
    pub fn is_attached(&self) -> bool {
        self.attached.get()
    }

    pub(super) fn wake(&self) {
        self.version.send_modify(|version| *version += 1);
    }

    /// Who reads, for [`Seen::note`].
    pub(super) fn reading(&self) -> Reading<'_> {
        Reading {
            own: self.own,
            intake: &self.intake,
            stack: &self.stack,
        }
    }

    /// Waits until `check` returns a value. Calls it again after every record.
    pub(super) async fn until<T>(&self, check: impl Fn(&Seen) -> Option<T>) -> T {
        let mut version = self.version.subscribe();
        loop {
            if let Some(answer) = check(&self.seen.borrow()) {
                return answer;
            }
            if version.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// What stdin is. Waits up to `within` for the first record, since it delays this program's own `begin`.
    pub async fn source(&self, within: Duration) -> Source {
        if !self.is_attached() {
            return Source::None;
        }
        let first = self.until(|seen| {
            (seen.closed || seen.head_seen || !seen.begins.is_empty() || seen.plan_seen)
                .then_some(())
        });
        let _ = tokio::time::timeout(within, first).await;
        let seen = self.seen.borrow();
        if seen.begins.is_empty() && seen.plan_seen {
            Source::Plan
        } else if seen.closed && seen.begins.is_empty() {
            Source::None
        } else {
            Source::Pipe
        }
    }

    /// Waits for the first `begin`, and returns the fingerprint of its access key and the account of that key. None
    /// where no program is in the pipe, or its `begin` has neither.
    pub async fn neighbour(&self) -> Option<(String, String)> {
        if !self.is_attached() {
            return None;
        }
        self.until(|seen| {
            let known = seen
                .begins
                .values()
                .find_map(|begin| begin.key.clone().zip(begin.account.clone()));
            let over = seen.closed || seen.head_seen || seen.plan_seen || !seen.begins.is_empty();
            over.then_some(known)
        })
        .await
    }

    /// Fails with the error that ended the reading of stdin, if there was one.
    pub fn check(&self) -> Result<()> {
        self.seen.borrow().broken.clone().map_or(Ok(()), Err)
    }

    /// Whether a program for `slice` is upstream.
    pub fn has(&self, slice: &str) -> bool {
        self.seen.borrow().begins.contains_key(slice)
    }

    /// Whether a program for `slice` is upstream that gives outputs, which a destroy does not.
    pub fn gives(&self, slice: &str) -> bool {
        let seen = self.seen.borrow();
        let begin = seen.begins.get(slice);
        begin.is_some_and(|begin| begin.command.gives_outputs())
    }

    /// An output that has arrived: `Some(None)` where its value is known only after apply.
    pub fn output(&self, slice: &str, name: &str) -> Option<Option<Value>> {
        let key = (slice.to_owned(), name.to_owned());
        self.seen.borrow().outputs.get(&key).cloned()
    }

    /// Whether a plan upstream deletes what this output comes from before its successor exists.
    pub fn is_deleted_first(&self, slice: &str, name: &str) -> bool {
        let key = (slice.to_owned(), name.to_owned());
        self.seen.borrow().deleted_first.contains(&key)
    }

    /// Waits for an output; none where its value is known only after apply. Fails where its program ends without it.
    pub async fn wait_output(&self, slice: &str, name: &str) -> Result<Option<Value>> {
        self.receive(slice, name, false).await
    }

    /// Waits for an output that need not exist: none also where its program succeeds without it.
    pub async fn wait_optional_output(&self, slice: &str, name: &str) -> Result<Option<Value>> {
        self.receive(slice, name, true).await
    }

    async fn receive(&self, slice: &str, name: &str, optional: bool) -> Result<Option<Value>> {
        let key = (slice.to_owned(), name.to_owned());
        self.until(|seen| {
            if let Some(error) = &seen.broken {
                return Some(Err(error.clone()));
            }
            if let Some(value) = seen.outputs.get(&key) {
                return Some(Ok(value.clone()));
            }
            let why = match seen.ends.get(slice) {
                Some(Ended::Ok) if optional => return Some(Ok(None)),
                Some(Ended::Ok) => "ended without it",
                Some(Ended::Failed) => "failed",
                Some(Ended::Cancelled) => "was cancelled",
                None if seen.closed => "stopped early",
                None => return None,
            };
            Some(Err(Error::upstream(format!(
                "the output {slice}.{name} was never received from rd-{slice}: it {why}"
            ))
            .hint(format!(
                "see the messages of rd-{slice} above, fix that and run the pipe again"
            ))))
        })
        .await
    }

    /// Waits until the program of `slice` has ended, and returns how: as failed where stdin ends without its `end`.
    pub async fn wait_end(&self, slice: &str) -> Ended {
        self.until(|seen| {
            seen.ends
                .get(slice)
                .copied()
                .or((seen.closed || seen.broken.is_some()).then_some(Ended::Failed))
        })
        .await
    }

    /// Waits for the end of stdin. Fails where a program upstream failed or was stopped.
    pub async fn finish(&self) -> Result<()> {
        self.closed().await;
        self.check()?;
        let seen = self.seen.borrow();
        if let Some(slice) = seen.plans.keys().next() {
            return Err(plan_is_cut(slice));
        }
        let bad: Vec<String> = seen
            .begins
            .keys()
            .filter(|slice| seen.ends.get(*slice) != Some(&Ended::Ok))
            .map(|slice| format!("rd-{slice}"))
            .collect();
        if bad.is_empty() {
            return Ok(());
        }
        Err(Error::upstream(format!("{} failed", bad.join(", ")))
            .hint("see the messages above, fix that and run the pipe again"))
    }

    /// Whether a program has failed, and all of them have ended and so told why.
    pub fn has_told_failures(&self) -> bool {
        let seen = self.seen.borrow();
        let ended = |slice: &String| seen.ends.contains_key(slice);
        seen.begins.keys().all(ended) && seen.ends.values().any(|end| *end != Ended::Ok)
    }
}

/// The error for a saved plan that ends without its `end`.
pub(super) fn plan_is_cut(slice: &str) -> Error {
    Error::upstream(format!("the plan ends in the middle of {slice}"))
        .hint("the program that wrote it failed, or lines are missing; make a new plan")
}
