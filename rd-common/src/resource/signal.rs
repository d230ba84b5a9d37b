//! SIGINT and SIGTERM: the first asks the run to end cleanly, a second ends the process at once. The state is safe
//! either way, since every step is recorded before it is taken.

use crate::exit::Exit;
use std::future::Future;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Tells whether the run is to end early. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Cancel {
    sender: watch::Sender<bool>,
}

impl Default for Cancel {
    fn default() -> Self {
        Self {
            sender: watch::Sender::new(false),
        }
    }
}

impl Cancel {
    /// A token that follows the process's signals. Call it inside a `LocalSet`.
    pub fn on_signals() -> std::io::Result<Self> {
        let cancel = Self::default();
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let told = cancel.clone();
        tokio::task::spawn_local(async move {
            for _ in 0..2 {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                if told.is_cancelled() {
                    std::process::exit(Exit::Interrupted.code().into());
                }
                told.cancel();
            }
        });
        Ok(cancel)
    }

    /// Asks the run to end.
    pub fn cancel(&self) {
        self.sender.send_replace(true);
    }

    /// Whether it was asked to.
    pub fn is_cancelled(&self) -> bool {
        *self.sender.borrow()
    }

    /// Comes back when it is asked to.
    pub fn cancelled(&self) -> impl Future<Output = ()> + use<> {
        let mut receiver = self.sender.subscribe();
        async move {
            // The sender lives in `self`'s clones as long as anybody can cancel; without one there is nothing to wait for.
            if receiver.wait_for(|cancelled| *cancelled).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}
