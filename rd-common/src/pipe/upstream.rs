//! The programs upstream in the pipe: which there are, their outputs, how they ended, and the saved plan of our own slice.
//! Whoever waits for one of these is woken when its record arrives.

use crate::error::{Error, Result};
pub use crate::pipe::seen::SavedPlan;
use crate::pipe::seen::{Seen, same_stack};
use crate::records::{Ended, Record, Upstream as Source};
use crate::stack::Stack;
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::watch;

/// How long a `begin` may take. Every program writes it at once, so a stdin without one is not an rd program.
const BEGIN_TIMEOUT: Duration = Duration::from_secs(5);

/// What is upstream of this program.
pub struct Upstream {
    pub(super) own: &'static str,
    /// Whether outputs of a plan count: only for commands that change nothing.
    pub(super) planning: bool,
    pub(super) seen: RefCell<Seen>,
    /// What this program works on; its account is set when it is known.
    pub(super) stack: Stack,
    version: watch::Sender<u64>,
    pub(super) attached: Cell<bool>,
    /// Lines that arrived before our own `begin` was written; none once it is.
    pub(super) held: RefCell<Option<Vec<HeldLine>>>,
    /// Sees every record that is passed on.
    pub(super) observer: RefCell<Option<Observer>>,
}

/// A line, and its record where the type is known.
pub(super) type HeldLine = (Vec<u8>, Option<Record>);

/// Called with each record from upstream.
pub(super) type Observer = Box<dyn FnMut(&Record)>;

impl Upstream {
    /// No upstream, for now.
    pub fn new(own: &'static str, planning: bool, stack: Stack) -> Rc<Self> {
        Rc::new(Self {
            own,
            planning,
            stack,
            seen: RefCell::new(Seen {
                closed: true,
                head_seen: true,
                ..Seen::default()
            }),
            version: watch::Sender::new(0),
            attached: Cell::new(false),
            held: RefCell::new(Some(Vec::new())),
            observer: RefCell::new(None),
        })
    }

    /// Whether stdin is read.
    pub fn is_attached(&self) -> bool {
        self.attached.get()
    }

    pub(super) fn wake(&self) {
        self.version.send_modify(|version| *version += 1);
    }

    /// Waits until `look` has an answer; looks again after every record.
    async fn until<T>(&self, look: impl Fn(&Seen) -> Option<T>) -> T {
        let mut version = self.version.subscribe();
        loop {
            if let Some(answer) = look(&self.seen.borrow()) {
                return answer;
            }
            if version.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Waits a moment for the first record, to learn what stdin is, without holding up our own `begin`.
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

    /// Waits for the first program in the pipe that begins, and says which access key it has, by its fingerprint, and
    /// whose account that is. None where there is none in the pipe, or where it does not say.
    pub async fn neighbour(&self) -> Option<(String, String)> {
        if !self.is_attached() {
            return None;
        }
        self.until(|seen| {
            let told = seen
                .begins
                .values()
                .find_map(|begin| begin.key.clone().zip(begin.account.clone()));
            let over = seen.closed || seen.head_seen || seen.plan_seen || !seen.begins.is_empty();
            over.then_some(told)
        })
        .await
    }

    /// Waits until every program upstream has begun, and refuses one that works in another account than `account`
    /// (empty in an offline plan). False where none came in time: stdin is then left alone.
    pub async fn all_begun(&self, account: &str) -> Result<bool> {
        if !self.is_attached() {
            return Ok(true);
        }
        let all = self
            .until(|seen| (seen.closed || seen.head_seen || seen.broken.is_some()).then_some(()));
        let in_time = tokio::time::timeout(BEGIN_TIMEOUT, all).await.is_ok();
        self.check()?;
        let mut seen = self.seen.borrow_mut();
        if !account.is_empty() {
            let _ = self.stack.account.set(account.to_owned());
        }
        for (begin, number) in std::mem::take(&mut seen.unchecked) {
            same_stack(&begin, &self.stack, number)?;
        }
        let somebody = !seen.begins.is_empty() || seen.plan_seen;
        if !in_time && !somebody {
            // Whatever it is, it is no upstream; nobody waits for it from here on.
            seen.closed = true;
            seen.head_seen = true;
            return Ok(false);
        }
        Ok(true)
    }

    /// The error that broke the stream, if one did.
    pub fn check(&self) -> Result<()> {
        self.seen.borrow().broken.clone().map_or(Ok(()), Err)
    }

    /// Whether a program for `slice` is upstream.
    pub fn has(&self, slice: &str) -> bool {
        self.seen.borrow().begins.contains_key(slice)
    }

    /// Whether a program for `slice` is upstream that gives outputs: one that destroys gives none.
    pub fn gives(&self, slice: &str) -> bool {
        let seen = self.seen.borrow();
        let begin = seen.begins.get(slice);
        begin.is_some_and(|begin| begin.command.gives_outputs())
    }

    /// Whether saved plans come down the pipe.
    pub fn carries_plans(&self) -> bool {
        let seen = self.seen.borrow();
        !self.planning
            && (seen.plan_seen
                || seen
                    .begins
                    .values()
                    .any(|begin| begin.upstream == Source::Plan))
    }

    /// Waits for the saved plan of our own slice.
    pub async fn own_plan(&self) -> Result<SavedPlan> {
        let plan = self
            .until(|seen| {
                if let Some(error) = &seen.broken {
                    Some(Err(error.clone()))
                } else if seen.own_plan_ended {
                    Some(Ok(seen.own_plan.clone()))
                } else if seen.closed {
                    let what = if seen.own_plan == SavedPlan::default() {
                        "has no part for"
                    } else {
                        "is cut off in the part of"
                    };
                    Some(Err(Error::refused(format!(
                        "the plan on stdin {what} {}",
                        self.own
                    ))
                    .hint("make a new plan with this program in the pipe")))
                } else {
                    None
                }
            })
            .await?;
        Ok(plan)
    }

    /// An output that has come: `Some(None)` where it is known only after apply.
    pub fn output(&self, slice: &str, name: &str) -> Option<Option<Value>> {
        let key = (slice.to_owned(), name.to_owned());
        self.seen.borrow().outputs.get(&key).cloned()
    }

    /// Waits until the output has come, or cannot come any more: its program ended, failed, or left.
    pub async fn wait_output(&self, slice: &str, name: &str) -> Result<Option<Value>> {
        self.receive(slice, name, false).await
    }

    /// Waits for an output that a slice may do without: none where its program ended ok and did not give it.
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

    /// Waits until `slice` has ended, and says how; failed where the stream ends without its `end`.
    pub async fn wait_end(&self, slice: &str) -> Ended {
        self.until(|seen| {
            seen.ends
                .get(slice)
                .copied()
                .or((seen.closed || seen.broken.is_some()).then_some(Ended::Failed))
        })
        .await
    }

    /// Waits for the end of the stream, and fails where anybody upstream did not end ok.
    pub async fn finish(&self) -> Result<()> {
        self.until(|seen| seen.closed.then_some(())).await;
        self.check()?;
        let seen = self.seen.borrow();
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
}
