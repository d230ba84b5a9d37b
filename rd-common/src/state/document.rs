//! The state of one slice as one JSON document. It holds ids and settings, and never a secret.

use crate::error::{Error, Result};
use crate::outputs::Output;
use crate::stack::{Stack, StackId, Tags};
use crate::state::adopted::Adopted;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The format of the states that this version reads and writes.
pub const FORMAT: &str = "rd-state/1";

/// How far the creation or deletion of a resource has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// The create call was about to be sent: the resource may or may not exist.
    Creating,
    /// It exists, but was not ready when it was last read.
    Created,
    /// It was ready and matched its spec.
    Ready,
    /// It failed in AWS: the next apply replaces it.
    Failed,
    /// The delete call was about to be sent: the resource may or may not exist.
    Deleting,
}

/// Members that this version does not know, because a newer one wrote them. They stay in the state when this version
/// writes it.
pub type OtherMembers = Map<String, Value>;

/// A resource that was replaced but is not deleted yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Deposed {
    /// The id of the old resource.
    pub id: String,
    /// Where reads did not show the resource when it lost its place, so that it may exist or not: when its id came into
    /// the state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub unseen: Option<Timestamp>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub other: OtherMembers,
}

impl Deposed {
    /// The resource with this id, to be deleted.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            unseen: None,
            other: OtherMembers::new(),
        }
    }
}

/// A resource in the state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Resource {
    /// The resource kind, such as `vpc`.
    pub kind: String,
    /// The id in AWS; none until the create call has returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// How far its creation or deletion has come.
    pub phase: Phase,
    /// When the phase began.
    #[schemars(with = "String")]
    pub since: Timestamp,
    /// The idempotency token of its create call, until it is ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The spec last applied, with all references resolved.
    pub spec: Value,
    /// The tags last applied.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: Tags,
    /// The resource as AWS last reported it.
    #[serde(default)]
    pub attributes: Value,
    /// The addresses of the resources of the same slice that it needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
    /// Predecessors that were replaced but are not deleted yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deposed: Vec<Deposed>,
    /// What it keeps of the tool that made it; none where rd did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopted: Option<Adopted>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub other: OtherMembers,
}

impl Resource {
    /// Makes `id` the current one. Another id that the entry has is kept as a predecessor, since it is still to be
    /// deleted.
    pub fn set_id(&mut self, id: &str) {
        if self.id.as_deref() == Some(id) {
            return;
        }
        self.depose(false);
        self.deposed.retain(|old| old.id != id);
        self.id = Some(id.to_owned());
        self.since = Timestamp::now();
    }

    /// Makes the current id that of a predecessor. `seen` is whether the resource was read in this run.
    pub fn depose(&mut self, seen: bool) {
        let unseen = (!seen).then(|| self.id_since());
        if let Some(id) = self.id.take() {
            self.deposed.push(Deposed {
                unseen,
                ..Deposed::new(id)
            });
        }
    }

    /// When the current id came into the state. An id whose resource was seen and whose delete was sent counts as old.
    pub fn id_since(&self) -> Timestamp {
        match self.phase {
            Phase::Deleting => Timestamp::UNIX_EPOCH,
            _ => self.since,
        }
    }

    /// Whether a create was sent, or was about to be, whose result is not known.
    pub fn may_have_been_created(&self) -> bool {
        self.phase == Phase::Creating && self.token.is_some()
    }

    /// Whether the state could forget the resource without losing track of anything in AWS.
    pub fn is_empty(&self) -> bool {
        self.id.is_none() && self.deposed.is_empty() && !self.may_have_been_created()
    }

    /// Records that no resource with the current id exists, and that none was created: only predecessors are left.
    pub fn vacate(&mut self) {
        self.id = None;
        self.phase = Phase::Creating;
        self.token = None;
        self.since = Timestamp::UNIX_EPOCH;
    }
}

/// The state of one slice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Document {
    /// The format of the state, `rd-state/1`.
    pub format: String,
    /// A random UUID that a slice's state keeps for life. States of different lineages are unrelated.
    pub lineage: String,
    /// The number of this version, one higher with every write.
    pub serial: u64,
    /// Where only the holder of the lock has changed since an older version: the serial of that version, of which a saved
    /// plan may be. 0 where there was no state before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unchanged_since: Option<u64>,
    /// The stack's name, `<project>-<environment>`, which two stacks can share.
    pub stack: String,
    /// The project of the stack; empty in a state of an earlier version.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub project: String,
    /// The environment of the stack; empty in a state of an earlier version.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub environment: String,
    /// The AWS region of the stack.
    pub region: String,
    /// The id of the AWS account of the stack.
    #[serde(default)]
    pub account: String,
    /// The slice that the state belongs to.
    pub slice: String,
    /// The id of the run that wrote this version.
    #[serde(default)]
    pub run: String,
    /// The command that wrote this version.
    #[serde(default)]
    pub command: String,
    /// When this version was written.
    #[schemars(with = "String")]
    pub written: Timestamp,
    /// The version of the program that wrote this version of the state.
    #[serde(default)]
    pub tool_version: String,
    /// Whether the stack was protected from `destroy` when it was last applied.
    #[serde(default)]
    pub protect: bool,
    /// Whether a destroy of the slice has begun and not ended: no other slice may begin to use it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub destroying: bool,
    /// The slices whose outputs this one needs: they must be destroyed after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// Operations outside of a plan that are in progress, such as a deployment, by the name that their command gives
    /// them. Where a run was killed, the next one completes or undoes what it finds here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", rename = "begun")]
    pub in_progress: BTreeMap<String, Value>,
    /// The slices whose outputs this one uses where they exist: they may be destroyed before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty", rename = "looks_at")]
    pub optional_needs: Vec<String>,
    /// The resources, by their addresses.
    #[serde(default)]
    pub resources: BTreeMap<String, Resource>,
    /// The outputs, by their names.
    #[serde(default)]
    pub outputs: BTreeMap<String, Value>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub other: OtherMembers,
}

impl Document {
    /// The state of a slice that was never applied: serial 0, and a new lineage.
    pub fn empty(stack: &Stack, slice: &str) -> Self {
        Self {
            format: FORMAT.to_owned(),
            lineage: uuid::Uuid::new_v4().to_string(),
            serial: 0,
            unchanged_since: None,
            stack: stack.name(),
            project: stack.project.clone(),
            environment: stack.environment.clone(),
            region: stack.region.clone(),
            account: stack.account().to_owned(),
            slice: slice.to_owned(),
            run: String::new(),
            command: String::new(),
            written: Timestamp::UNIX_EPOCH,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            protect: false,
            destroying: false,
            needs: Vec::new(),
            in_progress: BTreeMap::new(),
            optional_needs: Vec::new(),
            resources: BTreeMap::new(),
            outputs: BTreeMap::new(),
            other: OtherMembers::new(),
        }
    }

    /// The state of a slice of which nothing is known but its name, as [`Document::empty`]. The first apply adds the rest.
    pub fn without_resources(stack: &StackId, slice: &str) -> Self {
        let stack = Stack {
            project: stack.project.clone(),
            environment: stack.environment.clone(),
            ..Stack::default()
        };
        Self::empty(&stack, slice)
    }

    /// The same state as the next version, written by `run` when it takes over a lock. A saved plan of this version
    /// remains valid.
    #[must_use]
    pub fn fenced(&self, run: &str, command: &str) -> Self {
        let mut next = self.clone();
        next.follow(self.serial, run, command);
        next.unchanged_since = Some(self.unchanged_since.unwrap_or(self.serial));
        next
    }

    /// Whether a plan that was made from the version with this serial was made from the same contents.
    pub fn is_unchanged_since(&self, serial: u64) -> bool {
        let first = self.unchanged_since.unwrap_or(self.serial);
        (first..=self.serial).contains(&serial)
    }

    /// The value of an output of this slice; none where it is not set, or has another type.
    pub fn output<T: DeserializeOwned, N: AsRef<str>>(&self, output: &Output<T, N>) -> Option<T> {
        debug_assert_eq!(self.slice, output.slice());
        T::deserialize(self.outputs.get(output.name())?).ok()
    }

    /// Parses a stored state. `place` is where it was read, for errors.
    pub fn parse(bytes: &[u8], place: &str) -> Result<Self> {
        let broken = |what: String| {
            Error::failed(format!("the state {place} cannot be read: {what}")).hint(
                "nothing was changed; `rd-state restore SLICE SERIAL` brings back a version that \
                 `rd-state history SLICE` lists; where it lists none, `rd-state rebuild SLICE` finds the resources \
                 in AWS",
            )
        };
        let value: Value = serde_json::from_slice(bytes).map_err(|e| broken(e.to_string()))?;
        match value.get("format").and_then(Value::as_str) {
            Some(FORMAT) => {}
            Some(other) if other.starts_with("rd-state/") => {
                return Err(Error::failed(format!(
                    "the state {place} has the format {other}; this program reads {FORMAT}"
                ))
                .hint("a newer version of rd wrote it: use that version; nothing was changed"));
            }
            _ => {
                return Err(broken(
                    "it has no `format` that begins with `rd-state/`".into(),
                ));
            }
        }
        let newer = newer_version(&value);
        serde_json::from_value(value).map_err(|e| {
            let error = broken(e.to_string());
            match newer {
                Some(version) => error.hint(format!(
                    "version {version} of rd wrote it: use that version; nothing was changed"
                )),
                None => error,
            }
        })
    }

    /// Whether these bytes, which [`Document::parse`] refuses, are a state that a newer version of rd can read: it has
    /// another format, or a newer version has written it.
    pub fn is_of_newer_version(bytes: &[u8]) -> bool {
        let Ok(value) = serde_json::from_slice::<Value>(bytes) else {
            return false;
        };
        let format = value.get("format").and_then(Value::as_str);
        format.is_some_and(|format| format.starts_with("rd-state/"))
            && (format != Some(FORMAT) || newer_version(&value).is_some())
    }

    /// Fails where the state belongs to another stack, slice, region or account. `place` is where it was read.
    pub fn belongs_to(&self, stack: &Stack, slice: &str, place: &str) -> Result<()> {
        let theirs = self.stack_id().unwrap_or_else(|| stack.id());
        let pairs = [
            ("project", &theirs.project, stack.project.clone()),
            (
                "environment",
                &theirs.environment,
                stack.environment.clone(),
            ),
            ("stack", &self.stack, stack.name()),
            ("slice", &self.slice, slice.to_owned()),
            ("region", &self.region, stack.region.clone()),
            ("account", &self.account, stack.account().to_owned()),
        ];
        for (what, theirs, ours) in pairs {
            if *theirs != ours && !theirs.is_empty() && !ours.is_empty() {
                return Err(Error::refused(format!(
                    "the state {place} belongs to {what} {theirs}, but this run works on {what} {ours}"
                ))
                .hint(format!(
                    "check --environment, --region, --profile and rd.toml; a stack cannot move to another {what}: use \
                     another `environment` or `project` there"
                )));
            }
        }
        Ok(())
    }

    /// The stack that the state belongs to. In a state of an earlier version, the tags of its resources tell; none where
    /// it has no resource with tags.
    pub fn stack_id(&self) -> Option<StackId> {
        if self.project.is_empty() {
            return self
                .resources
                .values()
                .find_map(|resource| StackId::of_tags(&resource.tags));
        }
        Some(StackId {
            project: self.project.clone(),
            environment: self.environment.clone(),
        })
    }

    /// Names the stack in a state of an earlier version, which has only the stack's name.
    pub fn set_stack(&mut self, stack: &StackId) {
        self.stack = stack.name();
        self.project.clone_from(&stack.project);
        self.environment.clone_from(&stack.environment);
    }

    /// Makes this the version after `serial`, written now by `run` with `command`.
    pub fn follow(&mut self, serial: u64, run: &str, command: &str) {
        self.serial = serial + 1;
        self.unchanged_since = None;
        self.written = Timestamp::now();
        run.clone_into(&mut self.run);
        command.clone_into(&mut self.command);
        env!("CARGO_PKG_VERSION").clone_into(&mut self.tool_version);
    }

    /// Whether this is the same version as `other`, written by the same save.
    pub fn is_same_write(&self, other: &Self) -> bool {
        let write = |one: &Self| {
            (
                one.serial,
                one.written,
                one.run.clone(),
                one.lineage.clone(),
            )
        };
        write(self) == write(other)
    }

    /// The document as indented JSON with a final line feed, as stores keep it.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// The slices whose outputs this one uses, needed or optional.
    pub fn used(&self) -> impl Iterator<Item = &str> {
        self.needs
            .iter()
            .chain(&self.optional_needs)
            .map(String::as_str)
    }

    /// Whether this slice uses outputs of `slice`.
    pub fn uses(&self, slice: &str) -> bool {
        self.used().any(|used| used == slice)
    }

    /// The ids of all resources, deposed ones included.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.kinds_and_ids().map(|(_, id)| id)
    }

    /// The ids of all resources, deposed ones included, each with its kind. An id is unique only among its kind.
    pub fn kinds_and_ids(&self) -> impl Iterator<Item = (&str, &str)> {
        self.resources.values().flat_map(|resource| {
            let deposed = resource.deposed.iter().map(|old| old.id.as_str());
            let ids = resource.id.as_deref().into_iter().chain(deposed);
            ids.map(|id| (resource.kind.as_str(), id))
        })
    }
}

/// The version of rd that has written a state, where it is newer than this one.
fn newer_version(state: &Value) -> Option<String> {
    let numbers = |version: &str| -> Vec<u64> {
        let parts = version.split(['.', '-', '+']);
        parts.map_while(|part| part.parse().ok()).collect()
    };
    let version = state.get("tool_version").and_then(Value::as_str)?;
    (numbers(version) > numbers(env!("CARGO_PKG_VERSION"))).then(|| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::conformance;
    use serde_json::json;

    #[test]
    fn what_a_newer_version_has_added_is_kept_at_every_level() {
        let mut newer: Value = serde_json::to_value(conformance::document(3)).unwrap();
        newer["shards"] = json!([1, 2]);
        newer["resources"]["net.vpc.main"] = json!({
            "kind": "vpc",
            "id": "vpc-1",
            "phase": "ready",
            "since": "2026-01-02T03:04:05Z",
            "spec": {"cidr_block": "10.0.0.0/16"},
            "attributes": {"arn": "arn"},
            "deposed": [{"id": "vpc-0", "kind": "vpc", "spec": {"ratio": 0.1}}],
            "region": "eu-west-1",
        });
        let document = Document::parse(newer.to_string().as_bytes(), "x").unwrap();
        let written: Value = serde_json::from_slice(&document.bytes()).unwrap();
        assert_eq!(written, newer);
    }

    #[test]
    fn a_value_that_only_a_newer_version_knows_names_that_version() {
        let mut newer: Value = serde_json::to_value(conformance::document(3)).unwrap();
        newer["tool_version"] = json!("99.0.0");
        newer["resources"]["net.vpc.main"] = json!({
            "kind": "vpc", "phase": "parked", "since": "2026-01-02T03:04:05Z", "spec": {},
        });
        let error = Document::parse(newer.to_string().as_bytes(), "x").unwrap_err();
        assert!(error.summary.contains("parked"), "{error}");
        assert!(error.hint.as_ref().unwrap().contains("version 99.0.0"));
    }

    #[test]
    fn an_entry_never_loses_an_id() {
        let mut resource: Resource = serde_json::from_value(serde_json::json!({
            "kind": "vpc", "id": "vpc-1", "phase": "ready", "since": "2026-01-01T00:00:00Z", "spec": {},
            "deposed": [{"id": "vpc-0"}],
        }))
        .unwrap();
        resource.set_id("vpc-1");
        assert_eq!(resource.deposed.len(), 1);
        resource.set_id("vpc-2");
        let predecessors: Vec<(&str, bool)> = resource
            .deposed
            .iter()
            .map(|old| (old.id.as_str(), old.unseen.is_some()))
            .collect();
        assert_eq!(predecessors, [("vpc-0", false), ("vpc-1", true)]);
        // One that is found after all is the current one again.
        resource.set_id("vpc-1");
        let ids: Vec<&str> = resource.deposed.iter().map(|old| old.id.as_str()).collect();
        assert_eq!(ids, ["vpc-0", "vpc-2"]);
    }

    #[test]
    fn newer_truncated_and_foreign_states_have_different_errors() {
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
