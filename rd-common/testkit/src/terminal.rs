//! A program on a terminal, with a user who types.

use crate::run::{Done, Rd, finish};
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long to wait for a text before the test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs the command line in its arguments on a terminal of its own: what this process reads is typed there, and what is
/// shown there is written. Ends with the exit code of the command.
const ON_A_TERMINAL: &str = r"
import os, pty, select, signal, sys
child, terminal = pty.fork()
if child == 0:
    # Of tests that run in the background, Ctrl-C would be ignored, and a shell cannot trap what is ignored.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    os.execv(sys.argv[1], sys.argv[1:])
sources = [terminal, 0]
while terminal in sources:
    for source in select.select(sources, [], [])[0]:
        try:
            data = os.read(source, 65536)
        except OSError:
            data = b''
        if not data:
            sources.remove(source)
        elif source == terminal:
            os.write(1, data)
        else:
            os.write(terminal, data)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 255)
";

/// A program that runs on a terminal.
pub struct Terminal {
    child: Child,
    keys: ChildStdin,
    shown: Arc<Mutex<String>>,
    reader: JoinHandle<()>,
}

impl Rd {
    /// Starts it on a terminal, which is its stdin, stdout and stderr.
    pub fn on_terminal(self) -> Terminal {
        let (program, arguments, environment, folder) = self.into_parts();
        let mut command = Command::new("python3");
        command.args(["-c", ON_A_TERMINAL, "/usr/bin/env", "-i", "TERM=xterm"]);
        for (name, value) in environment {
            let mut pair = name;
            pair.push("=");
            pair.push(value);
            command.arg(pair);
        }
        command.arg(program).args(arguments).current_dir(folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let keys = child.stdin.take().unwrap();
        let mut output = child.stdout.take().unwrap();
        let shown = Arc::new(Mutex::new(String::new()));
        let to_fill = shown.clone();
        let reader = std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..count]);
                to_fill.lock().unwrap().push_str(&text);
            }
        });
        Terminal {
            child,
            keys,
            shown,
            reader,
        }
    }
}

impl Terminal {
    /// Everything that is shown so far.
    pub fn shown(&self) -> String {
        self.shown.lock().unwrap().clone()
    }

    /// Waits until this text is shown.
    pub fn wait_for(&self, text: &str) {
        let start = Instant::now();
        while !self.shown().contains(text) {
            assert!(
                start.elapsed() < PATIENCE,
                "`{text}` is not shown:\n{}",
                self.shown()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Types keys: `\x03` is Ctrl-C.
    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits until the program ends. Its stdout is everything that was shown.
    pub fn end(self) -> Done {
        let Self {
            child,
            keys,
            shown,
            reader,
        } = self;
        let done = finish(child);
        drop(keys);
        reader.join().unwrap();
        let stdout = shown.lock().unwrap().clone();
        Done { stdout, ..done }
    }
}
