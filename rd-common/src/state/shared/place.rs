//! Where the shared store keeps things: the keys of its objects and the ids of its locks.

use crate::settings::StateSettings;
use crate::stack::StackId;
use crate::state::store::Key;

/// The bucket, the table and what their keys begin with.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The bucket of the states, and of the locks where there is no table.
    pub(super) bucket: String,
    /// The table of the locks.
    pub(super) table: Option<String>,
    /// The beginning of every key, without a slash at its end.
    pub(super) prefix: String,
    /// The region of both.
    pub(super) region: String,
    /// The key that encrypts what is written; the bucket's default where there is none.
    pub(super) kms_key: Option<String>,
}

impl Place {
    /// The place that `[state]` names. Settings without a bucket or region were refused before.
    pub(super) fn of(settings: &StateSettings) -> Self {
        Self {
            bucket: settings.bucket.clone().unwrap_or_default(),
            table: settings.table.clone(),
            prefix: settings.prefix.clone(),
            region: settings.region.clone().unwrap_or_default(),
            kms_key: settings.kms_key.clone(),
        }
    }

    /// The object that is the state of `key`.
    pub(super) fn state(&self, key: &Key) -> String {
        format!("{}{}.json", self.states_of(&key.stack), key.slice)
    }

    /// What the states of a stack begin with.
    pub(super) fn states_of(&self, stack: &StackId) -> String {
        format!(
            "{}{}/",
            self.states_of_project(&stack.project),
            stack.environment
        )
    }

    /// What the states of a project begin with.
    pub(super) fn states_of_project(&self, project: &str) -> String {
        format!("{}/state/{project}/", self.prefix)
    }

    /// The object that is the lock of `key`, where there is no table.
    pub(super) fn lock_object(&self, key: &Key) -> String {
        let StackId {
            project,
            environment,
        } = &key.stack;
        format!(
            "{}/lock/{project}/{environment}/{}.json",
            self.prefix, key.slice
        )
    }

    /// The `LockID` of the lock of `key` in the table, which other stores, and Terraform, may use too.
    pub(super) fn lock_id(&self, key: &Key) -> String {
        let StackId {
            project,
            environment,
        } = &key.stack;
        format!(
            "rd/{}/{}/{project}/{environment}/{}",
            self.bucket, self.prefix, key.slice
        )
    }

    /// The object with which `rd-state doctor` tries the bucket.
    pub(super) fn probe(&self) -> String {
        format!("{}/probe.json", self.prefix)
    }

    /// An object as people write it.
    pub(super) fn url(&self, object: &str) -> String {
        format!("s3://{}/{object}", self.bucket)
    }
}
