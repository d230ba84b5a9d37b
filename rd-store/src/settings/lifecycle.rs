//! What happens to objects as they age.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html>

use crate::config::Config;
use crate::settings::{incomplete, unset};
use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, ExpirationStatus,
    LifecycleExpiration, LifecycleRule, LifecycleRuleFilter, NoncurrentVersionExpiration,
    Transition, TransitionStorageClass,
};
use rd_common::Result;
use rd_common::aws::Explain;
use serde::{Deserialize, Serialize};

/// One rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its name.
    pub id: String,
    /// Whether it is on.
    pub enabled: bool,
    /// For which objects; empty for all. What is not a prefix is shown whole.
    pub prefix: String,
    /// Days and storage class of each move.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transitions: Vec<(i32, String)>,
    /// Days until objects are deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expire_days: Option<i32>,
    /// Days until noncurrent versions are deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noncurrent_days: Option<i32>,
    /// Days until unfinished uploads are deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multipart_days: Option<i32>,
}

fn rule(id: &str) -> Rule {
    Rule {
        id: id.to_owned(),
        enabled: true,
        ..Rule::default()
    }
}

fn days(count: i32) -> Option<i32> {
    (count > 0).then_some(count)
}

/// The rules that are wanted, by name. A rule with nothing to do is left out.
pub fn wanted(config: &Config) -> Vec<Rule> {
    let moves = [
        (config.standard_ia_days, "STANDARD_IA"),
        (config.glacier_ir_days, "GLACIER_IR"),
    ];
    let moves: Vec<(i32, String)> = moves
        .into_iter()
        .filter(|(days, _)| *days > 0)
        .map(|(days, class)| (days, class.to_owned()))
        .collect();
    let age = Rule {
        transitions: moves,
        expire_days: days(config.retention_days),
        ..rule("age")
    };
    let clean = Rule {
        noncurrent_days: days(config.noncurrent_days),
        multipart_days: days(config.multipart_days),
        ..rule("clean-up")
    };
    [age, clean]
        .into_iter()
        .filter(|r| {
            !r.transitions.is_empty()
                || r.expire_days.is_some()
                || r.noncurrent_days.is_some()
                || r.multipart_days.is_some()
        })
        .collect()
}

/// Reads them, by name.
pub async fn get(s3: &Client, bucket: &str) -> Result<Vec<Rule>> {
    let answer = s3
        .get_bucket_lifecycle_configuration()
        .bucket(bucket)
        .send()
        .await;
    let rules = unset(answer.doing("read the life cycle"))?.and_then(|answer| answer.rules);
    let mut rules: Vec<Rule> = rules.unwrap_or_default().iter().map(read).collect();
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(rules)
}

fn read(rule: &LifecycleRule) -> Rule {
    let filter = rule.filter();
    let other = filter.filter(|f| {
        f.tag().is_some()
            || f.and().is_some()
            || f.object_size_greater_than().is_some()
            || f.object_size_less_than().is_some()
    });
    let prefix = match other {
        Some(filter) => format!("{filter:?}"),
        None => filter
            .and_then(LifecycleRuleFilter::prefix)
            .or(old_prefix(rule))
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

/// Where rules had their prefix before there were filters.
#[expect(deprecated, reason = "rules made by hand may still have it")]
fn old_prefix(rule: &LifecycleRule) -> Option<&str> {
    rule.prefix()
}

/// Sets them; no rules take the setting away.
pub async fn put(s3: &Client, bucket: &str, wanted: &[Rule]) -> Result<()> {
    if wanted.is_empty() {
        return s3
            .delete_bucket_lifecycle()
            .bucket(bucket)
            .send()
            .await
            .doing("remove the life cycle")
            .map(|_| ());
    }
    let mut configuration = BucketLifecycleConfiguration::builder();
    for rule in wanted {
        configuration = configuration.rules(write(rule)?);
    }
    let configuration = configuration.build().map_err(incomplete)?;
    let call = s3
        .put_bucket_lifecycle_configuration()
        .bucket(bucket)
        .lifecycle_configuration(configuration);
    call.send().await.doing("set the life cycle").map(|_| ())
}

fn write(rule: &Rule) -> Result<LifecycleRule> {
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
    builder.build().map_err(incomplete)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_read() {
        let config = Config {
            retention_days: 365,
            ..Config::default()
        };
        for rule in wanted(&config) {
            assert_eq!(read(&write(&rule).unwrap()), rule);
        }
        assert_eq!(wanted(&config).len(), 2);
    }

    #[test]
    fn nothing_wanted_is_no_rule() {
        let off = Config {
            standard_ia_days: 0,
            glacier_ir_days: 0,
            noncurrent_days: 0,
            multipart_days: 0,
            ..Config::default()
        };
        assert_eq!(wanted(&off), []);
    }
}
