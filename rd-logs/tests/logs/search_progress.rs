//! The progress of `search` on a terminal that also shows the events.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::faults::{Calls, Fault, Proxy, Rule};
use rd_testkit::log_events::{group, now, put, stream};
use rd_testkit::{World, endpoint, screen};

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n";

/// What a terminal of this width gets of a command.
fn on_a_terminal(world: &World, command: &str, width: usize) -> String {
    let script = format!(
        "import fcntl, os, pty, struct, sys, termios
size = struct.pack('HHHH', 24, {width}, 0, 0)
words = '{command}'.split()
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, size)
    os.execvp(words[0], words)
try:
    while piece := os.read(terminal, 65536):
        os.write(1, piece)
except OSError:
    pass
"
    );
    std::fs::write(world.path().join("terminal.py"), script).unwrap();
    let rd = world.rd("rd-logs").shell("python3 terminal.py");
    let rd = rd.env("RD_WAIT_SCALE", "1").env("TERM", "xterm");
    rd.ok().stdout
}

#[test]
fn progress_and_events_do_not_mix_on_a_terminal() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    let group = group(&world, "g");
    stream(&world, &group, "s");
    let expected: Vec<String> = (0..12_000)
        .map(|number| format!("event {number}"))
        .collect();
    let start = now() - 500_000;
    let events = (0..).zip(&expected);
    let events: Vec<(i64, String)> = events
        .map(|(number, message)| (start + number * 40, message.clone()))
        .collect();
    for batch in events.chunks(6000) {
        put(&world, &group, "s", batch);
    }
    for width in [100, 40] {
        // The pause after a throttled call is long enough for the progress to appear.
        let throttled = |call| Rule::once(Calls::Of("FilterLogEvents"), call, Fault::Throttle);
        proxy.rules([0, 2, 5].map(throttled).to_vec(), None);
        let shown = on_a_terminal(&world, &format!("rd-logs search {group} -o raw"), width);
        assert!(shown.contains("search"), "{width}");
        let screen = screen(&shown, width);
        let wrong = screen
            .iter()
            .zip(&expected)
            .position(|(line, expected)| line != expected);
        assert_eq!(wrong.map(|at| &screen[at]), None, "{width}");
        assert_eq!(screen.len(), expected.len(), "{width}");
    }
}
