//! Reading log groups in as few calls as possible.

use crate::Client;
use crate::errors::NOT_FOUND;
use aws_sdk_cloudwatchlogs::types::LogGroup;
use rd_common::aws::Explain;
use rd_common::{Result, Tags};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The log group that AWS has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The group's name, which is its id.
    pub name: String,
    /// How many days events are kept; none for ever.
    pub retention_days: Option<i32>,
    /// The ARN of the KMS key; none for AWS's own key.
    pub kms_key: Option<String>,
    /// The ARN without the suffix `:*`, which AWS appends in some answers.
    pub arn: String,
}

/// Reads the groups whose names begin with `prefix`.
pub async fn with_prefix(logs: &Client, prefix: &str) -> Result<Vec<Live>> {
    let call = logs.describe_log_groups().log_group_name_prefix(prefix);
    let groups = call.into_paginator().items().send();
    let groups = groups.try_collect().await;
    let groups = groups.doing("read the log groups")?;
    Ok(groups.iter().map(live).collect())
}

/// Reads the group with exactly this name; none if it does not exist.
pub async fn named(logs: &Client, name: &str) -> Result<Option<Live>> {
    let groups = with_prefix(logs, name).await?;
    Ok(groups.into_iter().find(|group| group.name == name))
}

/// Reads the tags of the group with this ARN; none if it was deleted, although lists can still show it.
pub async fn tags(logs: &Client, arn: &str) -> Result<Option<Tags>> {
    let call = logs.list_tags_for_resource().resource_arn(arn);
    match call.send().await.doing("read the log group's tags") {
        Err(error) if error.is(&[NOT_FOUND]) => Ok(None),
        other => Ok(Some(other?.tags.unwrap_or_default().into_iter().collect())),
    }
}

/// The prefixes to read, so that groups in the same folder (the name up to its last `/`) take one call.
pub fn prefixes<'a>(names: &[&'a str]) -> BTreeSet<&'a str> {
    let is_alone = |name: &str| {
        let same_folder = names.iter().filter(|one| folder(one) == folder(name));
        same_folder.count() == 1
    };
    names
        .iter()
        .map(|name| if is_alone(name) { name } else { folder(name) })
        .collect()
}

fn folder(name: &str) -> &str {
    name.rfind('/').map_or(name, |end| &name[..=end])
}

fn live(group: &LogGroup) -> Live {
    let arn = group.arn().unwrap_or_default();
    Live {
        name: group.log_group_name().unwrap_or_default().to_owned(),
        retention_days: group.retention_in_days(),
        kms_key: group.kms_key_id().map(str::to_owned),
        arn: arn.trim_end_matches(":*").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rd_testkit::canned::{answering, sdk_config};

    #[tokio::test]
    async fn a_group_is_read_as_aws_describes_it() {
        let body = r#"{"logGroups": [
            {"arn": "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/api:*", "creationTime": 1516721541266,
             "logGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/api", "logGroupClass": "STANDARD",
             "logGroupName": "/ecs/api", "metricFilterCount": 0, "storedBytes": 0},
            {"arn": "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/api2:*", "creationTime": 1516721541266,
             "kmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/12ab", "logGroupName": "/ecs/api2",
             "metricFilterCount": 0, "retentionInDays": 30, "storedBytes": 4096}]}"#;
        let logs = Client::new(&sdk_config(answering(body)));
        let live = named(&logs, "/ecs/api").await.unwrap().unwrap();
        assert_eq!(live.retention_days, None);
        assert_eq!(live.kms_key, None);
        assert_eq!(
            live.arn,
            "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/api"
        );
        let other = named(&logs, "/ecs/api2").await.unwrap().unwrap();
        assert_eq!(other.retention_days, Some(30));
        let key = "arn:aws:kms:us-east-1:123456789012:key/12ab";
        assert_eq!(other.kms_key.as_deref(), Some(key));
        assert!(named(&logs, "/ecs/ap").await.unwrap().is_none());
    }

    #[test]
    fn groups_of_one_folder_are_read_in_one_call() {
        let names = [
            "/aws/rds/instance/a/postgresql",
            "/aws/rds/instance/a/upgrade",
            "/ecs/api",
            "/vpc/api",
        ];
        let expected = ["/aws/rds/instance/a/", "/ecs/api", "/vpc/api"];
        assert_eq!(prefixes(&names), BTreeSet::from(expected));
        assert_eq!(prefixes(&["plain"]), BTreeSet::from(["plain"]));
    }
}
