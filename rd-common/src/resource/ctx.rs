//! What every call of a kind gets beside its own arguments: clients, stack, clock, cancellation, progress.

use crate::error::{Error, Result, Retry};
use crate::resource::progress::Progress;
use crate::resource::signal::Cancel;
use crate::resource::wait::{Clock, backoff};
use crate::stack::Stack;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;

/// How often a call is attempted whose answers are lost, or that AWS refuses for the moment.
pub const MAX_ATTEMPTS: u32 = 8;

/// The context of one run.
pub struct Ctx<C> {
    /// The slice's AWS clients.
    pub clients: C,
    /// The slice's name.
    pub slice: &'static str,
    /// The stack.
    pub stack: Stack,
    /// The clock that pauses and deadlines are measured with.
    pub clock: Clock,
    /// Whether the user asked to stop.
    pub cancel: Cancel,
    /// Where steps are reported while they run.
    pub progress: Progress,
    /// The ids that the state knows, of any kind.
    pub known_ids: RefCell<BTreeSet<String>>,
}

impl<C> Ctx<C> {
    /// A context in which no id is known yet. Its clock is scaled by `RD_WAIT_SCALE`.
    pub fn new(
        clients: C,
        slice: &'static str,
        stack: Stack,
        cancel: Cancel,
        progress: Progress,
    ) -> Self {
        Self {
            clients,
            slice,
            stack,
            clock: Clock::from_env(),
            cancel,
            progress,
            known_ids: RefCell::default(),
        }
    }

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

    /// Retries an idempotent call until it succeeds or fails for good.
    pub async fn retrying<F>(&self, call: impl Fn() -> F) -> Result<()>
    where
        F: Future<Output = Result<()>>,
    {
        for attempt in 1..MAX_ATTEMPTS {
            match call().await {
                Err(error) if error.retry != Retry::Never => {
                    self.pause(backoff(attempt - 1)).await?;
                }
                done => return done,
            }
        }
        call().await
    }
}
