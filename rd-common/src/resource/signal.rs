//! SIGINT and SIGTERM: the first one asks the run to stop cleanly, a second one ends the process at once. The state is
//! safe either way, since every step is recorded before it is taken.

use crate::exit::Exit;
use std::future::Future;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Whether the run should stop. Cheap to clone; all clones are set together.
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
    /// A value that the process's signals set. Must be called inside a `LocalSet`.
    pub fn on_signals() -> std::io::Result<Self> {
        let cancel = Self::default();
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let to_set = cancel.clone();
        tokio::task::spawn_local(async move {
            for _ in 0..2 {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                if to_set.is_cancelled() {
                    std::process::exit(Exit::Interrupted.code().into());
                }
                to_set.cancel();
            }
        });
        Ok(cancel)
    }

    /// Asks the run to stop.
    pub fn cancel(&self) {
        self.sender.send_replace(true);
    }

    /// Whether the run was asked to stop.
    pub fn is_cancelled(&self) -> bool {
        *self.sender.borrow()
    }

    /// Returns when the run is asked to stop.
    pub fn cancelled(&self) -> impl Future<Output = ()> + use<> {
        let mut receiver = self.sender.subscribe();
        async move {
            // Without a clone that holds the sender, nothing can cancel the run any more.
            if receiver.wait_for(|cancelled| *cancelled).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}
