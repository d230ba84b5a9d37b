//! `flow_log_group`: the CloudWatch log group that flow logs go to.
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html>

use crate::clients::Clients;
use rd_common::aws::Explain;
use rd_common::{Change, Cx, Diff, Found, Kind, Order, Result, Tags, Wanted};
use serde::{Deserialize, Serialize};

/// The kind.
pub struct FlowLogGroup;

/// What we want.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// Its name, which is its id.
    pub name: String,
    /// How long events are kept, in days.
    pub retention_days: i32,
}

/// What there is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// Its name.
    pub name: String,
    /// How long events are kept, in days; none for ever.
    pub retention_days: Option<i32>,
    /// Its ARN, without the `:*` that AWS puts behind some.
    pub arn: String,
}

impl Kind for FlowLogGroup {
    const NAME: &'static str = "flow_log_group";
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(cx: &Cx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let logs = &cx.clients.logs;
        let mut found = Vec::new();
        for one in wanted {
            let Some(name) = one.id_or(|spec| &spec.name) else {
                continue;
            };
            let answer = logs
                .describe_log_groups()
                .log_group_name_prefix(&name)
                .send()
                .await;
            let groups = answer.doing("read the flow logs' log group")?;
            let Some(group) = groups
                .log_groups()
                .iter()
                .find(|group| group.log_group_name() == Some(&name))
            else {
                continue;
            };
            let arn = group
                .arn()
                .unwrap_or_default()
                .trim_end_matches(":*")
                .to_owned();
            let tags = logs
                .list_tags_for_resource()
                .resource_arn(&arn)
                .send()
                .await;
            let tags = tags
                .doing("read the log group's tags")?
                .tags
                .unwrap_or_default();
            found.push(Found {
                address: one.address.clone(),
                id: name.clone(),
                live: Live {
                    name,
                    retention_days: group.retention_in_days(),
                    arn,
                },
                tags: Some(tags.into_iter().collect()),
            });
        }
        Ok(found)
    }

    async fn create(cx: &Cx<Clients>, order: Order<'_, Spec>) -> Result<String> {
        let name = &order.spec.name;
        let tags = order.tags.clone().into_iter().collect();
        let call = cx
            .clients
            .logs_once
            .create_log_group()
            .log_group_name(name)
            .set_tags(Some(tags));
        match call.send().await.doing("create the flow logs' log group") {
            Err(error) if error.is(&["ResourceAlreadyExistsException"]) => Ok(name.clone()),
            other => other.map(|_| name.clone()),
        }
    }

    async fn update(
        cx: &Cx<Clients>,
        id: &str,
        _live: &Live,
        spec: &Spec,
        _changes: &[Change],
    ) -> Result<()> {
        let call = cx
            .clients
            .logs
            .put_retention_policy()
            .log_group_name(id)
            .retention_in_days(spec.retention_days);
        call.send()
            .await
            .doing("change the log group's retention")
            .map(|_| ())
    }

    async fn delete(cx: &Cx<Clients>, id: &str) -> Result<()> {
        match cx
            .clients
            .logs
            .delete_log_group()
            .log_group_name(id)
            .send()
            .await
            .doing("delete the log group")
        {
            Err(error) if error.is(&["ResourceNotFoundException"]) => Ok(()),
            other => other.map(|_| ()),
        }
    }

    async fn tag(cx: &Cx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        let answer = cx
            .clients
            .logs
            .describe_log_groups()
            .log_group_name_prefix(id)
            .send()
            .await;
        let groups = answer.doing("read the flow logs' log group")?;
        let group = groups
            .log_groups()
            .iter()
            .find(|group| group.log_group_name() == Some(id));
        let arn = group
            .and_then(|group| group.arn())
            .unwrap_or_default()
            .trim_end_matches(":*");
        if !set.is_empty() {
            let tags = set.clone().into_iter().collect();
            let call = cx
                .clients
                .logs
                .tag_resource()
                .resource_arn(arn)
                .set_tags(Some(tags));
            call.send().await.doing("set the log group's tags")?;
        }
        if !remove.is_empty() {
            let call = cx
                .clients
                .logs
                .untag_resource()
                .resource_arn(arn)
                .set_tag_keys(Some(remove.to_vec()));
            call.send().await.doing("remove the log group's tags")?;
        }
        Ok(())
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        Diff::new()
            .fixed("name", &live.name, &spec.name)
            .field("retention_days", live.retention_days, spec.retention_days)
            .finish()
    }
}
