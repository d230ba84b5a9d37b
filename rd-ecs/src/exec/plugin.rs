//! The Session Manager plugin, which speaks with the agent in the container.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html>
//!
//! This process becomes the plugin: the terminal, its size, signals and the exit code are the plugin's own, with nothing
//! in between.

use rd_common::{Error, Result};
use serde_json::json;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The program's name.
const NAME: &str = "session-manager-plugin";

/// The variable in which the plugin takes the session's token, which anybody on the machine could read among its
/// arguments.
const RESPONSE: &str = "AWS_SSM_START_SESSION_RESPONSE";

/// The last version that does not.
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/plugin-version-history.html>
const LAST_WITHOUT: [u32; 4] = [1, 2, 497, 0];

/// The plugin that is installed.
#[derive(Clone, Debug)]
pub struct Plugin {
    path: PathBuf,
    /// Its version; none where it does not tell.
    pub version: Option<String>,
}

/// A session that AWS has opened.
#[derive(Clone)]
pub struct Session {
    /// Its id.
    pub id: String,
    /// Where it is spoken with.
    pub url: String,
    /// What opens it: a secret.
    pub token: String,
    /// `ecs:<cluster>_<task id>_<runtime id>`.
    pub target: String,
    /// The region.
    pub region: String,
    /// The profile of the credentials; empty for the default.
    pub profile: String,
    /// Where Systems Manager is asked to resume the session.
    pub endpoint: String,
}

impl Plugin {
    /// Looks for it on the path.
    pub fn find() -> Result<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = std::env::split_paths(&path)
            .map(|folder| folder.join(NAME))
            .find(|file| file.is_file());
        let path = found.ok_or_else(|| {
            Error::failed(format!("{NAME} is not installed, and it is what speaks with a task")).hint(
                "install it: `brew install --cask session-manager-plugin` on macOS; on Linux the package from https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html",
            )
        })?;
        let mut command = Command::new(&path);
        command.arg("--version").stdin(Stdio::null());
        let said = command.output().map_err(|e| cannot_run(&e))?;
        let text = String::from_utf8_lossy(&said.stdout).trim().to_owned();
        Ok(Self {
            path,
            version: numbers(&text).map(|_| text),
        })
    }

    /// Whether it takes the session's token where others cannot see it.
    pub fn keeps_token(&self) -> bool {
        let version = self.version.as_deref().and_then(numbers);
        version.is_some_and(|version| version.as_slice() > LAST_WITHOUT.as_slice())
    }

    fn command(&self, session: &Session) -> Command {
        let response = json!({
            "SessionId": session.id,
            "StreamUrl": session.url,
            "TokenValue": session.token,
        });
        let mut command = Command::new(&self.path);
        match self.keeps_token() {
            true => command.arg(RESPONSE).env(RESPONSE, response.to_string()),
            false => command.arg(response.to_string()),
        };
        command
            .arg(&session.region)
            .arg("StartSession")
            .arg(&session.profile)
            .arg(json!({"Target": session.target}).to_string())
            .arg(&session.endpoint);
        command
    }

    /// Becomes the plugin. Comes back only where it cannot be run.
    pub fn become_it(&self, session: &Session) -> Error {
        cannot_run(&self.command(session).exec())
    }
}

fn cannot_run(error: &std::io::Error) -> Error {
    Error::failed(format!("{NAME} cannot be run: {error}"))
        .hint("check its permissions, or install it anew")
}

/// `1.2.553.0` as numbers.
fn numbers(text: &str) -> Option<Vec<u32>> {
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
            target: "ecs:c_t_r".to_owned(),
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
    fn the_token_is_no_argument_where_the_plugin_can_do_without() {
        let new = arguments("1.2.553.0");
        assert_eq!(new.len(), 6);
        assert_eq!(new[0], RESPONSE);
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
