//! What a run is waiting for, reported step by step. The engine only reports; who shows it, and where, is decided by
//! whoever starts the run, so that the engine knows no terminal.

use std::rc::Rc;

/// Shows steps while they run.
pub trait ShowProgress {
    /// Shows a step called `name`, usually a resource's address, until the returned value is dropped. A quiet step is not
    /// shown.
    fn step(&self, name: &str, quiet: bool) -> Rc<dyn ShowStep>;

    /// Hides the steps while `print` writes to the same terminal.
    fn suspend(&self, print: &mut dyn FnMut());
}

/// Shows what one step does.
pub trait ShowStep {
    /// Shows the current activity or AWS's reason, such as `creating`.
    fn say(&self, text: &str);
}

/// Where steps are reported. Cheap to clone.
#[derive(Clone)]
pub struct Progress(Rc<dyn ShowProgress>);

impl Progress {
    /// Reports to `display`.
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

/// A running step.
#[derive(Clone)]
pub struct Step(Rc<dyn ShowStep>);

impl Step {
    /// Reports what the step does or waits for.
    pub fn say(&self, text: &str) {
        self.0.say(text);
    }
}
