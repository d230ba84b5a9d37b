//! A wire to the local AWS API that breaks in the middle of whatever it carries, which no proxy that reads requests
//! whole can do.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

#[derive(Default)]
struct State {
    carried: u64,
    /// At how many bytes it breaks next.
    next: Option<u64>,
    /// How many bytes later it breaks again.
    every: u64,
    left: usize,
    cuts: usize,
}

/// The wire.
pub struct Wire {
    url: String,
    state: Arc<Mutex<State>>,
}

impl Wire {
    /// Lays one to `http://127.0.0.1:port`.
    pub fn start(upstream: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let upstream = upstream.strip_prefix("http://").unwrap().to_owned();
        let state: Arc<Mutex<State>> = Arc::default();
        let shared = state.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (upstream, state) = (upstream.clone(), shared.clone());
                std::thread::spawn(move || {
                    if let Ok(server) = TcpStream::connect(&upstream) {
                        carry(client, server, &state);
                    }
                });
            }
        });
        Self { url, state }
    }

    /// Where it begins.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Counts from 0 again, and breaks whatever connection is in use each time that so many bytes more were sent,
    /// `times` times.
    pub fn cut(&self, every: u64, times: usize) {
        *self.state.lock().unwrap() = State {
            next: Some(every),
            every,
            left: times,
            ..State::default()
        };
    }

    /// How many bytes were sent.
    pub fn carried(&self) -> u64 {
        self.state.lock().unwrap().carried
    }

    /// How often it broke.
    pub fn cuts(&self) -> usize {
        self.state.lock().unwrap().cuts
    }
}

/// How much of `length` bytes gets through, and whether it breaks then.
fn allowed(state: &Mutex<State>, length: usize) -> (usize, bool) {
    let mut state = state.lock().unwrap();
    let end = state.carried + length as u64;
    match state.next {
        Some(next) if state.left > 0 && end >= next => {
            let through = usize::try_from(next - state.carried).unwrap();
            state.carried = next;
            state.next = Some(next + state.every);
            state.left -= 1;
            state.cuts += 1;
            (through, true)
        }
        _ => {
            state.carried = end;
            (length, false)
        }
    }
}

/// Carries until one of the two ends, or it breaks. Whatever fails has that meaning too.
fn carry(mut client: TcpStream, mut server: TcpStream, state: &Mutex<State>) {
    let (Ok(mut from), Ok(mut to)) = (server.try_clone(), client.try_clone()) else {
        return;
    };
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = client.read(&mut buffer) {
        let (through, breaks) = allowed(state, read);
        if server.write_all(&buffer[..through]).is_err() || breaks {
            break;
        }
    }
    let _ = server.shutdown(Shutdown::Both);
    let _ = client.shutdown(Shutdown::Both);
}
