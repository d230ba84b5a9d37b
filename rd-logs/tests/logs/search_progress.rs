//! The progress of `search` on a terminal that also shows the events.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::faults::{Calls, Fault, Proxy, Rule};
use rd_testkit::log_events::{group, now, put, stream};
use rd_testkit::{World, endpoint};

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n";

/// The lines that a terminal of this width shows after this output: with line ends, carriage returns, and the sequences
/// that clear a line or move the cursor.
fn screen(output: &str, width: usize) -> Vec<String> {
    let mut rows: Vec<Vec<char>> = vec![Vec::new()];
    let (mut row, mut column) = (0, 0);
    let mut rest = output.chars().peekable();
    while let Some(letter) = rest.next() {
        match letter {
            '\n' => row += 1,
            '\r' => column = 0,
            '\u{1b}' => {
                rest.next_if_eq(&'[');
                let mut number = String::new();
                while let Some(digit) = rest.next_if(|l| l.is_ascii_digit() || "?;".contains(*l)) {
                    number.push(digit);
                }
                let count = number.parse().unwrap_or(1);
                match rest.next() {
                    Some('A') => row -= count.min(row),
                    Some('B') => row += count,
                    Some('G') => column = count - 1,
                    Some('K') if number == "2" => rows[row].clear(),
                    Some('K') => rows[row].truncate(column),
                    Some('J') => {
                        rows.truncate(row + 1);
                        rows[row].truncate(column);
                    }
                    _ => {}
                }
            }
            letter => {
                if column == width {
                    (row, column) = (row + 1, 0);
                    rows.resize(rows.len().max(row + 1), Vec::new());
                }
                let line = &mut rows[row];
                line.resize(line.len().max(column + 1), ' ');
                line[column] = letter;
                column += 1;
            }
        }
        rows.resize(rows.len().max(row + 1), Vec::new());
    }
    let text = |row: &Vec<char>| row.iter().collect::<String>().trim_end().to_owned();
    let lines = rows.iter().map(text);
    lines.filter(|line| !line.is_empty()).collect()
}

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
