//! The state of one slice: one JSON document. It holds ids and settings, never a secret.

use crate::error::{Error, Result};
use crate::stack::{Stack, Tags};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The format that this version writes and reads.
pub const FORMAT: &str = "rd-state/1";

/// How far a resource has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// The create call was about to be sent: it may or may not exist.
    Creating,
    /// It exists; it was not seen ready yet.
    Created,
    /// It was seen ready and as wanted.
    Ready,
    /// It ended in a failed state at AWS: the next apply replaces it.
    Failed,
    /// Its delete was about to be sent.
    Deleting,
}

/// A resource that was replaced and is still to be deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Deposed {
    /// Its id.
    pub id: String,
}

/// What the state knows of one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Resource {
    /// The kind's name.
    pub kind: String,
    /// AWS's id; none until the create call has answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// How far it has come.
    pub phase: Phase,
    /// When the phase began.
    #[schemars(with = "String")]
    pub since: Timestamp,
    /// The idempotency token of its create call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The spec last applied, references filled in.
    pub spec: Value,
    /// The tags last applied.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: Tags,
    /// What AWS said of it when it was last seen.
    #[serde(default)]
    pub attributes: Value,
    /// The addresses of the same slice that it needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
    /// Predecessors that are still to be deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deposed: Vec<Deposed>,
}

/// The state of one slice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Document {
    /// [`FORMAT`].
    pub format: String,
    /// Made once for a slice's state: two states with different lineages have nothing to do with each other.
    pub lineage: String,
    /// Grows by one with every write.
    pub serial: u64,
    /// The stack's name.
    pub stack: String,
    /// The region that it is in.
    pub region: String,
    /// The account that it is in.
    #[serde(default)]
    pub account: String,
    /// The slice.
    pub slice: String,
    /// The run that wrote it.
    #[serde(default)]
    pub run: String,
    /// The command that wrote it.
    #[serde(default)]
    pub command: String,
    /// When it was written.
    #[schemars(with = "String")]
    pub written: Timestamp,
    /// The version of the program that wrote it.
    #[serde(default)]
    pub tool_version: String,
    /// Whether the stack was protected from `destroy` when it was last applied.
    #[serde(default)]
    pub protect: bool,
    /// The slices whose outputs it uses: they are destroyed after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// Operations outside of a plan that are under way, such as a deployment, by the command's own name for them. The next
    /// run ends what a killed one left here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", rename = "begun")]
    pub in_progress: BTreeMap<String, Value>,
    /// The slices whose outputs it uses as long as they are there: they may be destroyed before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty", rename = "looks_at")]
    pub optional_needs: Vec<String>,
    /// The resources by address.
    #[serde(default)]
    pub resources: BTreeMap<String, Resource>,
    /// The outputs by name.
    #[serde(default)]
    pub outputs: BTreeMap<String, Value>,
}

impl Document {
    /// The state of a slice that was never applied: serial 0, and a lineage of its own.
    pub fn empty(stack: &Stack, slice: &str) -> Self {
        Self {
            format: FORMAT.to_owned(),
            lineage: uuid::Uuid::new_v4().to_string(),
            serial: 0,
            stack: stack.name(),
            region: stack.region.clone(),
            account: stack.account().to_owned(),
            slice: slice.to_owned(),
            run: String::new(),
            command: String::new(),
            written: Timestamp::UNIX_EPOCH,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            protect: false,
            needs: Vec::new(),
            in_progress: BTreeMap::new(),
            optional_needs: Vec::new(),
            resources: BTreeMap::new(),
            outputs: BTreeMap::new(),
        }
    }

    /// Reads a document; `place` is named in errors.
    pub fn parse(bytes: &[u8], place: &str) -> Result<Self> {
        let broken = |what: String| {
            Error::failed(format!("the state {place} cannot be read: {what}")).hint(
                "nothing was changed; `rd-state history SLICE` lists the versions before it, and \
                 `rd-state restore SLICE SERIAL` brings one back",
            )
        };
        let value: Value = serde_json::from_slice(bytes).map_err(|e| broken(e.to_string()))?;
        match value.get("format").and_then(Value::as_str) {
            Some(FORMAT) => {}
            Some(other) if other.starts_with("rd-state/") => {
                return Err(Error::failed(format!(
                    "the state {place} has the format {other}; this program reads {FORMAT}"
                ))
                .hint("it was written by a newer version: use that version; nothing was changed"));
            }
            _ => return Err(broken("it has no `format` of ours".into())),
        }
        serde_json::from_value(value).map_err(|e| broken(e.to_string()))
    }

    /// Refuses the state of another stack, slice, region or account.
    pub fn belongs_to(&self, stack: &Stack, slice: &str, place: &str) -> Result<()> {
        let pairs = [
            ("stack", &self.stack, stack.name()),
            ("slice", &self.slice, slice.to_owned()),
            ("region", &self.region, stack.region.clone()),
            ("account", &self.account, stack.account().to_owned()),
        ];
        for (what, theirs, ours) in pairs {
            if *theirs != ours && !theirs.is_empty() && !ours.is_empty() {
                return Err(Error::refused(format!(
                    "the state {place} is of {what} {theirs}, but this run is for {what} {ours}"
                ))
                .hint(format!(
                    "check --environment, --region, --profile and rd.toml; a stack stays in its {what}, so another \
                     one needs another `environment` or `project`"
                )));
            }
        }
        Ok(())
    }

    /// Makes it the version after `serial`, written now by `run` with `command`.
    pub fn follow(&mut self, serial: u64, run: &str, command: &str) {
        self.serial = serial + 1;
        self.written = Timestamp::now();
        run.clone_into(&mut self.run);
        command.clone_into(&mut self.command);
        env!("CARGO_PKG_VERSION").clone_into(&mut self.tool_version);
    }

    /// The document as the bytes to store.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// The slices whose outputs it uses.
    pub fn used(&self) -> impl Iterator<Item = &str> {
        self.needs
            .iter()
            .chain(&self.optional_needs)
            .map(String::as_str)
    }

    /// Whether it uses outputs of `slice`.
    pub fn uses(&self, slice: &str) -> bool {
        self.used().any(|used| used == slice)
    }

    /// Every id that it knows, of deposed ones too.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.kinds_and_ids().map(|(_, id)| id)
    }

    /// The same, each with its kind, among which it is unique.
    pub fn kinds_and_ids(&self) -> impl Iterator<Item = (&str, &str)> {
        self.resources.values().flat_map(|resource| {
            let deposed = resource.deposed.iter().map(|old| old.id.as_str());
            let ids = resource.id.as_deref().into_iter().chain(deposed);
            ids.map(|id| (resource.kind.as_str(), id))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_truncated_and_foreign_states_are_told_apart() {
        let newer = br#"{"format":"rd-state/2"}"#;
        assert!(
            Document::parse(newer, "x")
                .unwrap_err()
                .summary
                .contains("rd-state/2")
        );
        let cut = br#"{"format":"rd-sta"#;
        assert!(
            Document::parse(cut, "x")
                .unwrap_err()
                .summary
                .contains("cannot be read")
        );
        let foreign = br#"{"version":4,"terraform_version":"1.11"}"#;
        assert!(
            Document::parse(foreign, "x")
                .unwrap_err()
                .summary
                .contains("no `format`")
        );
    }
}
