//! The steps of an apply or a destroy as records, so that the last program of the pipe shows those of all programs.

use crate::output::printer::Printer;
use crate::records::{Record, StepProgress, StepState};
use crate::resource::progress::{ShowProgress, ShowStep};
use jiff::Timestamp;
use std::cell::RefCell;
use std::rc::Rc;

/// The time as records have it: in UTC, to the second.
pub fn now() -> String {
    Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Writes the steps of a slice's program.
pub struct StepRecords {
    printer: Rc<Printer>,
    slice: &'static str,
}

impl StepRecords {
    /// Writes the steps of this slice with `printer`.
    pub fn new(printer: Rc<Printer>, slice: &'static str) -> Self {
        Self { printer, slice }
    }
}

impl ShowProgress for StepRecords {
    fn suspend(&self, print: &mut dyn FnMut()) {
        self.printer.beside_progress(print);
    }

    fn step(&self, name: &str, quiet: bool) -> Rc<dyn ShowStep> {
        Rc::new(RecordedStep {
            printer: self.printer.clone(),
            slice: self.slice,
            name: name.to_owned(),
            quiet,
            last: RefCell::default(),
        })
    }
}

/// A state with its reason, and since when it lasts.
struct Said {
    state: StepState,
    reason: String,
    since: String,
}

struct RecordedStep {
    printer: Rc<Printer>,
    slice: &'static str,
    name: String,
    quiet: bool,
    /// What was written last; none as long as there was nothing to say.
    last: RefCell<Option<Said>>,
}

impl RecordedStep {
    fn write(&self, state: StepState, reason: Option<&str>) {
        let said = {
            let mut last = self.last.borrow_mut();
            let text = reason.unwrap_or_default();
            let same = last.as_ref().filter(|said| said.state == state);
            if self.quiet || same.is_some_and(|said| said.reason == text) {
                return;
            }
            let since = same.map_or_else(now, |said| said.since.clone());
            *last = Some(Said {
                state,
                reason: text.to_owned(),
                since: since.clone(),
            });
            since
        };
        self.printer.emit(&Record::Progress(StepProgress {
            slice: self.slice.to_owned(),
            address: self.name.clone(),
            state,
            reason: reason.map(str::to_owned),
            since: said,
        }));
    }
}

impl ShowStep for RecordedStep {
    fn say(&self, text: &str) {
        self.write(StepState::Running, Some(text));
    }

    fn waits_for(&self, output: &str) {
        self.write(StepState::Waiting, Some(output));
    }
}

impl Drop for RecordedStep {
    fn drop(&mut self) {
        if self.last.borrow().is_some() {
            self.write(StepState::Ended, None);
        }
    }
}
