//! The Session Manager plugin, which connects the terminal, or a local port, with the agent in the container.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html>

use rd_common::output::printer::print_warning;
use rd_common::{Error, Result};
use serde_json::{Value, json};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The name of the plugin's program.
const NAME: &str = "session-manager-plugin";

/// The variable that passes the session's token to the plugin: every user of the machine can read its arguments.
const RESPONSE_VARIABLE: &str = "AWS_SSM_START_SESSION_RESPONSE";

/// The last version that does not support the variable.
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/plugin-version-history.html>
const LAST_WITHOUT_VARIABLE: [u32; 4] = [1, 2, 497, 0];

/// The plugin that is installed on this machine.
#[derive(Clone, Debug)]
pub struct Plugin {
    path: PathBuf,
    /// The version, such as `1.2.553.0`; none where it prints something else.
    version: Option<String>,
}

/// A session that AWS has opened.
#[derive(Clone)]
pub struct Session {
    /// The id of the session.
    pub id: String,
    /// The WebSocket URL of the session.
    pub url: String,
    /// The token that opens the session; secret.
    pub token: String,
    /// The request for the session: at least its `Target`, as `ecs:<cluster>_<task id>_<runtime id>`.
    pub request: Value,
    /// The region of the task.
    pub region: String,
    /// The profile with which the plugin resumes the session; empty for the default credentials.
    pub profile: String,
    /// The endpoint of Systems Manager with which the plugin resumes the session.
    pub endpoint: String,
}

impl Plugin {
    /// Finds the plugin on the `PATH`.
    pub fn find() -> Result<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = std::env::split_paths(&path)
            .map(|folder| folder.join(NAME))
            .find(|file| file.is_file());
        let path = found.ok_or_else(|| {
            Error::failed(format!("{NAME} is not installed; it connects your machine with a task")).hint(
                "install it: `brew install --cask session-manager-plugin` on macOS; on Linux the package from https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html",
            )
        })?;
        let mut command = Command::new(&path);
        command.arg("--version").stdin(Stdio::null());
        let output = command.output().map_err(cannot_run)?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        Ok(Self {
            path,
            version: version_numbers(&text).map(|_| text),
        })
    }

    /// Whether it accepts the session's token in a variable, which other users cannot read.
    fn hides_token(&self) -> bool {
        let version = self.version.as_deref().and_then(version_numbers);
        version.is_some_and(|version| version.as_slice() > LAST_WITHOUT_VARIABLE.as_slice())
    }

    /// The command that connects with a session.
    pub fn command(&self, session: &Session) -> Command {
        let response = json!({
            "SessionId": session.id,
            "StreamUrl": session.url,
            "TokenValue": session.token,
        });
        let mut command = Command::new(&self.path);
        match self.hides_token() {
            true => command
                .arg(RESPONSE_VARIABLE)
                .env(RESPONSE_VARIABLE, response.to_string()),
            false => command.arg(response.to_string()),
        };
        command
            .arg(&session.region)
            .arg("StartSession")
            .arg(&session.profile)
            .arg(session.request.to_string())
            .arg(&session.endpoint);
        command
    }

    /// Replaces this process with the plugin, which so has the terminal with its size and signals. Returns only if the
    /// plugin cannot be started.
    pub fn replace_process(&self, session: &Session) -> Error {
        cannot_run(self.command(session).exec())
    }

    /// Warns of a version that takes the session's token as an argument.
    pub fn warn_if_outdated(&self) {
        if self.hides_token() {
            return;
        }
        let version = self.version.as_deref().unwrap_or("of an unknown version");
        print_warning(
            &format!(
                "session-manager-plugin {version} is outdated: every user of this machine can see the session's token in its arguments"
            ),
            "update it: versions after 1.2.497.0 take the token from a variable, which other users cannot read",
        );
    }
}

/// The error for a plugin that could not be started.
pub fn cannot_run(error: std::io::Error) -> Error {
    Error::failed(format!("cannot run {NAME}: {error}"))
        .caused_by(error)
        .hint("check its permissions, or install it again")
}

/// The numbers of a version such as `1.2.553.0`; none for any other text.
fn version_numbers(text: &str) -> Option<Vec<u32>> {
    let parts: Option<Vec<u32>> = text.split('.').map(|part| part.parse().ok()).collect();
    parts.filter(|parts| parts.len() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plugin(version: &str) -> Plugin {
        Plugin {
            path: "/bin/plugin".into(),
            version: Some(version.to_owned()),
        }
    }

    fn arguments(version: &str) -> Vec<String> {
        let session = Session {
            id: "s-1".to_owned(),
            url: "wss://x".to_owned(),
            token: "sesame".to_owned(),
            request: json!({"Target": "ecs:c_t_r"}),
            region: "eu-west-1".to_owned(),
            profile: String::new(),
            endpoint: "https://ssm".to_owned(),
        };
        let command = plugin(version).command(&session);
        let arguments = command.get_args();
        arguments
            .map(|one| one.to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn the_token_is_an_argument_only_for_old_plugins() {
        let new = arguments("1.2.553.0");
        assert_eq!(new.len(), 6);
        assert_eq!(new[0], RESPONSE_VARIABLE);
        assert_eq!(
            new[1..5],
            ["eu-west-1", "StartSession", "", r#"{"Target":"ecs:c_t_r"}"#]
        );
        assert!(!new.iter().any(|one| one.contains("sesame")));
        for old in ["1.2.497.0", "1.1.54.0", "unknown"] {
            assert!(arguments(old)[0].contains("sesame"), "{old}");
        }
    }
}
