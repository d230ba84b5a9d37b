//! The proxy: one thread for each connection. It records every call and applies the rules to it.

use super::call::Call;
use super::clock::{shift, skewed};
use super::lag::Lag;
use super::refusal::{refusal, refusal_saying, throttled};
use super::rule::{Fault, Rule};
use super::slow::{Pace, Slow};
use crate::http::{Connection, Message};
use std::io::BufReader;
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

struct State {
    rules: Vec<(Rule, usize)>,
    lag: Option<Lag>,
    pace: Pace,
    calls: Vec<Call>,
    happened: usize,
    victim: Option<u32>,
}

struct Inner {
    upstream: String,
    state: Mutex<State>,
    victim_known: Condvar,
}

/// A proxy on loopback in front of the API at `upstream`. It runs until the test's process ends.
pub struct Proxy {
    url: String,
    inner: Arc<Inner>,
}

impl Proxy {
    /// Starts a proxy without rules, which passes everything on.
    pub fn start(upstream: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let inner = Arc::new(Inner {
            upstream: upstream.to_owned(),
            state: Mutex::new(State {
                rules: Vec::new(),
                lag: None,
                pace: Pace::default(),
                calls: Vec::new(),
                happened: 0,
                victim: None,
            }),
            victim_known: Condvar::new(),
        });
        let shared = inner.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let inner = shared.clone();
                std::thread::spawn(move || inner.serve(stream));
            }
        });
        Self { url, inner }
    }

    /// The URL that programs have to call.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Replaces the rules, and forgets the recorded calls.
    pub fn rules(&self, rules: Vec<Rule>, lag: Option<Lag>) {
        let mut state = self.inner.state.lock().unwrap();
        state.rules = rules.into_iter().map(|rule| (rule, 0)).collect();
        state.lag = lag;
        state.calls.clear();
        state.happened = 0;
        state.victim = None;
    }

    /// Removes the rules; the lag goes on, as does the list of calls.
    pub fn no_more_faults(&self) {
        let mut state = self.inner.state.lock().unwrap();
        state.rules.clear();
        state.victim = None;
    }

    /// Makes these resources slow to be ready, with seconds as long as `unit`.
    pub fn slow(&self, all: &[Slow], unit: Duration) {
        self.inner.state.lock().unwrap().pace = Pace::of(all, unit);
    }

    /// Sets the process that rules kill.
    pub fn victim(&self, process: u32) {
        self.inner.state.lock().unwrap().victim = Some(process);
        self.inner.victim_known.notify_all();
    }

    /// The calls since the rules were set.
    pub fn calls(&self) -> Vec<Call> {
        self.inner.state.lock().unwrap().calls.clone()
    }

    /// How often the fault of a rule has occurred since the rules were set.
    pub fn happened(&self) -> usize {
        self.inner.state.lock().unwrap().happened
    }
}

impl Inner {
    fn serve(&self, mut stream: TcpStream) {
        let Ok(reading) = stream.try_clone() else {
            return;
        };
        let mut input = BufReader::new(reading);
        let mut upstream = Connection::to(&self.upstream);
        // The program has gone, or must see a broken connection: there is nothing to report.
        while let Ok(Some(request)) = Message::read(&mut input, false) {
            let Some(answer) = self.answer(&mut upstream, &request) else {
                return;
            };
            let to_head = request.first_line.starts_with("HEAD ");
            if answer.write(&mut stream, to_head).is_err() {
                return;
            }
        }
    }

    /// The response to a request; none where the connection must break.
    fn answer(&self, upstream: &mut Connection, request: &Message) -> Option<Message> {
        let call = Call::of(request);
        match self.fault(&call) {
            None => self.pass(upstream, &call, request),
            Some(Fault::Delay(time)) => {
                std::thread::sleep(time);
                self.pass(upstream, &call, request)
            }
            Some(Fault::LoseRequest) => None,
            Some(Fault::LoseAnswer) => {
                self.pass(upstream, &call, request);
                None
            }
            Some(Fault::KillBefore) => {
                self.kill();
                None
            }
            Some(Fault::KillAfter) => {
                self.pass(upstream, &call, request);
                self.kill();
                None
            }
            Some(Fault::Throttle) => {
                let (status, code) = throttled(call.protocol);
                Some(refusal(call.protocol, status, code))
            }
            Some(Fault::InternalError) => Some(refusal(call.protocol, 500, "InternalError")),
            Some(Fault::Unavailable) => Some(refusal(call.protocol, 503, "ServiceUnavailable")),
            Some(Fault::Clock { ahead }) => match skewed(request, call.protocol, ahead) {
                Some(refusal) => Some(refusal),
                None => {
                    let mut answer = self.pass(upstream, &call, request)?;
                    shift(&call, &mut answer, ahead);
                    Some(answer)
                }
            },
            Some(Fault::Refuse { status, code }) => Some(refusal(call.protocol, status, code)),
            Some(Fault::RefuseSaying {
                status,
                code,
                message,
            }) => Some(refusal_saying(call.protocol, status, code, message)),
            Some(Fault::Rewrite { from, to }) => {
                let mut answer = self.pass(upstream, &call, request)?;
                answer.body = answer.text().replace(from, to).into_bytes();
                Some(answer)
            }
        }
    }

    /// Records the call, and returns the faults that apply to it.
    fn fault(&self, call: &Call) -> Option<Fault> {
        let mut state = self.state.lock().unwrap();
        state.calls.push(call.clone());
        let mut due = None;
        for (rule, seen) in &mut state.rules {
            if !rule.calls.has(call) {
                continue;
            }
            let now = *seen;
            *seen += 1;
            if due.is_none() && (rule.first..rule.first.saturating_add(rule.times)).contains(&now) {
                due = Some(rule.fault.clone());
            }
        }
        state.happened += usize::from(due.is_some());
        due
    }

    fn pass(&self, upstream: &mut Connection, call: &Call, request: &Message) -> Option<Message> {
        let answer = upstream.send(request).ok().flatten()?;
        let mut state = self.state.lock().unwrap();
        let answer = state.pace.told(call, answer);
        match &mut state.lag {
            Some(lag) if call.mutates => {
                lag.changed(call, &answer);
                Some(answer)
            }
            Some(lag) => Some(lag.heard(call, answer)),
            None => Some(answer),
        }
    }

    fn kill(&self) {
        let state = self.state.lock().unwrap();
        let state = self
            .victim_known
            .wait_timeout_while(state, Duration::from_secs(10), |state| {
                state.victim.is_none()
            })
            .unwrap()
            .0;
        let process = state.victim.unwrap();
        drop(state);
        // It may be dead already: two of its calls can be in flight when it is killed.
        let _ = Command::new("kill")
            .args(["-9", &process.to_string()])
            .status();
        std::thread::sleep(Duration::from_millis(20));
    }
}
