//! `log_group`: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html>

use crate::{Client, Logs};
use rd_common::aws::Explain;
use rd_common::{Change, Cx, Diff, Found, Kind, Order, Result, Tags, Wanted, touches};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// The kind, for a slice with clients `C`.
pub struct LogGroup<C>(PhantomData<C>);

/// What we want.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// Its name, which is its id.
    pub name: String,
    /// How long events are kept, in days.
    pub retention_days: i32,
    /// The ARN of the KMS key that it is encrypted with; else a key of AWS's.
    #[serde(default)]
    pub kms_key: Option<String>,
}

/// What there is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// Its name.
    pub name: String,
    /// How long events are kept, in days; none for ever.
    pub retention_days: Option<i32>,
    /// The ARN of its KMS key; none for a key of AWS's.
    pub kms_key: Option<String>,
    /// Its ARN, without the `:*` that AWS puts behind some.
    pub arn: String,
}

const GONE: &str = "ResourceNotFoundException";

async fn read(logs: &Client, name: &str) -> Result<Option<Live>> {
    let call = logs.describe_log_groups().log_group_name_prefix(name);
    let groups = call.send().await.doing("read the log group")?;
    let mut groups = groups.log_groups.unwrap_or_default().into_iter();
    let group = groups.find(|group| group.log_group_name() == Some(name));
    Ok(group.map(|group| Live {
        name: name.to_owned(),
        retention_days: group.retention_in_days(),
        kms_key: group.kms_key_id().map(str::to_owned),
        arn: group
            .arn()
            .unwrap_or_default()
            .trim_end_matches(":*")
            .to_owned(),
    }))
}

async fn tags(logs: &Client, arn: &str) -> Result<Tags> {
    let call = logs.list_tags_for_resource().resource_arn(arn);
    let answer = call.send().await.doing("read the log group's tags")?;
    Ok(answer.tags.unwrap_or_default().into_iter().collect())
}

impl<C: Logs> Kind for LogGroup<C> {
    const NAME: &'static str = "log_group";
    const TAGS_UNTOLD: bool = true;
    type Spec = Spec;
    type Live = Live;
    type Clients = C;

    async fn find(cx: &Cx<C>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let logs = cx.clients.logs();
        let mut found = Vec::new();
        for one in wanted {
            let Some(name) = one.id_or(|spec| &spec.name) else {
                continue;
            };
            let Some(live) = read(logs, &name).await? else {
                continue;
            };
            let tags = match &one.id {
                Some(id) if cx.knows(id) => None,
                _ => Some(tags(logs, &live.arn).await?),
            };
            found.push(Found {
                address: one.address.clone(),
                id: name,
                live,
                tags,
            });
        }
        Ok(found)
    }

    async fn create(cx: &Cx<C>, order: Order<'_, Spec>) -> Result<String> {
        let name = &order.spec.name;
        let call = cx
            .clients
            .logs_once()
            .create_log_group()
            .log_group_name(name)
            .set_kms_key_id(order.spec.kms_key.clone())
            .set_tags(Some(order.tags.clone().into_iter().collect()));
        match call.send().await.doing("create the log group") {
            Err(error) if error.is(&["ResourceAlreadyExistsException"]) => Ok(name.clone()),
            other => other.map(|_| name.clone()),
        }
    }

    async fn update(
        cx: &Cx<C>,
        id: &str,
        _live: &Live,
        spec: &Spec,
        changes: &[Change],
    ) -> Result<()> {
        let logs = cx.clients.logs();
        if touches(changes, "retention_days") {
            let call = logs.put_retention_policy().log_group_name(id);
            let call = call.retention_in_days(spec.retention_days).send();
            call.await.doing("change the log group's retention")?;
        }
        if touches(changes, "kms_key") {
            let doing = "change the log group's key";
            match &spec.kms_key {
                Some(key) => {
                    let call = logs.associate_kms_key().log_group_name(id).kms_key_id(key);
                    call.send().await.doing(doing)?;
                }
                None => {
                    let call = logs.disassociate_kms_key().log_group_name(id);
                    call.send().await.doing(doing)?;
                }
            }
        }
        Ok(())
    }

    async fn delete(cx: &Cx<C>, id: &str) -> Result<()> {
        let call = cx.clients.logs().delete_log_group().log_group_name(id);
        match call.send().await.doing("delete the log group") {
            Err(error) if error.is(&[GONE]) => Ok(()),
            other => other.map(|_| ()),
        }
    }

    async fn tag(cx: &Cx<C>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        let logs = cx.clients.logs();
        let Some(Live { arn, .. }) = read(logs, id).await? else {
            return Ok(());
        };
        if !set.is_empty() {
            let tags = set.clone().into_iter().collect();
            let call = logs.tag_resource().resource_arn(&arn).set_tags(Some(tags));
            call.send().await.doing("set the log group's tags")?;
        }
        if !remove.is_empty() {
            let call = logs.untag_resource().resource_arn(&arn);
            let call = call.set_tag_keys(Some(remove.to_vec())).send();
            call.await.doing("remove the log group's tags")?;
        }
        Ok(())
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        Diff::new()
            .fixed("name", &live.name, &spec.name)
            .field("retention_days", live.retention_days, spec.retention_days)
            .field("kms_key", &live.kms_key, &spec.kms_key)
            .finish()
    }
}
