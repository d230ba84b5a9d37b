//! The programs upstream in the pipe: which they are, their outputs, how they ended, and the saved plan of this
//! program's slice. Each of these can be waited for until its record arrives.

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

/// How long to wait for a `begin`. Every program writes it at once, so a stdin without it is not an rd program.
const BEGIN_TIMEOUT: Duration = Duration::from_secs(5);

/// The programs upstream of this one, as far as their records have arrived.
pub struct Upstream {
    /// The slice of this program.
    pub(super) own: &'static str,
    /// Whether this program uses outputs of plans; only for commands that change nothing.
    pub(super) planning: bool,
    pub(super) seen: RefCell<Seen>,
    /// The stack that this program works on. Its account is set when it is known.
    pub(super) stack: Stack,
    /// Wakes those who wait for a record.
    version: watch::Sender<u64>,
    pub(super) attached: Cell<bool>,
    /// The lines that arrived before this program wrote its own `begin`; none after it.
    pub(super) held: RefCell<Option<Vec<HeldLine>>>,
    /// Called with every record that is passed on.
    pub(super) observer: RefCell<Option<Observer>>,
}

/// A line, and its record where the type is known.
pub(super) type HeldLine = (Vec<u8>, Option<Record>);

/// Called with each record from upstream.
pub(super) type Observer = Box<dyn FnMut(&Record)>;

impl Upstream {
    /// An upstream without programs, until [`Upstream::attach`].
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

    /// Whether stdin is being read.
    pub fn is_attached(&self) -> bool {
        self.attached.get()
    }

    pub(super) fn wake(&self) {
        self.version.send_modify(|version| *version += 1);
    }

    /// Waits until `check` returns a value. Calls it again after every record.
    async fn until<T>(&self, check: impl Fn(&Seen) -> Option<T>) -> T {
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

    /// Waits until every program upstream has begun. Fails where one works in another account than `account`, which is
    /// empty in an offline plan. Returns false where no `begin` arrived in time, so that nothing waits for stdin from
    /// then on.
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
        let any_begun = !seen.begins.is_empty() || seen.plan_seen;
        if !in_time && !any_begun {
            // Whatever stdin is, it is not an rd program: nothing waits for it from here on.
            seen.closed = true;
            seen.head_seen = true;
            return Ok(false);
        }
        Ok(true)
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

    /// Whether stdin has saved plans for this program or for others in the pipe.
    pub fn carries_plans(&self) -> bool {
        let seen = self.seen.borrow();
        !self.planning
            && (seen.plan_seen
                || seen
                    .begins
                    .values()
                    .any(|begin| begin.upstream == Source::Plan))
    }

    /// Waits for the saved plan of this program's slice. Fails where stdin ends without it.
    pub async fn own_plan(&self) -> Result<SavedPlan> {
        let plan = self
            .until(|seen| {
                if let Some(error) = &seen.broken {
                    Some(Err(error.clone()))
                } else if seen.own_plan_ended {
                    Some(Ok(seen.own_plan.clone()))
                } else if seen.closed {
                    let slice = self.own;
                    let what = if seen.own_plan == SavedPlan::default() {
                        format!("the plan on stdin has no changes for {slice}")
                    } else {
                        format!("the plan on stdin ends in the middle of {slice}")
                    };
                    Some(Err(
                        Error::refused(what).hint("make a new plan with this program in the pipe")
                    ))
                } else {
                    None
                }
            })
            .await?;
        Ok(plan)
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
