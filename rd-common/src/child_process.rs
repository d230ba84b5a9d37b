//! Programs that run in the background of this one, and how they end.

use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitCode, ExitStatus};
use std::time::{Duration, Instant};

/// The pause between two looks at a program that is ending.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// The argument by which a program of ours takes the place of another one that ends with its parent.
const WITH_PARENT: &str = "__with-parent";

/// The same command, but on Linux the program gets SIGINT when this one ends, also by a SIGKILL. Elsewhere the command itself.
///
/// Only a program can ask for the end of its parent, and between fork and exec of a `Command` that takes unsafe code. So this
/// program is started again, asks, and becomes the other one ([`become_other_program`]). The parent is the thread that starts
/// the program: it must be the main one.
pub fn with_parent(command: Command) -> Command {
    let Ok(own) = std::env::current_exe() else {
        return command;
    };
    if !cfg!(target_os = "linux") {
        return command;
    }
    let mut with_parent = Command::new(own);
    with_parent
        .arg(WITH_PARENT)
        .arg(std::process::id().to_string())
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => with_parent.env(name, value),
            None => with_parent.env_remove(name),
        };
    }
    with_parent
}

/// Becomes the program in the arguments where they are those of [`with_parent`]; the exit code where that fails. Call it at the
/// start of `main` of each program that uses it.
pub fn become_other_program() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != WITH_PARENT {
        return None;
    }
    let parent = arguments.next()?.to_string_lossy().parse::<i32>().ok()?;
    Some(become_program(parent, arguments))
}

#[cfg(target_os = "linux")]
fn become_program(parent: i32, mut arguments: impl Iterator<Item = OsString>) -> ExitCode {
    use rustix::process::{getppid, set_parent_process_death_signal};
    use std::io::Write;
    let asked = set_parent_process_death_signal(Some(Signal::INT)).is_ok();
    // It may have ended before.
    let is_orphan = asked && getppid() != Pid::from_raw(parent);
    let Some(program) = arguments.next().filter(|_| !is_orphan) else {
        return ExitCode::FAILURE;
    };
    let error = Command::new(&program).args(arguments).exec();
    let _ = writeln!(
        std::io::stderr(),
        "cannot run {}: {error}",
        program.display()
    );
    ExitCode::FAILURE
}

#[cfg(not(target_os = "linux"))]
fn become_program(_: i32, _: impl Iterator<Item = OsString>) -> ExitCode {
    ExitCode::FAILURE
}

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
