//! What every kind's methods get beside their own arguments.

use crate::engine::signal::Cancel;
use crate::engine::wait::{Clock, backoff};
use crate::error::{Error, Repeat, Result};
use crate::stack::Stack;
use crate::ui::progress::Progress;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;

/// How often a call is tried whose answers are lost, or that AWS refuses for the moment.
pub const ATTEMPTS: u32 = 8;

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

    /// A pause that ends early, with an error, when the user asks to stop.
    pub async fn pause(&self, duration: Duration) -> Result<()> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(Error::interrupted()),
            () = self.clock.sleep(duration) => Ok(()),
        }
    }

    /// Repeats a call that does no harm when done twice, until it is done or refused for good.
    pub async fn repeating<F>(&self, call: impl Fn() -> F) -> Result<()>
    where
        F: Future<Output = Result<()>>,
    {
        for attempt in 1..ATTEMPTS {
            match call().await {
                Err(error) if error.repeat != Repeat::Never => {
                    self.pause(backoff(attempt - 1)).await?;
                }
                done => return done,
            }
        }
        call().await
    }
}
