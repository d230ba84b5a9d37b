//! Reading log groups.

use crate::Client;
use crate::kind::Live;
use aws_sdk_cloudwatchlogs::types::LogGroup;
use rd_common::aws::Explain;
use rd_common::{Result, Tags};
use std::collections::BTreeSet;

/// The groups whose names begin so.
pub async fn beginning_with(logs: &Client, prefix: &str) -> Result<Vec<Live>> {
    let mut all = Vec::new();
    let mut next = None;
    loop {
        let call = logs.describe_log_groups().log_group_name_prefix(prefix);
        let call = call.set_next_token(next);
        let page = call.send().await.doing("read the log groups")?;
        all.extend(page.log_groups().iter().map(live));
        next = page.next_token;
        if next.is_none() {
            return Ok(all);
        }
    }
}

/// The group of this name.
pub async fn named(logs: &Client, name: &str) -> Result<Option<Live>> {
    let groups = beginning_with(logs, name).await?;
    Ok(groups.into_iter().find(|group| group.name == name))
}

/// Its tags.
pub async fn tags(logs: &Client, arn: &str) -> Result<Tags> {
    let call = logs.list_tags_for_resource().resource_arn(arn);
    let answer = call.send().await.doing("read the log group's tags")?;
    Ok(answer.tags.unwrap_or_default().into_iter().collect())
}

/// The fewest prefixes that find all of these names and little else: groups of one folder are read in one call.
pub fn prefixes<'a>(names: &[&'a str]) -> BTreeSet<&'a str> {
    let alone = |name: &str| {
        let beside = names.iter().filter(|one| folder(one) == folder(name));
        beside.count() == 1
    };
    names
        .iter()
        .map(|name| if alone(name) { name } else { folder(name) })
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
