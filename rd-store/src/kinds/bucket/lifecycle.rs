//! The lifecycle rules: when objects move to another storage class and when they are deleted.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html>

use crate::config::Config;
use crate::s3_errors::{if_configured, incomplete_request};
use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, ExpirationStatus,
    LifecycleExpiration, LifecycleRule, LifecycleRuleFilter, NoncurrentVersionExpiration,
    Transition, TransitionStorageClass,
};
use rd_common::Result;
use rd_common::aws::Explain;
use serde::{Deserialize, Serialize};

/// One lifecycle rule, as it is stored in a state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// The rule's id, unique in the bucket.
    pub id: String,
    /// Whether S3 carries out the rule.
    pub enabled: bool,
    /// The prefix of the objects' keys; empty for all objects. A filter that is not a prefix is here as text, so that
    /// it shows as a difference.
    pub prefix: String,
    /// The age in days and the storage class of each transition.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transitions: Vec<(i32, String)>,
    /// The age in days at which objects are deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expire_days: Option<i32>,
    /// How many days after they became noncurrent versions are deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noncurrent_days: Option<i32>,
    /// How many days after their start unfinished multipart uploads are deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multipart_days: Option<i32>,
}

fn enabled_rule(id: &str) -> Rule {
    Rule {
        id: id.to_owned(),
        enabled: true,
        ..Rule::default()
    }
}

/// Days of 0 turn a rule off.
fn days(count: i32) -> Option<i32> {
    (count > 0).then_some(count)
}

/// The rules that `[store]` asks for, by id. A rule without an action is left out.
pub fn desired(config: &Config) -> Vec<Rule> {
    let transitions = [
        (config.standard_ia_days, "STANDARD_IA"),
        (config.glacier_ir_days, "GLACIER_IR"),
    ];
    let transitions: Vec<(i32, String)> = transitions
        .into_iter()
        .filter(|(days, _)| *days > 0)
        .map(|(days, class)| (days, class.to_owned()))
        .collect();
    let age = Rule {
        transitions,
        expire_days: days(config.retention_days),
        ..enabled_rule("age")
    };
    let clean_up = Rule {
        noncurrent_days: days(config.noncurrent_days),
        multipart_days: days(config.multipart_days),
        ..enabled_rule("clean-up")
    };
    [age, clean_up]
        .into_iter()
        .filter(|r| {
            !r.transitions.is_empty()
                || r.expire_days.is_some()
                || r.noncurrent_days.is_some()
                || r.multipart_days.is_some()
        })
        .collect()
}

/// Reads the bucket's rules, by id; none where no lifecycle is configured.
pub async fn get(s3: &Client, bucket: &str) -> Result<Vec<Rule>> {
    let answer = s3
        .get_bucket_lifecycle_configuration()
        .bucket(bucket)
        .send()
        .await;
    let rules =
        if_configured(answer.doing("read the lifecycle rules"))?.and_then(|answer| answer.rules);
    let mut rules: Vec<Rule> = rules.unwrap_or_default().iter().map(from_s3).collect();
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(rules)
}

fn from_s3(rule: &LifecycleRule) -> Rule {
    let filter = rule.filter();
    let not_a_prefix = filter.filter(|f| {
        f.tag().is_some()
            || f.and().is_some()
            || f.object_size_greater_than().is_some()
            || f.object_size_less_than().is_some()
    });
    let prefix = match not_a_prefix {
        Some(filter) => format!("{filter:?}"),
        None => filter
            .and_then(LifecycleRuleFilter::prefix)
            .or(rule_prefix(rule))
            .unwrap_or_default()
            .to_owned(),
    };
    let mut transitions: Vec<(i32, String)> = rule
        .transitions()
        .iter()
        .map(|t| {
            (
                t.days().unwrap_or(0),
                t.storage_class()
                    .map(|c| c.as_str().to_owned())
                    .unwrap_or_default(),
            )
        })
        .collect();
    transitions.sort();
    Rule {
        id: rule.id().unwrap_or_default().to_owned(),
        enabled: *rule.status() == ExpirationStatus::Enabled,
        prefix,
        transitions,
        expire_days: rule.expiration().and_then(LifecycleExpiration::days),
        noncurrent_days: rule
            .noncurrent_version_expiration()
            .and_then(NoncurrentVersionExpiration::noncurrent_days),
        multipart_days: rule
            .abort_incomplete_multipart_upload()
            .and_then(AbortIncompleteMultipartUpload::days_after_initiation),
    }
}

/// The prefix of a rule without a filter, S3's older form.
#[expect(
    deprecated,
    reason = "rules that were created manually may still have it"
)]
fn rule_prefix(rule: &LifecycleRule) -> Option<&str> {
    rule.prefix()
}

/// Replaces the bucket's rules; an empty list deletes the configuration.
pub async fn put(s3: &Client, bucket: &str, desired: &[Rule]) -> Result<()> {
    if desired.is_empty() {
        return s3
            .delete_bucket_lifecycle()
            .bucket(bucket)
            .send()
            .await
            .doing("delete the lifecycle rules")
            .map(|_| ());
    }
    let mut configuration = BucketLifecycleConfiguration::builder();
    for rule in desired {
        configuration = configuration.rules(to_s3(rule)?);
    }
    let configuration = configuration.build().map_err(incomplete_request)?;
    let call = s3
        .put_bucket_lifecycle_configuration()
        .bucket(bucket)
        .lifecycle_configuration(configuration);
    call.send()
        .await
        .doing("set the lifecycle rules")
        .map(|_| ())
}

fn to_s3(rule: &Rule) -> Result<LifecycleRule> {
    let transitions = rule.transitions.iter().map(|(days, class)| {
        Transition::builder()
            .days(*days)
            .storage_class(TransitionStorageClass::from(class.as_str()))
            .build()
    });
    let transitions: Vec<Transition> = transitions.collect();
    let builder = LifecycleRule::builder()
        .id(&rule.id)
        .status(if rule.enabled {
            ExpirationStatus::Enabled
        } else {
            ExpirationStatus::Disabled
        })
        .filter(LifecycleRuleFilter::builder().prefix(&rule.prefix).build())
        .set_transitions((!transitions.is_empty()).then_some(transitions))
        .set_expiration(
            rule.expire_days
                .map(|days| LifecycleExpiration::builder().days(days).build()),
        )
        .set_noncurrent_version_expiration(rule.noncurrent_days.map(|days| {
            NoncurrentVersionExpiration::builder()
                .noncurrent_days(days)
                .build()
        }))
        .set_abort_incomplete_multipart_upload(rule.multipart_days.map(|days| {
            AbortIncompleteMultipartUpload::builder()
                .days_after_initiation(days)
                .build()
        }));
    builder.build().map_err(incomplete_request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_read_as_it_was_written() {
        let config = Config {
            retention_days: 365,
            ..Config::default()
        };
        for rule in desired(&config) {
            assert_eq!(from_s3(&to_s3(&rule).unwrap()), rule);
        }
        assert_eq!(desired(&config).len(), 2);
    }

    #[test]
    fn rules_without_an_action_are_left_out() {
        let off = Config {
            standard_ia_days: 0,
            glacier_ir_days: 0,
            noncurrent_days: 0,
            multipart_days: 0,
            ..Config::default()
        };
        assert_eq!(desired(&off), []);
    }
}
