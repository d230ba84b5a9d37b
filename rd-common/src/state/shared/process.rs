//! Which process holds a lock, and whether it can be known to be dead.

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use serde::{Deserialize, Serialize};
use std::fs;

/// A process on a machine. Two containers of a machine have the same boot id, and can have the same host name, so the
/// process namespace belongs to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// The name of the machine.
    pub host: String,
    /// The id of the machine's last start; none where the system has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot: Option<String>,
    /// The process namespace; none where the system has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The process id, in its namespace.
    pub id: u32,
    /// When the process was started, in the system's own unit: the id may belong to another process by now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<u64>,
}

impl Process {
    /// The process that asks.
    pub fn this() -> Self {
        let text = |path: &str| {
            let text = fs::read_to_string(path).ok()?;
            Some(text.trim().to_owned()).filter(|text| !text.is_empty())
        };
        let namespace = fs::read_link("/proc/self/ns/pid").ok();
        Self {
            host: text("/proc/sys/kernel/hostname").unwrap_or_default(),
            boot: text("/proc/sys/kernel/random/boot_id"),
            namespace: namespace.map(|link| link.to_string_lossy().into_owned()),
            id: std::process::id(),
            started: started(std::process::id()),
        }
    }

    /// Whether `other` is alive, as far as this process can know: none where it is on another machine or in another
    /// container.
    pub fn knows_alive(&self, other: &Self) -> Option<bool> {
        let same = self.host == other.host
            && self.boot.is_some()
            && self.boot == other.boot
            && self.namespace.is_some()
            && self.namespace == other.namespace;
        same.then(|| is_alive(other))
    }
}

/// Whether the process with this id and start runs here. Without access to its details it counts as alive.
fn is_alive(process: &Process) -> bool {
    let Some(pid) = i32::try_from(process.id).ok().and_then(Pid::from_raw) else {
        return false;
    };
    // Not /proc alone, which can hide the processes of other users.
    if test_kill_process(pid) == Err(Errno::SRCH) {
        return false;
    }
    match (state(process.id), started(process.id), process.started) {
        // It has ended, and only its parent has not asked how.
        (Some('Z' | 'X'), ..) => false,
        (_, Some(now), Some(then)) => now == then,
        _ => true,
    }
}

/// The fields of `/proc/<id>/stat` after the name, which can contain spaces.
fn stat(id: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let rest = text.rsplit_once(')')?.1;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}

fn state(id: u32) -> Option<char> {
    stat(id)?.first()?.chars().next()
}

/// The 22nd field, the start in ticks since the boot; the first one after the name is the third.
fn started(id: u32) -> Option<u64> {
    stat(id)?.get(22 - 3)?.parse().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn a_process_is_dead_only_where_that_is_certain() {
        let this = Process::this();
        assert_eq!(this.knows_alive(&this), Some(true));
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let other = Process {
            id: child.id(),
            started: started(child.id()),
            ..this.clone()
        };
        assert_eq!(this.knows_alive(&other), Some(true));
        let successor = Process {
            started: Some(1),
            ..other.clone()
        };
        assert_eq!(
            this.knows_alive(&successor),
            Some(false),
            "the id was used again"
        );
        child.kill().unwrap();
        while state(child.id()) != Some('Z') {
            std::thread::yield_now();
        }
        assert_eq!(
            this.knows_alive(&other),
            Some(false),
            "nobody has waited for it yet"
        );
        child.wait().unwrap();
        assert_eq!(this.knows_alive(&other), Some(false));
        for elsewhere in [
            Process {
                host: "another".into(),
                ..other.clone()
            },
            Process {
                boot: Some("another".into()),
                ..other.clone()
            },
            Process {
                namespace: Some("pid:[1]".into()),
                ..other.clone()
            },
            Process {
                namespace: None,
                ..other.clone()
            },
        ] {
            assert_eq!(this.knows_alive(&elsewhere), None);
        }
        let without = Process {
            boot: None,
            ..this.clone()
        };
        assert_eq!(without.knows_alive(&without), None);
    }
}
