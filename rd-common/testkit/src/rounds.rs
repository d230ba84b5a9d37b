//! Counts the round trips on the critical path of programs: how often all of them wait for AWS. Every answer is held
//! back until no program can go on without one; then all held answers are given at once, which is one round. The
//! number of rounds depends on which call waits for which, not on time.

use crate::faults::Call;
use crate::http::{Connection, Message};
use std::collections::BTreeSet;
use std::io::BufReader;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// How often it is checked whether the programs wait.
const CHECK: Duration = Duration::from_millis(10);
/// How long to wait for all programs to have started.
const STARTS: Duration = Duration::from_secs(20);

/// One call of a round: the name of the program and what it called.
pub type RoundCall = (String, Call);

#[derive(Default)]
struct State {
    /// How many rounds have ended.
    ended: usize,
    /// The calls, by round.
    rounds: Vec<Vec<RoundCall>>,
    /// Requests that were read and not answered yet by AWS, and answers given that were not written yet.
    moving: usize,
    /// Answers that are held back.
    held: usize,
    /// The ports on which the programs call.
    ports: BTreeSet<u16>,
    /// How many programs must have started before the first round ends.
    programs: usize,
    over: bool,
}

struct Inner {
    upstream: String,
    folder: PathBuf,
    state: Mutex<State>,
    changed: Condvar,
}

/// Proxies in front of the API at `upstream`, one for each program, which share their rounds.
pub struct Rounds {
    inner: Arc<Inner>,
}

impl Drop for Rounds {
    fn drop(&mut self) {
        self.inner.state.lock().unwrap().over = true;
    }
}

impl Rounds {
    /// Counts the rounds of `programs` programs that run in `folder`.
    pub fn start(upstream: &str, folder: &Path, programs: usize) -> Self {
        let inner = Arc::new(Inner {
            upstream: upstream.to_owned(),
            folder: folder.canonicalize().unwrap(),
            state: Mutex::new(State {
                programs,
                ..State::default()
            }),
            changed: Condvar::new(),
        });
        let gate = inner.clone();
        std::thread::spawn(move || gate.end_rounds());
        Self { inner }
    }

    /// The URL that this program has to call.
    pub fn url(&self, program: &str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        self.inner
            .state
            .lock()
            .unwrap()
            .ports
            .insert(address.port());
        let (shared, program) = (self.inner.clone(), program.to_owned());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (inner, program) = (shared.clone(), program.clone());
                std::thread::spawn(move || inner.serve(stream, &program));
            }
        });
        format!("http://{address}")
    }

    /// The calls by round, so far.
    pub fn rounds(&self) -> Vec<Vec<RoundCall>> {
        self.inner.state.lock().unwrap().rounds.clone()
    }
}

impl Inner {
    fn serve(&self, mut stream: TcpStream, program: &str) {
        let Ok(reading) = stream.try_clone() else {
            return;
        };
        let mut input = BufReader::new(reading);
        let mut upstream = Connection::to(&self.upstream);
        while let Ok(Some(request)) = Message::read(&mut input, false) {
            let round = self.begin(program, Call::of(&request));
            let answer = upstream.send(&request).ok().flatten();
            self.hold(round);
            let to_head = request.first_line.starts_with("HEAD ");
            let written = answer.is_some_and(|one| one.write(&mut stream, to_head).is_ok());
            self.state.lock().unwrap().moving -= 1;
            if !written {
                return;
            }
        }
    }

    /// Records a call in the round that is under way, and returns the number of the round.
    fn begin(&self, program: &str, call: Call) -> usize {
        let mut state = self.state.lock().unwrap();
        state.moving += 1;
        let round = state.ended;
        state.rounds.resize(round + 1, Vec::new());
        state.rounds[round].push((program.to_owned(), call));
        round
    }

    /// Waits until the round has ended.
    fn hold(&self, round: usize) {
        let mut state = self.state.lock().unwrap();
        state.moving -= 1;
        state.held += 1;
        drop(
            self.changed
                .wait_while(state, |state| state.ended <= round)
                .unwrap(),
        );
    }

    /// Ends a round whenever every program waits.
    fn end_rounds(&self) {
        let start = Instant::now();
        // A program that has ended no longer shows its folder, but was there.
        let mut started: BTreeSet<u32> = BTreeSet::new();
        let (mut sweeps, mut seen, mut before) = (0, BTreeSet::new(), None);
        loop {
            std::thread::sleep(CHECK);
            let (now, ports, programs) = {
                let state = self.state.lock().unwrap();
                if state.over {
                    return;
                }
                let waiting = state.moving == 0 && state.held > 0;
                let now = waiting.then_some((state.ended, state.held));
                (now, state.ports.clone(), state.programs)
            };
            if now.is_none() || now != before || unread(&ports) {
                (sweeps, before) = (0, now);
                seen.clear();
                continue;
            }
            let running = processes(&self.folder);
            started.extend(running.iter().map(|(process, _)| process));
            seen.extend(
                running
                    .iter()
                    .filter(|(_, asleep)| *asleep)
                    .map(|(process, _)| *process),
            );
            if running.iter().all(|(process, _)| seen.contains(process)) {
                sweeps += 1;
                seen.clear();
            }
            // One program can wake the next one in the pipe, which was seen asleep before, and so on to the last.
            let all = started.len() >= programs || start.elapsed() > STARTS;
            if !all || sweeps <= programs {
                continue;
            }
            let mut state = self.state.lock().unwrap();
            if state.moving == 0 && Some((state.ended, state.held)) == now {
                state.ended += 1;
                state.moving = state.held;
                state.held = 0;
                self.changed.notify_all();
            }
        }
    }
}

/// The processes of the programs that run in `folder`, each with whether it sleeps. One that has something to do, but
/// waits for a processor, does not sleep, so a busy machine changes nothing. Linux only.
fn processes(folder: &Path) -> Vec<(u32, bool)> {
    let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    all.filter_map(|entry| {
        let process = entry.file_name().to_string_lossy().parse().ok()?;
        let here = std::fs::read_link(entry.path().join("cwd")).ok()? == folder;
        here.then(|| (process, asleep(&entry.path()).unwrap_or(false)))
    })
    .collect()
}

/// Whether every thread of a process sleeps.
fn asleep(process: &Path) -> Option<bool> {
    for task in std::fs::read_dir(process.join("task")).ok()?.flatten() {
        let stat = std::fs::read_to_string(task.path().join("stat")).ok()?;
        // The name of the program, in parentheses, may contain spaces.
        let state = stat.rsplit(") ").next()?.chars().next()?;
        if !matches!(state, 'S' | 'Z') {
            return Some(false);
        }
    }
    Some(true)
}

/// Whether a connection to or from one of the ports has bytes that its reader has not taken.
fn unread(ports: &BTreeSet<u16>) -> bool {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    table.lines().skip(1).any(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let ours = words.iter().skip(1).take(2).any(|address| {
            let port = address.rsplit(':').next();
            port.and_then(|hex| u16::from_str_radix(hex, 16).ok())
                .is_some_and(|port| ports.contains(&port))
        });
        // Established connections and listeners: one that its peer has closed counts that as unread.
        let open = words
            .get(3)
            .is_some_and(|state| ["01", "0A"].contains(state));
        let empty = words
            .get(4)
            .is_some_and(|queues| *queues == "00000000:00000000");
        ours && open && !empty
    })
}
