//! What Terraform stores with a lock: who holds it, and what for.
//! <https://github.com/hashicorp/terraform/blob/main/internal/states/statemgr/locker.go>

use rd_common::state::shared::process::Process;
use rd_common::state::store::Holder;
use rd_common::{Error, Exit};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A lock as Terraform writes it. Its members have Terraform's names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct LockInfo {
    /// The id, which `terraform force-unlock` takes.
    #[serde(rename = "ID")]
    pub id: String,
    /// The command that holds it.
    pub operation: String,
    /// What the command adds.
    pub info: String,
    /// The user and the host, as `user@host`.
    pub who: String,
    /// The version of the program.
    pub version: String,
    /// When it was taken, in RFC 3339.
    pub created: String,
    /// The bucket and the key of the state.
    pub path: String,
    /// The process of rd that holds it, a member which Terraform leaves alone; none where Terraform holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub process: Option<Process>,
}

impl LockInfo {
    /// The lock that `holder` takes of the state at `path`.
    pub fn of(holder: &Holder, path: &str) -> Self {
        Self {
            id: holder.run.clone(),
            operation: "rd-state adopt".to_owned(),
            info: holder.what.clone(),
            who: holder.who.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            created: json!(holder.since).as_str().unwrap_or_default().to_owned(),
            path: path.to_owned(),
            process: Some(Process::this()),
        }
    }

    /// Whether a run of rd on this machine held it, and was killed.
    pub fn is_of_killed_run(&self) -> bool {
        let process = self.process.as_ref();
        process.is_some_and(|process| Process::this().knows_alive(process) == Some(false))
    }

    /// The text that is stored.
    pub fn text(&self) -> String {
        json!(self).to_string()
    }

    /// Reads a stored text; one of another form has no members.
    pub fn parse(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// The error for a lock that somebody else holds, of the state at `url`.
    pub fn held(&self, url: &str) -> Error {
        let or_unknown = |text: &str| match text {
            "" => "unknown".to_owned(),
            text => text.to_owned(),
        };
        Error::new(
            Exit::Locked,
            format!(
                "the lock of Terraform's state {url} is held by {} since {} ({})",
                or_unknown(&self.who),
                or_unknown(&self.created),
                or_unknown(&self.operation)
            ),
        )
        .hint(format!(
            "nothing was changed; wait until that has ended; if it was killed, run terraform force-unlock {}",
            or_unknown(&self.id)
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_killed_where_its_process_of_this_machine_is_gone() {
        let mut info = LockInfo::of(&Holder::this_process("rd-state adopt", "r1"), "states/shop");
        assert_eq!(LockInfo::parse(&info.text()), info);
        assert!(!info.is_of_killed_run(), "{info:?}");
        let process = info.process.as_mut().unwrap();
        process.started = Some(1);
        assert!(info.is_of_killed_run(), "{info:?}");
        info.process.as_mut().unwrap().host = "mill".to_owned();
        assert!(!info.is_of_killed_run(), "{info:?}");
    }

    #[test]
    fn what_terraform_writes_is_read_and_the_other_way_round() {
        let theirs = "{\"ID\":\"6b1f\",\"Operation\":\"OperationTypeApply\",\"Info\":\"\",\"Who\":\"ann@mill\",\
                      \"Version\":\"1.11.4\",\"Created\":\"2026-11-27T22:00:00.123456789Z\",\"Path\":\"states/shop\"}";
        let info = LockInfo::parse(theirs);
        assert_eq!((info.id.as_str(), info.who.as_str()), ("6b1f", "ann@mill"));
        assert_eq!(info.text(), theirs);
        assert!(!info.is_of_killed_run());
        let error = info.held("s3://states/shop");
        assert_eq!(error.exit, Exit::Locked);
        assert!(
            error
                .summary
                .contains("held by ann@mill since 2026-11-27T22"),
            "{}",
            error.summary
        );
        assert!(
            error
                .hint
                .clone()
                .unwrap_or_default()
                .contains("terraform force-unlock 6b1f")
        );
        assert!(
            LockInfo::parse("no JSON")
                .held("x")
                .summary
                .contains("held by unknown")
        );
    }
}
