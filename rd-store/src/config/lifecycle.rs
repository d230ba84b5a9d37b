//! The settings of the lifecycle rules, and their checks.

use crate::config::Config;
use rd_common::Problem;
use serde::{Deserialize, Serialize};

/// A lifecycle rule for the objects below a prefix. Days of 0 turn an action off.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PrefixRule {
    /// The prefix of the objects' keys.
    pub prefix: String,
    /// After how many days objects move to STANDARD_IA.
    pub standard_ia_days: i32,
    /// After how many days objects move to GLACIER_IR.
    pub glacier_ir_days: i32,
    /// After how many days noncurrent versions are deleted.
    pub noncurrent_days: i32,
    /// After how many days objects are deleted.
    pub retention_days: i32,
}

/// The least number of days before a transition to STANDARD_IA, and between that and one to GLACIER_IR.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html>
const STANDARD_IA_MIN_DAYS: i32 = 30;

/// The ids of the rules for all objects.
const RESERVED: [&str; 2] = ["age", "clean-up"];

/// The most characters of a rule's id.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html>
const ID_LENGTH: usize = 255;

/// Everything in the settings of the rules that S3 would refuse.
pub fn problems(config: &Config) -> Vec<Problem> {
    let mut problems = Vec::new();
    not_negative(
        "",
        &[
            ("noncurrent_days", config.noncurrent_days),
            ("multipart_days", config.multipart_days),
            ("cors_max_age_seconds", config.cors_max_age_seconds),
        ],
        &mut problems,
    );
    let all = PrefixRule {
        standard_ia_days: config.standard_ia_days,
        glacier_ir_days: config.glacier_ir_days,
        retention_days: config.retention_days,
        ..PrefixRule::default()
    };
    ages("", &all, &mut problems);
    for (id, rule) in &config.lifecycle_rules {
        let key = format!("lifecycle_rules.{id}");
        let actions = [
            rule.standard_ia_days,
            rule.glacier_ir_days,
            rule.noncurrent_days,
            rule.retention_days,
        ];
        if RESERVED.contains(&id.as_str()) || id.len() > ID_LENGTH {
            problems.push(Problem::new(
                &key,
                format!("`{id}` cannot be the id of a rule"),
                format!(
                    "at most {ID_LENGTH} characters, and not {}",
                    RESERVED.join(" or ")
                ),
            ));
        } else if actions == [0; 4] {
            problems.push(Problem::new(
                &key,
                "the rule does nothing",
                "at least one of standard_ia_days, glacier_ir_days, noncurrent_days and retention_days",
            ));
        }
        let prefix = format!("{key}.");
        not_negative(
            &prefix,
            &[("noncurrent_days", rule.noncurrent_days)],
            &mut problems,
        );
        ages(&prefix, rule, &mut problems);
    }
    problems
}

fn not_negative(prefix: &str, values: &[(&str, i32)], problems: &mut Vec<Problem>) {
    for (key, value) in values {
        if *value < 0 {
            problems.push(Problem::new(
                &format!("{prefix}{key}"),
                format!("{value} is less than 0"),
                "0 (off) or more",
            ));
        }
    }
}

/// Checks the order of transitions and expiration. `prefix` comes before the keys.
fn ages(prefix: &str, rule: &PrefixRule, problems: &mut Vec<Problem>) {
    let (ia, glacier, retention) = (
        rule.standard_ia_days,
        rule.glacier_ir_days,
        rule.retention_days,
    );
    not_negative(
        prefix,
        &[
            ("standard_ia_days", ia),
            ("glacier_ir_days", glacier),
            ("retention_days", retention),
        ],
        problems,
    );
    let key = |name: &str| format!("{prefix}{name}");
    if (1..STANDARD_IA_MIN_DAYS).contains(&ia) {
        problems.push(Problem::new(
            &key("standard_ia_days"),
            format!("S3 does not move objects to STANDARD_IA after {ia} days"),
            format!("0 (off), or {STANDARD_IA_MIN_DAYS} or more"),
        ));
    }
    if ia > 0 && glacier > 0 && glacier < ia + STANDARD_IA_MIN_DAYS {
        problems.push(Problem::new(
            &key("glacier_ir_days"),
            format!("{glacier} days is too soon after standard_ia_days = {ia}"),
            format!("0 (off), or {} or more", ia + STANDARD_IA_MIN_DAYS),
        ));
    }
    let last = ia.max(glacier);
    if retention > 0 && retention <= last {
        problems.push(Problem::new(
            &key("retention_days"),
            format!(
                "objects would be deleted after {retention} days, before they move after {last}"
            ),
            format!("0 (never delete), or more than {last}"),
        ));
    }
}
