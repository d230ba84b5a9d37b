//! `[state]` of `rd.toml`: the store of the states.

use crate::arn::Arn;
use crate::settings::kms_key;
use crate::settings::problem::Problem;
use serde::{Deserialize, Serialize};

/// `[state]`: the store of this stack's states.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StateSettings {
    /// The store that keeps them; `local` where it is not set.
    pub backend: Option<Backend>,
    /// How many of the newest versions of each state the local store keeps.
    pub history_versions: u32,
    /// Of how many of the runs before them the local store keeps the last version.
    pub history_runs: u32,
    /// For how many days before them the local store keeps the last version of each day.
    pub history_days: u32,
    /// The S3 bucket of the shared store.
    pub bucket: Option<String>,
    /// The DynamoDB table of its locks; without it, locks are objects in the bucket.
    pub table: Option<String>,
    /// The beginning of the keys of its objects, without a slash at either end.
    pub prefix: String,
    /// The region of the bucket and the table.
    pub region: Option<String>,
    /// The profile with which the store is used; that of the program where it is not set.
    pub profile: Option<String>,
    /// The ARN of a role that is assumed for the store alone.
    pub role_arn: Option<String>,
    /// The KMS key with which states and locks are encrypted; the bucket's default where it is not set.
    pub kms_key: Option<String>,
}

/// The state stores that can be chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// Files in `.rd` next to `rd.toml`, or in `--state-dir`.
    #[default]
    Local,
    /// Objects in an S3 bucket, which a team shares.
    S3,
}

impl Default for StateSettings {
    fn default() -> Self {
        let Retention {
            history_versions,
            history_runs,
            history_days,
        } = Retention::default();
        Self {
            backend: None,
            history_versions,
            history_runs,
            history_days,
            bucket: None,
            table: None,
            prefix: "rd".to_owned(),
            region: None,
            profile: None,
            role_arn: None,
            kms_key: None,
        }
    }
}

impl StateSettings {
    /// The store that keeps the states.
    pub fn backend(&self) -> Backend {
        self.backend.unwrap_or_default()
    }

    /// Which versions of a state the local store keeps.
    pub fn retention(&self) -> Retention {
        Retention {
            history_versions: self.history_versions,
            history_runs: self.history_runs,
            history_days: self.history_days,
        }
    }

    /// What is wrong beyond the types.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.history_versions == 0 {
            problems.push(Problem::new(
                "state.history_versions",
                "the history cannot be empty: the newest version is part of it",
                "1 or more",
            ));
        }
        if self.backend() == Backend::S3 {
            for (key, value, text) in [
                ("state.bucket", &self.bucket, "the name of an S3 bucket"),
                ("state.region", &self.region, "the region of the bucket"),
            ] {
                if value.is_none() {
                    problems.push(Problem::new(
                        key,
                        "is not set, and `backend = \"s3\"` needs it",
                        format!("{text}; `rd-state bootstrap` creates one and writes this table"),
                    ));
                }
            }
        }
        if self.backend.is_none() && self.bucket.is_some() {
            problems.push(Problem::new(
                "state.bucket",
                "is set without `backend`, so that states would stay in .rd",
                "`backend = \"s3\"` next to it, or `backend = \"local\"` until they have been moved (`rd-state migrate \
                 --to s3`)",
            ));
        }
        let checks: [Check; 5] = [
            (
                "state.bucket",
                self.bucket.as_deref(),
                is_bucket,
                "3 to 63 of a-z, 0-9, `-` and `.`, beginning and ending with a letter or digit",
            ),
            (
                "state.table",
                self.table.as_deref(),
                is_table,
                "3 to 255 of a-z, A-Z, 0-9, `_`, `-` and `.`",
            ),
            (
                "state.prefix",
                Some(&self.prefix),
                is_prefix,
                "1 to 200 of a-z, A-Z, 0-9, `_`, `-`, `.` and `/`, without `/` at either end",
            ),
            (
                "state.region",
                self.region.as_deref(),
                is_region,
                "a region such as us-east-1",
            ),
            (
                "state.role_arn",
                self.role_arn.as_deref(),
                is_role,
                "the ARN of an IAM role (arn:aws:iam::…:role/…)",
            ),
        ];
        for (key, value, fits, allowed) in checks {
            if let Some(wrong) = value.filter(|value| !fits(value)) {
                problems.push(Problem::new(
                    key,
                    format!("`{wrong}` cannot be used"),
                    allowed,
                ));
            }
        }
        problems.extend(kms_key::problem("state.kms_key", self.kms_key.as_deref()));
        problems
    }
}

/// A key, its value, whether a value can be used, and what is allowed.
type Check<'a> = (&'a str, Option<&'a str>, fn(&str) -> bool, &'a str);

/// Whether this can be the name of a bucket.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
fn is_bucket(name: &str) -> bool {
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    (3..=63).contains(&name.len())
        && ends(name.chars().next())
        && ends(name.chars().next_back())
        && !name.contains("..")
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.')
}

/// Whether this can be the name of a table.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html>
fn is_table(name: &str) -> bool {
    (3..=255).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
}

fn is_prefix(prefix: &str) -> bool {
    (1..=200).contains(&prefix.len())
        && prefix.split('/').all(|part| !part.is_empty())
        && prefix
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_-./".contains(&b))
}

fn is_region(region: &str) -> bool {
    let parts: Vec<&str> = region.split('-').collect();
    parts.len() >= 3
        && parts.iter().all(|part| !part.is_empty())
        && region
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && region.ends_with(|c: char| c.is_ascii_digit())
}

fn is_role(text: &str) -> bool {
    Arn::parse(text).is_some_and(|arn| arn.service == "iam" && arn.resource.starts_with("role/"))
}

/// Which versions of a state are kept in its history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// How many of the newest versions.
    pub history_versions: u32,
    /// Of how many of the runs before these versions the last version: one apply can write more than the newest
    /// versions, and what was there before it must still be there.
    pub history_runs: u32,
    /// For how many days, up to today in UTC, the last version of each day.
    pub history_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            history_versions: 50,
            history_runs: 20,
            history_days: 30,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let settings: StateSettings = toml::from_str(text).unwrap();
        let problems = settings.problems().into_iter();
        problems
            .map(|problem| format!("{}: {} ({})", problem.key, problem.what, problem.allowed))
            .collect()
    }

    #[test]
    fn the_shared_store_names_its_bucket_and_region() {
        assert!(problems("").is_empty());
        assert!(problems("backend = 'local'").is_empty());
        let missing = problems("backend = 's3'");
        assert_eq!(missing.len(), 2, "{missing:?}");
        assert!(missing[0].contains("rd-state bootstrap"), "{missing:?}");
        let s3 = "backend = 's3'\nbucket = 'team-state'\nregion = 'us-east-1'";
        assert!(problems(s3).is_empty());
        let forgotten = problems("bucket = 'team-state'\nregion = 'us-east-1'");
        assert!(forgotten[0].contains("without `backend`"), "{forgotten:?}");
        assert!(
            problems("backend = 'local'\nbucket = 'team-state'\nregion = 'us-east-1'").is_empty()
        );
    }

    #[test]
    fn names_that_aws_refuses_are_refused_here() {
        for (key, wrong) in [
            ("bucket", "Team"),
            ("bucket", "ab"),
            ("bucket", "-ab"),
            ("bucket", "a..b"),
            ("table", "ab"),
            ("table", "a/b/c"),
            ("prefix", ""),
            ("prefix", "/rd"),
            ("prefix", "rd/"),
            ("prefix", "a//b"),
            ("prefix", "a b"),
            ("region", "us-east"),
            ("region", "US-EAST-1"),
            ("region", "useast1"),
            ("role_arn", "arn:aws:iam::123456789012:user/me"),
            ("kms_key", "mine"),
        ] {
            let base =
                "backend = 's3'\nbucket = 'team-state'\nregion = 'us-east-1'\nprefix = 'rd'\n";
            let lines: Vec<&str> = base
                .lines()
                .filter(|line| !line.starts_with(&format!("{key} ")))
                .collect();
            let text = format!("{}\n{key} = '{wrong}'\n", lines.join("\n"));
            let found = problems(&text);
            assert_eq!(found.len(), 1, "{key} = {wrong}: {found:?}");
            assert!(found[0].starts_with(&format!("state.{key}: ")), "{found:?}");
        }
        let whole = "backend = 's3'\nbucket = 'a.b-c'\nregion = 'us-gov-west-1'\ntable = 'Terraform_Locks'\n\
                     prefix = 'infra/rd'\nrole_arn = 'arn:aws:iam::123456789012:role/rd/state'\nkms_key = 'alias/state'";
        assert!(problems(whole).is_empty());
    }
}
