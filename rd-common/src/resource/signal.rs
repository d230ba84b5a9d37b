//! SIGINT, SIGTERM and SIGHUP: the first one asks the run to stop cleanly, a second one ends the process at once. The
//! state is safe either way, since every step is recorded before it is taken. While a client program has the terminal,
//! signals are its own. Programs of the slices that this one runs stop with it.

use crate::exit::Exit;
use rustix::process::{Pid, Signal as Number, kill_process};
use std::future::Future;
use std::io;
use std::process::Child;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, mpsc};
use std::time::{Duration, Instant};
use tokio::signal::unix::{Signal, SignalKind, signal};
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

/// What is done before a second signal ends the process.
static BEFORE_EXIT: OnceLock<fn()> = OnceLock::new();

/// Sets what is done before a second signal ends the process, such as to tidy up the terminal. The first call counts.
pub fn before_exit(tidy_up: fn()) {
    BEFORE_EXIT.get_or_init(|| tidy_up);
}

/// Set by the process's signals, once they are watched.
static SIGNALS: OnceLock<Cancel> = OnceLock::new();

impl Cancel {
    /// The value that the process's signals set: the same at each call. The first call starts to watch for them.
    pub fn on_signals() -> io::Result<Self> {
        if let Some(cancel) = SIGNALS.get() {
            return Ok(cancel.clone());
        }
        let cancel = SIGNALS.get_or_init(Self::default).clone();
        let to_set = cancel.clone();
        let (ready, started) = mpsc::channel();
        // A thread of its own, so that a signal counts whatever the others wait for.
        std::thread::spawn(move || match Watched::start() {
            Ok((runtime, watched)) => {
                let _ = ready.send(Ok(()));
                runtime.block_on(watched.wait(&to_set));
            }
            Err(error) => {
                let _ = ready.send(Err(error));
            }
        });
        started.recv().map_err(io::Error::other)??;
        Ok(cancel)
    }

    /// The value of [`Cancel::on_signals`]; none where nobody watches for signals, so that the first one ends the
    /// process.
    pub fn watched() -> Option<Self> {
        SIGNALS.get().cloned()
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

/// The client program that has the terminal; none most of the time.
static CLIENT: Mutex<Option<Pid>> = Mutex::new(None);

/// While this exists, signals do not stop this program.
#[must_use]
pub struct Passing(());

/// Leaves signals to a client program in the foreground. It gets SIGINT from the terminal, as this program does, and
/// decides what it means: in `psql`, Ctrl-C cancels a query. SIGTERM and SIGHUP are passed on.
pub fn pass_to(client: &Child) -> Passing {
    set_client(i32::try_from(client.id()).ok().and_then(Pid::from_raw));
    Passing(())
}

impl Drop for Passing {
    fn drop(&mut self) {
        set_client(None);
    }
}

fn set_client(client: Option<Pid>) {
    *CLIENT.lock().unwrap_or_else(PoisonError::into_inner) = client;
}

/// The programs of the slices that run now.
static RUNNING: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// While this exists, signals that stop this program stop another one, too.
#[must_use]
pub struct Shared(Option<Pid>);

/// Stops a program with this one. It gets SIGINT from the terminal, as this one does; SIGTERM and SIGHUP are passed on.
pub fn share_with(program: &Child) -> Shared {
    let id = i32::try_from(program.id()).ok().and_then(Pid::from_raw);
    running().extend(id);
    Shared(id)
}

impl Drop for Shared {
    fn drop(&mut self) {
        running().retain(|id| Some(*id) != self.0);
    }
}

fn running() -> MutexGuard<'static, Vec<Pid>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Passes a signal on to the programs of the slices that do not get it by themselves.
fn share(number: Number) {
    if number == Number::INT {
        return;
    }
    for id in running().iter() {
        // It may have ended in between.
        let _ = kill_process(*id, number);
    }
}

/// How soon a second SIGTERM or SIGHUP is the first one once more: a supervisor may send it to each program of a group, and one
/// of them may pass it on to another.
const SAME_SIGNAL: Duration = Duration::from_millis(500);

/// Whether a signal is the client's; passes it on where the client does not get it by itself.
fn is_passed_on(number: Number) -> bool {
    let client = CLIENT.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(client) = *client else {
        return false;
    };
    if number != Number::INT {
        // It may have ended in between.
        let _ = kill_process(client, number);
    }
    true
}

/// The signals that are watched.
struct Watched {
    interrupt: Signal,
    terminate: Signal,
    /// None where it is ignored.
    hang_up: Option<Signal>,
}

impl Watched {
    fn start() -> io::Result<(tokio::runtime::Runtime, Self)> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()?;
        let _inside = runtime.enter();
        let watched = Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: match ignores_hang_up() {
                true => None,
                false => Some(signal(SignalKind::hangup())?),
            },
        };
        drop(_inside);
        Ok((runtime, watched))
    }

    async fn wait(mut self, to_set: &Cancel) {
        let mut heard: Option<Instant> = None;
        loop {
            let number = self.next().await;
            if is_passed_on(number) {
                continue;
            }
            if let Some(first) = heard {
                if number != Number::INT && first.elapsed() < SAME_SIGNAL {
                    continue;
                }
                share(number);
                if let Some(tidy_up) = BEFORE_EXIT.get() {
                    tidy_up();
                }
                std::process::exit(Exit::Interrupted.code().into());
            }
            heard = Some(Instant::now());
            share(number);
            to_set.cancel();
        }
    }

    async fn next(&mut self) -> Number {
        let hang_up = async {
            match &mut self.hang_up {
                Some(signal) => signal.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => Number::INT,
            _ = self.terminate.recv() => Number::TERM,
            _ = hang_up => Number::HUP,
        }
    }
}

/// Whether the process was started with SIGHUP ignored, as by `nohup`. Without `/proc`, as on macOS, SIGHUP is left as
/// it is.
fn ignores_hang_up() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_none_or(|mask| mask & 1 << (SignalKind::hangup().as_raw_value() - 1) != 0)
}
