//! Programs that run in the background of this one, and how they end.

use rustix::process::{Pid, Signal, kill_process};
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

/// The pause between two looks at a program that is ending.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Sends a signal to a program that was not waited for yet.
pub fn send(child: &Child, signal: Signal) {
    let id = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    if let Some(id) = id {
        // It may have ended in between.
        let _ = kill_process(id, signal);
    }
}

/// Whether a program ends by itself within this time; its status where it does.
pub fn ended(child: &mut Child, within: Duration) -> Option<ExitStatus> {
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if start.elapsed() < within => std::thread::sleep(POLL_INTERVAL),
            Ok(None) | Err(_) => return None,
        }
    }
}

/// Ends a program: with SIGINT, as Ctrl-C does, and after `within` with SIGKILL. Its status where it is known.
pub fn end(child: &mut Child, within: Duration) -> Option<ExitStatus> {
    if let Ok(Some(status)) = child.try_wait() {
        return Some(status);
    }
    send(child, Signal::INT);
    ended(child, within).or_else(|| {
        // It may have ended in between.
        let _ = child.kill();
        child.wait().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;
    use std::process::Command;

    #[test]
    fn a_program_that_ignores_the_interrupt_is_killed() {
        let shell = |line: &str| Command::new("sh").args(["-c", line]).spawn().unwrap();
        let mut ended_already = shell("exit 3");
        assert_eq!(
            ended(&mut ended_already, Duration::from_secs(60)).and_then(|status| status.code()),
            Some(3)
        );
        assert_eq!(
            end(&mut ended_already, Duration::ZERO).and_then(|status| status.code()),
            Some(3)
        );
        let mut deaf = shell("trap '' INT; exec sleep 60");
        assert_eq!(ended(&mut deaf, Duration::from_millis(1)), None);
        let status = end(&mut deaf, Duration::from_millis(200)).unwrap();
        assert!(status.signal().is_some(), "{status}");
    }
}
