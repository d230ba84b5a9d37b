//! The saved plan of this program's slice: on stdin, or in the file that `--plan` names.

use crate::error::{Error, Result};
use crate::pipe::arrival::ended;
use crate::pipe::intake::{Intake, Plans};
use crate::pipe::line_feed::LineFeed;
use crate::pipe::reader::{self, Place};
use crate::pipe::seen::{Reading, SavedPlan, Seen};
use crate::pipe::upstream::{Upstream, plan_is_cut};
use crate::records::Upstream as Source;
use std::fs::File;
use std::path::Path;
use std::rc::Rc;

/// Opens the file of `--plan`.
pub(super) fn open(path: &Path) -> Result<File> {
    File::open(path).map_err(|e| {
        Error::usage(format!("--plan {}: cannot be read: {e}", path.display())).hint(
            "pass a file that `rd-net plan > plan.jsonl` wrote, or - for a saved plan on stdin",
        )
    })
}

impl Upstream {
    /// Whether there are saved plans for this program or for others in the pipe.
    pub fn carries_plans(&self) -> bool {
        if self.named_plan.borrow().is_some() {
            return true;
        }
        let seen = self.seen.borrow();
        let is_plan = |source: Source| source == Source::Plan;
        !self.intake.is_planning()
            && (seen.plan_seen || seen.begins.values().any(|begin| is_plan(begin.upstream)))
    }

    /// Waits for the saved plan of this program's slice, and where no program is upstream for the whole plan, since a
    /// plan that was cut off is not applied. Fails where it has no plan for the slice.
    pub async fn own_plan(&self) -> Result<SavedPlan> {
        self.until(|seen| {
            if let Some(error) = &seen.broken {
                return Some(Err(error.clone()));
            }
            match self.named_plan.borrow().as_ref() {
                Some((source, named)) if named.closed && !named.any_begun() => {
                    Some(Err(named.broken.clone().unwrap_or_else(|| ended(source))))
                }
                Some((_, named)) => own_plan_in(named, self.own),
                None => own_plan_in(seen, self.own),
            }
        })
        .await
    }

    /// Reads the saved plan of this program's slice from a file, while stdin is read for its own sake.
    pub(super) fn read_named_plan(self: &Rc<Self>, path: &Path, file: File) {
        let source: Rc<str> = path.display().to_string().into();
        *self.named_plan.borrow_mut() = Some((source.clone(), Seen::default()));
        let mut feed = LineFeed::start(&source, file);
        let this = self.clone();
        tokio::task::spawn_local(async move {
            let intake = Intake {
                plans: Plans::Changes,
                ..this.intake.clone()
            };
            let reading = Reading {
                own: this.own,
                intake: &intake,
                stack: &this.stack,
            };
            let mut number = 0;
            let mut broken = None;
            while broken.is_none()
                && let Some(line) = feed.next().await
            {
                number += 1;
                let place = Place {
                    source: &source,
                    number,
                };
                let noted = line.and_then(|line| {
                    let mut named = this.named_plan.borrow_mut();
                    match (reader::parse(&line, place)?, named.as_mut()) {
                        (Some(record), Some((_, seen))) => {
                            seen.note(&record, line.len(), place, reading).map(|_| ())
                        }
                        _ => Ok(()),
                    }
                });
                broken = noted.err();
            }
            if let Some((_, seen)) = this.named_plan.borrow_mut().as_mut() {
                seen.closed = true;
                seen.broken = broken;
            }
            this.wake();
        });
    }
}

/// The saved plan of the slice `own` in these records, once it is whole.
fn own_plan_in(seen: &Seen, own: &str) -> Option<Result<SavedPlan>> {
    if let Some(error) = &seen.broken {
        return Some(Err(error.clone()));
    }
    let is_first = seen.begins.is_empty();
    if seen.own_plan_ended && !is_first {
        return Some(Ok(seen.own_plan.clone()));
    }
    if !seen.closed {
        return None;
    }
    if let Some(slice) = seen.plans.keys().next() {
        return Some(Err(plan_is_cut(slice)));
    }
    if seen.own_plan_ended {
        return Some(Ok(seen.own_plan.clone()));
    }
    Some(Err(Error::refused(format!(
        "the plan has no changes for {own}"
    ))
    .hint("make a new plan with this program in the pipe")))
}
