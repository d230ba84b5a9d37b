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
    /// What else the rule does, which rd never sets, as text, so that it shows as a difference.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub other: String,
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
    let age = Rule {
        transitions: transitions(config.standard_ia_days, config.glacier_ir_days),
        expire_days: days(config.retention_days),
        ..enabled_rule("age")
    };
    let clean_up = Rule {
        noncurrent_days: days(config.noncurrent_days),
        multipart_days: days(config.multipart_days),
        ..enabled_rule("clean-up")
    };
    let by_prefix = config.lifecycle_rules.iter().map(|(id, rule)| Rule {
        prefix: rule.prefix.clone(),
        transitions: transitions(rule.standard_ia_days, rule.glacier_ir_days),
        expire_days: days(rule.retention_days),
        noncurrent_days: days(rule.noncurrent_days),
        ..enabled_rule(id)
    });
    let mut rules: Vec<Rule> = [age, clean_up]
        .into_iter()
        .chain(by_prefix)
        .filter(|r| {
            !r.transitions.is_empty()
                || r.expire_days.is_some()
                || r.noncurrent_days.is_some()
                || r.multipart_days.is_some()
        })
        .collect();
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    rules
}

fn transitions(standard_ia_days: i32, glacier_ir_days: i32) -> Vec<(i32, String)> {
    [
        (standard_ia_days, "STANDARD_IA"),
        (glacier_ir_days, "GLACIER_IR"),
    ]
    .into_iter()
    .filter(|(days, _)| *days > 0)
    .map(|(days, class)| (days, class.to_owned()))
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
        // S3 reports 0 days where an expiration has none.
        expire_days: rule
            .expiration()
            .and_then(LifecycleExpiration::days)
            .filter(|days| *days != 0),
        noncurrent_days: rule
            .noncurrent_version_expiration()
            .and_then(NoncurrentVersionExpiration::noncurrent_days),
        multipart_days: rule
            .abort_incomplete_multipart_upload()
            .and_then(AbortIncompleteMultipartUpload::days_after_initiation),
        other: other_actions(rule),
    }
}

/// The actions of a rule that rd never sets, by their names in S3's API.
fn other_actions(rule: &LifecycleRule) -> String {
    let expiration = rule.expiration();
    let noncurrent = rule.noncurrent_version_expiration();
    let found = [
        (
            "ExpiredObjectDeleteMarker",
            expiration.is_some_and(|e| e.expired_object_delete_marker() == Some(true)),
        ),
        (
            "Expiration.Date",
            expiration.is_some_and(|e| e.date().is_some()),
        ),
        (
            "NewerNoncurrentVersions",
            noncurrent.is_some_and(|n| n.newer_noncurrent_versions().is_some()),
        ),
        (
            "NoncurrentVersionTransitions",
            !rule.noncurrent_version_transitions().is_empty(),
        ),
        (
            "Transition.Date",
            rule.transitions().iter().any(|t| t.date().is_some()),
        ),
    ];
    let names: Vec<&str> = found
        .iter()
        .filter_map(|(name, is_there)| is_there.then_some(*name))
        .collect();
    names.join(", ")
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
    use rd_testkit::canned::{answering, sdk_config};

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

    #[tokio::test]
    async fn rules_are_read_in_each_form_that_s3_reports() {
        let body = "<LifecycleConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
            <Rule><ID>clean-up</ID><Filter/><Status>Enabled</Status>\
            <Expiration><Days>0</Days><ExpiredObjectDeleteMarker>false</ExpiredObjectDeleteMarker></Expiration>\
            <NoncurrentVersionExpiration><NoncurrentDays>30</NoncurrentDays></NoncurrentVersionExpiration>\
            <AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation></AbortIncompleteMultipartUpload>\
            </Rule>\
            <Rule><ID>age</ID><Prefix></Prefix><Status>Enabled</Status>\
            <Transition><Days>90</Days><StorageClass>GLACIER_IR</StorageClass></Transition>\
            <Transition><Days>30</Days><StorageClass>STANDARD_IA</StorageClass></Transition></Rule>\
            <Rule><ID>x</ID><Filter><Prefix>a/</Prefix></Filter><Status>Disabled</Status>\
            <Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>\
            <NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays>\
            <NewerNoncurrentVersions>5</NewerNoncurrentVersions></NoncurrentVersionExpiration></Rule>\
            </LifecycleConfiguration>";
        let live = get(&Client::new(&sdk_config(answering(body))), "b")
            .await
            .unwrap();
        assert_eq!(live[..2], desired(&Config::default()));
        let other = Rule {
            id: "x".to_owned(),
            prefix: "a/".to_owned(),
            noncurrent_days: Some(1),
            other: "ExpiredObjectDeleteMarker, NewerNoncurrentVersions".to_owned(),
            ..Rule::default()
        };
        assert_eq!(live[2], other);
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
