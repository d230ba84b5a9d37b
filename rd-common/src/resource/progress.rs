//! The steps of a run that are in progress. The engine only reports them: the program decides where they are shown, so
//! that the engine does not depend on a terminal.

use std::rc::Rc;

/// Shows the steps that are running.
pub trait ShowProgress {
    /// Shows a step called `name`, usually the address of a resource, until the returned value is dropped. A `quiet`
    /// step is not shown.
    fn step(&self, name: &str, quiet: bool) -> Rc<dyn ShowStep>;

    /// Hides the steps while `print` writes to the same terminal.
    fn suspend(&self, print: &mut dyn FnMut());
}

/// Shows what one running step does.
pub trait ShowStep {
    /// Shows the current activity, such as `creating`, or AWS's status.
    fn say(&self, text: &str);

    /// Shows that the step cannot begin before this output of another slice is known, such as `data.instance_id`.
    fn waits_for(&self, output: &str) {
        self.say(&format!("waiting for {output}"));
    }
}

/// Where a run reports its steps. Cheap to clone.
#[derive(Clone)]
pub struct Progress(Rc<dyn ShowProgress>);

impl Progress {
    /// Reports all steps to `display`.
    pub fn new(display: impl ShowProgress + 'static) -> Self {
        Self(Rc::new(display))
    }

    /// Hides the steps while `print` writes to the same terminal.
    pub fn suspend(&self, mut print: impl FnMut()) {
        self.0.suspend(&mut print);
    }

    /// Starts a step; it ends when the returned value and its clones are dropped.
    pub fn step(&self, name: &str, quiet: bool) -> Step {
        Step(self.0.step(name, quiet))
    }
}

/// A step in progress; cheap to clone.
#[derive(Clone)]
pub struct Step(Rc<dyn ShowStep>);

impl Step {
    /// Reports what the step does or what it waits for.
    pub fn say(&self, text: &str) {
        self.0.say(text);
    }

    /// Reports that the step cannot begin before this output of another slice is known.
    pub fn waits_for(&self, output: &str) {
        self.0.waits_for(output);
    }
}
