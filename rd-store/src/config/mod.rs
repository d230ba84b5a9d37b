//! The section `[store]` of `rd.toml`: its keys, their defaults and checks.

pub mod lifecycle;
mod policy_statements;

use crate::config::lifecycle::PrefixRule;
use rd_common::settings::kms_key;
use rd_common::{Problem, Stack};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The keys of the section, each with a default. Days of 0 turn a rule off.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The bucket's name; by default `<project>-<environment>-sessions-<account>`.
    pub bucket: Option<String>,
    /// The KMS key that encrypts objects: its ARN, id or alias; by default S3's own keys.
    pub kms_key: Option<String>,
    /// Whether overwritten and deleted objects are kept as noncurrent versions.
    pub versioning: bool,
    /// After how many days objects move to STANDARD_IA.
    pub standard_ia_days: i32,
    /// After how many days objects move to GLACIER_IR.
    pub glacier_ir_days: i32,
    /// After how many days noncurrent versions are deleted.
    pub noncurrent_days: i32,
    /// After how many days unfinished multipart uploads are deleted.
    pub multipart_days: i32,
    /// After how many days objects are deleted.
    pub retention_days: i32,
    /// The origins from which browsers may call the bucket; empty for no CORS.
    pub cors_origins: Vec<String>,
    /// The HTTP methods that browsers may use.
    pub cors_methods: Vec<String>,
    /// For how many seconds browsers cache the answer to a preflight request.
    pub cors_max_age_seconds: i32,
    /// Lifecycle rules for the objects below a prefix, by id.
    pub lifecycle_rules: BTreeMap<String, PrefixRule>,
    /// More statements of the bucket policy, as IAM writes them.
    pub policy_statements: Vec<Map<String, Value>>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            bucket: None,
            kms_key: None,
            versioning: true,
            standard_ia_days: 30,
            glacier_ir_days: 90,
            noncurrent_days: 30,
            multipart_days: 7,
            retention_days: 0,
            cors_origins: Vec::new(),
            cors_methods: vec!["GET".to_owned(), "PUT".to_owned()],
            cors_max_age_seconds: 3600,
            lifecycle_rules: BTreeMap::new(),
            policy_statements: Vec::new(),
        }
    }
}

/// The methods that a CORS rule can allow.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CORSRule.html>
const METHODS: [&str; 5] = ["GET", "PUT", "POST", "DELETE", "HEAD"];

impl Config {
    /// The bucket's name. The default contains the account, because names are unique across all AWS accounts; offline,
    /// `<account>` stands for it.
    pub fn bucket_name(&self, stack: &Stack) -> String {
        let account = if stack.account().is_empty() {
            "<account>"
        } else {
            stack.account()
        };
        self.bucket
            .clone()
            .unwrap_or_else(|| stack.name_of(&format!("sessions-{account}")))
    }

    /// Everything in the section that AWS would refuse.
    pub fn problems(&self, stack: &Stack) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Some(name) = &self.bucket
            && !is_bucket_name(name)
        {
            problems.push(Problem::new(
                "bucket",
                format!("`{name}` is not a valid bucket name"),
                "3 to 63 of a-z, 0-9, `-` and `.`, with a letter or digit at both ends",
            ));
        } else if self.bucket.is_none() && stack.name().len() > 63 - "-sessions-".len() - 12 {
            problems.push(Problem::new(
                "bucket",
                format!(
                    "the default name `{}-sessions-<account>` has more than 63 characters",
                    stack.name()
                ),
                "a name here, or a shorter project or environment",
            ));
        }
        problems.extend(lifecycle::problems(self));
        for origin in &self.cors_origins {
            let fits = origin == "*"
                || ["https://", "http://"].iter().any(|scheme| {
                    origin.strip_prefix(scheme).is_some_and(|host| {
                        !host.is_empty() && !host.contains('/') && host.matches('*').count() <= 1
                    })
                });
            if !fits {
                problems.push(Problem::new(
                    "cors_origins",
                    format!("`{origin}` is not a valid origin"),
                    "a scheme and a host without a path, such as https://app.example.com, with at most one *",
                ));
            }
        }
        if let Some(method) = self
            .cors_methods
            .iter()
            .find(|method| !METHODS.contains(&method.as_str()))
        {
            problems.push(Problem::new(
                "cors_methods",
                format!("`{method}` is not a method that CORS can allow"),
                METHODS.join(", "),
            ));
        }
        problems.extend(kms_key::problem("kms_key", self.kms_key.as_deref()));
        for (number, statement) in self.policy_statements.iter().enumerate() {
            if let Some(problem) = policy_statements::problem(statement) {
                problems.push(Problem::new(
                    "policy_statements",
                    format!("statement {}: {problem}", number + 1),
                    "a statement of a bucket policy: Effect (Allow or Deny), Principal, Action, and optionally Sid, \
                     Resource (keys such as logs/*, or ARNs; by default the whole bucket) and Condition",
                ));
            }
        }
        problems
    }
}

/// Whether S3 accepts the name of a general purpose bucket.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
fn is_bucket_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    (3..=63).contains(&name.len())
        && name.bytes().all(|b| plain(b) || b == b'-' || b == b'.')
        && name.bytes().next().is_some_and(plain)
        && name.bytes().last().is_some_and(plain)
        && !name.contains("..")
        && name.parse::<std::net::Ipv4Addr>().is_err()
        && !["xn--", "sthree-"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
        && !["-s3alias", "--ol-s3", "--x-s3"]
            .iter()
            .any(|suffix| name.ends_with(suffix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::OnceCell;

    fn stack(project: &str) -> Stack {
        Stack {
            project: project.into(),
            environment: "production".into(),
            region: "us-east-1".into(),
            account: OnceCell::new(),
            tags: Default::default(),
            ..Stack::default()
        }
    }

    #[test]
    fn the_defaults_are_valid_and_each_rule_is_checked() {
        assert_eq!(Config::default().problems(&stack("p")), []);
        let rule = |rule: PrefixRule| Config {
            lifecycle_rules: [("x".to_owned(), rule)].into(),
            ..Config::default()
        };
        let wrong: [(&str, Config); 12] = [
            ("lifecycle_rules.x", rule(PrefixRule::default())),
            (
                "lifecycle_rules.x.retention_days",
                rule(PrefixRule {
                    prefix: "logs/".into(),
                    standard_ia_days: 30,
                    retention_days: 30,
                    ..PrefixRule::default()
                }),
            ),
            (
                "lifecycle_rules.age",
                Config {
                    lifecycle_rules: [(
                        "age".to_owned(),
                        PrefixRule {
                            retention_days: 1,
                            ..PrefixRule::default()
                        },
                    )]
                    .into(),
                    ..Config::default()
                },
            ),
            (
                "policy_statements",
                Config {
                    policy_statements: vec![Default::default()],
                    ..Config::default()
                },
            ),
            (
                "standard_ia_days",
                Config {
                    standard_ia_days: 29,
                    ..Config::default()
                },
            ),
            (
                "glacier_ir_days",
                Config {
                    glacier_ir_days: 59,
                    ..Config::default()
                },
            ),
            (
                "retention_days",
                Config {
                    retention_days: 90,
                    ..Config::default()
                },
            ),
            (
                "noncurrent_days",
                Config {
                    noncurrent_days: -1,
                    ..Config::default()
                },
            ),
            (
                "cors_origins",
                Config {
                    cors_origins: vec!["app.example.com".into()],
                    ..Config::default()
                },
            ),
            (
                "cors_methods",
                Config {
                    cors_methods: vec!["PATCH".into()],
                    ..Config::default()
                },
            ),
            (
                "bucket",
                Config {
                    bucket: Some("Not_A_Bucket".into()),
                    ..Config::default()
                },
            ),
            (
                "kms_key",
                Config {
                    kms_key: Some("key".into()),
                    ..Config::default()
                },
            ),
        ];
        for (key, config) in wrong {
            let problems = config.problems(&stack("p"));
            assert_eq!(
                problems.iter().map(|p| p.key.as_str()).collect::<Vec<_>>(),
                [key]
            );
        }
    }

    #[test]
    fn the_default_name_has_the_account_and_may_be_too_long() {
        let short = stack("p");
        assert_eq!(
            Config::default().bucket_name(&short),
            "p-production-sessions-<account>"
        );
        short.account.set("123456789012".into()).unwrap();
        assert_eq!(
            Config::default().bucket_name(&short),
            "p-production-sessions-123456789012"
        );
        let mut long = stack("a-project-with-a-very-long");
        long.environment = "environment-long".into();
        assert_eq!(Config::default().problems(&long)[0].key, "bucket");
    }
}
