//! A connection to the local AWS API that breaks in the middle of a request or a response, which the proxy cannot do,
//! since it reads requests whole.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

#[derive(Default)]
struct State {
    carried: u64,
    /// The number of bytes at which it breaks next.
    next: Option<u64>,
    /// The number of bytes after which it breaks again.
    every: u64,
    left: usize,
    cuts: usize,
}

/// Forwards bytes to the local AWS API, and breaks connections.
pub struct Wire {
    url: String,
    state: Arc<Mutex<State>>,
}

impl Wire {
    /// Starts one that forwards to `http://127.0.0.1:port`.
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

    /// The URL that programs have to call.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Counts bytes from 0 again, and breaks the connection in use whenever `every` more were sent, `times` times.
    pub fn cut(&self, every: u64, times: usize) {
        *self.state.lock().unwrap() = State {
            next: Some(every),
            every,
            left: times,
            ..State::default()
        };
    }

    /// The number of bytes sent so far.
    pub fn carried(&self) -> u64 {
        self.state.lock().unwrap().carried
    }

    /// The number of connections broken so far.
    pub fn cuts(&self) -> usize {
        self.state.lock().unwrap().cuts
    }
}

/// How many of `length` bytes are forwarded, and whether the connection breaks after them.
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

/// Forwards until one side closes, or the connection breaks. An error is treated as a close.
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
