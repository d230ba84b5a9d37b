//! The client program: found before any call, and run in the foreground, with this program's stdin, stdout and stderr.

use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::resource::signal;
use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

/// A client program that is installed on this machine.
pub struct Client {
    path: PathBuf,
    /// The arguments of the user, after those that rd sets.
    arguments: Vec<OsString>,
}

impl Client {
    /// Finds the first of these programs on the `PATH`, or at its path. `install` says how to install it.
    pub fn find(names: &[&str], arguments: &[OsString], install: &str) -> Result<Self> {
        let on_path = std::env::var_os("PATH").unwrap_or_default();
        let find = |name: &&str| match name.contains('/') {
            true => Some(PathBuf::from(name)).filter(|file| file.is_file()),
            false => std::env::split_paths(&on_path)
                .map(|folder| folder.join(name))
                .find(|file| file.is_file()),
        };
        let path = names.iter().find_map(find).ok_or_else(|| {
            Error::failed(format!("{} is not installed", names.join(" or "))).hint(install)
        })?;
        Ok(Self {
            path,
            arguments: arguments.to_vec(),
        })
    }

    /// The name of the program's file, such as `psql`.
    pub fn name(&self) -> &str {
        let name = self.path.file_name().and_then(|name| name.to_str());
        name.unwrap_or_default()
    }

    /// The path of the program.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A command line without arguments.
    pub(super) fn command(&self) -> Command {
        Command::new(&self.path)
    }

    /// Runs it with the user's arguments, and returns its exit code; as a shell does, 128 and the signal's number where a
    /// signal ended it.
    pub(super) async fn run(&self, mut command: Command) -> Result<Exit> {
        command.args(&self.arguments);
        let cannot_run = |why: &std::io::Error| {
            Error::failed(format!("cannot run {}: {why}", self.path.display()))
                .hint("check its permissions, or install it again")
        };
        let mut child = command.spawn().map_err(|e| cannot_run(&e))?;
        let _passing = signal::pass_to(&child);
        let status = tokio::task::spawn_blocking(move || child.wait()).await;
        let status = status.map_err(|e| cannot_run(&std::io::Error::other(e)))?;
        Ok(exit(status.map_err(|e| cannot_run(&e))?))
    }
}

fn exit(status: ExitStatus) -> Exit {
    let signal = || status.signal().map(|number| 128 + number);
    let code = status.code().or_else(signal).unwrap_or(1);
    match u8::try_from(code).unwrap_or(1) {
        0 => Exit::Done,
        code => Exit::Code(code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_is_the_clients() {
        let ended = |raw: i32| exit(ExitStatus::from_raw(raw)).code();
        // The code is in the second byte, a signal in the first.
        assert_eq!([ended(0), ended(3 << 8), ended(15)], [0, 3, 143]);
    }

    #[test]
    fn the_first_that_is_installed_counts() {
        let found = Client::find(&["no-such-client", "sh"], &[], "").unwrap();
        assert_eq!(found.name(), "sh");
        assert!(Client::find(&["/bin/sh"], &[], "").is_ok());
        let missing = Client::find(&["no-such-client"], &[], "install it");
        let error = missing.err().unwrap();
        assert_eq!(error.summary, "no-such-client is not installed");
    }
}
