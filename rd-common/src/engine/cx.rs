//! What every kind's methods get beside their own arguments.

use crate::engine::signal::Cancel;
use crate::engine::wait::Clock;
use crate::stack::Stack;
use crate::ui::progress::Progress;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// The context of one run.
pub struct Cx<C> {
    /// The slice's AWS clients.
    pub clients: C,
    /// The slice's name.
    pub slice: &'static str,
    /// The stack.
    pub stack: Stack,
    /// Waits.
    pub clock: Clock,
    /// Whether the user asked to stop.
    pub cancel: Cancel,
    /// What is shown while work goes on.
    pub progress: Progress,
    /// The ids that the state knows, of any kind.
    pub known_ids: RefCell<BTreeSet<String>>,
}

impl<C> Cx<C> {
    /// Whether the state knows this id.
    pub fn knows(&self, id: &str) -> bool {
        self.known_ids.borrow().contains(id)
    }
}
