//! The progress of all programs of a pipe, from their records: what is done, what runs and for how long, and what waits.

mod text;

use crate::records::{Record, Severity, StepProgress, StepState, Verb};
use crate::slices::SLICES;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// One step that has not ended.
#[derive(Debug)]
struct Step {
    state: StepState,
    reason: String,
    since: Option<Timestamp>,
}

/// The steps of one slice.
#[derive(Debug, Default)]
struct SliceSteps {
    /// By address; those that have ended are not here.
    open: BTreeMap<String, Step>,
    ended: BTreeSet<String>,
    failed: BTreeSet<String>,
}

impl SliceSteps {
    fn running(&self) -> impl Iterator<Item = (&String, &Step)> {
        let open = self.open.iter();
        open.filter(|(_, step)| step.state == StepState::Running)
    }

    fn waiting(&self) -> usize {
        self.open.len() - self.running().count()
    }

    fn done(&self) -> usize {
        self.ended.difference(&self.failed).count()
    }

    /// The slices whose outputs it waits for.
    fn waits_for(&self) -> Vec<&str> {
        let waiting = self.open.values();
        let reasons = waiting.filter(|step| step.state == StepState::Waiting);
        let slices: BTreeSet<&str> = reasons
            .filter_map(|step| step.reason.split('.').next())
            .filter(|slice| !slice.is_empty())
            .collect();
        slices.into_iter().collect()
    }
}

/// All programs of a pipe.
#[derive(Debug, Default)]
pub struct Board {
    slices: BTreeMap<usize, (String, SliceSteps)>,
    command: Option<Verb>,
    stack: String,
    start: Option<Timestamp>,
    /// Whether the run was asked to stop.
    pub stopping: bool,
}

/// A time as people say it: `42s`, `1m 50s`, `2h 03m`.
pub fn elapsed(seconds: i64) -> String {
    match seconds.max(0) {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds @ 60..3600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        seconds => format!("{}h {:02}m", seconds / 3600, seconds % 3600 / 60),
    }
}

fn since(start: Option<Timestamp>, now: Timestamp) -> String {
    start.map_or(String::new(), |start| {
        elapsed(now.as_second() - start.as_second())
    })
}

impl Board {
    /// Takes over what a record says.
    pub fn note(&mut self, record: &Record, now: Timestamp) {
        match record {
            Record::Begin(begin) if matches!(begin.command, Verb::Apply | Verb::Destroy) => {
                self.start.get_or_insert(now);
                self.command.get_or_insert(begin.command.clone());
                if self.stack.is_empty() {
                    self.stack.clone_from(&begin.stack);
                }
                self.steps(&begin.slice);
            }
            Record::Progress(progress) => self.progress(progress),
            Record::Diagnostic(one) if one.severity == Severity::Error => {
                if let Some(address) = &one.address {
                    self.steps(&one.slice).failed.insert(address.clone());
                }
            }
            Record::End(end) => {
                self.steps(&end.slice).open.clear();
            }
            _ => {}
        }
    }

    fn steps(&mut self, slice: &str) -> &mut SliceSteps {
        let place = SLICES.iter().position(|one| *one == slice);
        let place = place.unwrap_or(SLICES.len());
        let steps = self.slices.entry(place);
        &mut steps
            .or_insert_with(|| (slice.to_owned(), SliceSteps::default()))
            .1
    }

    fn progress(&mut self, progress: &StepProgress) {
        let steps = self.steps(&progress.slice);
        if progress.state == StepState::Ended {
            steps.open.remove(&progress.address);
            // A slice that reads what exists, and what a resource waits for besides itself, are no resources.
            if progress
                .address
                .starts_with(&format!("{}.", progress.slice))
            {
                steps.ended.insert(progress.address.clone());
            }
            return;
        }
        steps.ended.remove(&progress.address);
        let step = Step {
            state: progress.state,
            reason: progress.reason.clone().unwrap_or_default(),
            since: progress.since(),
        };
        steps.open.insert(progress.address.clone(), step);
    }

    fn all(&self) -> impl Iterator<Item = (&str, &SliceSteps)> {
        let slices = self.slices.values();
        slices.map(|(slice, steps)| (slice.as_str(), steps))
    }

    fn sum(&self, of: impl Fn(&SliceSteps) -> usize) -> usize {
        self.all().map(|(_, steps)| of(steps)).sum()
    }

    /// What runs, the longest first, with its slice.
    fn running(&self) -> Vec<(&str, &str, &Step)> {
        let steps = self.all().flat_map(|(slice, steps)| {
            let running = steps.running();
            running.map(move |(address, step)| (slice, address.as_str(), step))
        });
        let mut running: Vec<_> = steps.collect();
        running.sort_by_key(|(_, address, step)| (step.since, *address));
        running
    }

    /// Whether there is something to show: a step that has not ended.
    pub fn has_steps(&self) -> bool {
        self.all().any(|(_, steps)| !steps.open.is_empty())
    }

    fn counts(&self, separator: &str) -> String {
        let (done, failed) = (self.sum(SliceSteps::done), self.sum(|one| one.failed.len()));
        let (running, waiting) = (self.running().len(), self.sum(SliceSteps::waiting));
        let all = done + failed + self.sum(|one| one.open.len());
        let mut parts = Vec::new();
        if all > 0 {
            parts.push(format!("{done} of {all} done"));
        }
        for (count, word) in [
            (failed, "failed"),
            (running, "running"),
            (waiting, "waiting"),
        ] {
            if count > 0 {
                parts.push(format!("{count} {word}"));
            }
        }
        parts.join(separator)
    }
}
