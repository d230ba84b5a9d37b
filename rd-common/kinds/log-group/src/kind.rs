//! `log_group`: a log group with its retention and its key.
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html>

use crate::errors::{EXISTS, NOT_FOUND, explain};
use crate::read::{self, Live};
use crate::{Client, Logs};
use rd_common::aws::Explain;
use rd_common::{
    Attribute, Change, CreateRequest, Ctx, Deletion, Diff, Error, Found, Kind, Result, Retry, Tags,
    Wanted, attribute, touches,
};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// The kind `log_group`, for a slice with clients `C`.
pub struct LogGroup<C>(PhantomData<C>);

impl<C> LogGroup<C> {
    /// The ARN without the suffix `:*`, for resources that write to the group.
    pub const ARN: Attribute<String> = attribute!(Live, arn);
}

/// The desired log group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The group's name, which is its id.
    pub name: String,
    /// How many days events are kept.
    pub retention_days: i32,
    /// The ARN of the KMS key that encrypts the group; none for AWS's own key.
    #[serde(default)]
    pub kms_key: Option<String>,
}

async fn create_group(logs: &Client, spec: &Spec, tags: &Tags) -> Result<()> {
    let call = logs
        .create_log_group()
        .log_group_name(&spec.name)
        .set_kms_key_id(spec.kms_key.clone())
        .set_tags(Some(tags.clone().into_iter().collect()));
    let answer = call.send().await.doing("create the log group");
    answer.map(|_| ()).map_err(explain)
}

async fn set_retention(logs: &Client, name: &str, days: i32) -> Result<()> {
    let call = logs.put_retention_policy().log_group_name(name);
    let call = call.retention_in_days(days).send();
    call.await
        .doing("change the log group's retention")
        .map(|_| ())
        .map_err(explain)
}

async fn set_key(logs: &Client, name: &str, key: Option<&str>) -> Result<()> {
    let doing = "change the log group's key";
    match key {
        Some(key) => {
            let call = logs
                .associate_kms_key()
                .log_group_name(name)
                .kms_key_id(key);
            call.send().await.doing(doing).map(|_| ())
        }
        None => {
            let call = logs.disassociate_kms_key().log_group_name(name);
            call.send().await.doing(doing).map(|_| ())
        }
    }
}

/// Creates a log group with its retention outside of a plan. The events of an existing group are kept.
pub async fn ensure<C: Logs>(ctx: &Ctx<C>, spec: &Spec, tags: &Tags) -> Result<()> {
    match create_group(ctx.clients.logs(), spec, tags).await {
        Err(error) if error.is(&[EXISTS]) => {}
        other => other?,
    }
    set_retention(ctx.clients.logs(), &spec.name, spec.retention_days).await
}

/// Deletes the group of this name; success if it does not exist.
pub async fn delete(logs: &Client, name: &str) -> Result<Deletion> {
    let call = logs.delete_log_group().log_group_name(name);
    Deletion::of(
        call.send().await.doing("delete the log group"),
        &[NOT_FOUND],
    )
    .map_err(explain)
}

impl<C: Logs> Kind for LogGroup<C> {
    const NAME: &'static str = "log_group";
    const DATA: Option<&'static str> = Some("the logs in it");
    const TAGS_NOT_READ: bool = true;
    type Spec = Spec;
    type Live = Live;
    type Clients = C;

    async fn find(ctx: &Ctx<C>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let logs = ctx.clients.logs();
        let named: Vec<(&Wanted<Spec>, String)> = wanted
            .iter()
            .filter_map(|one| Some((one, one.id_or(|spec| &spec.name)?)))
            .collect();
        let names: Vec<&str> = named.iter().map(|(_, name)| name.as_str()).collect();
        let mut groups = Vec::new();
        for prefix in read::prefixes(&names) {
            groups.extend(read::with_prefix(logs, prefix).await?);
        }
        let mut found = Vec::new();
        for (one, name) in named {
            let Some(live) = groups.iter().find(|group| group.name == name) else {
                continue;
            };
            let tags = match &one.id {
                Some(id) if ctx.knows(id) => None,
                _ => match read::tags(logs, &live.arn).await? {
                    None => continue,
                    tags => tags,
                },
            };
            found.push(Found {
                address: one.address.clone(),
                id: name,
                live: live.clone(),
                tags,
            });
        }
        Ok(found)
    }

    /// AWS's services create the groups under `/aws/` with their first message.
    fn created_by_aws(live: &Live) -> bool {
        live.name.starts_with("/aws/")
    }

    async fn create(ctx: &Ctx<C>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let name = request.spec.name.clone();
        match create_group(ctx.clients.logs(), request.spec, request.tags).await {
            // Reads did not show it before. Whose it is, its tags say: the engine reads them next.
            Err(error) if error.is(&[EXISTS]) => Err(error.retry(Retry::Unknown)),
            other => other.map(|()| name),
        }
    }

    async fn update(
        ctx: &Ctx<C>,
        id: &str,
        _live: &Live,
        spec: &Spec,
        changes: &[Change],
    ) -> Result<()> {
        let logs = ctx.clients.logs();
        if touches(changes, "retention_days") {
            set_retention(logs, id, spec.retention_days).await?;
        }
        if touches(changes, "kms_key") {
            set_key(logs, id, spec.kms_key.as_deref())
                .await
                .map_err(explain)?;
        }
        Ok(())
    }

    async fn delete(ctx: &Ctx<C>, id: &str) -> Result<Deletion> {
        delete(ctx.clients.logs(), id).await
    }

    async fn tag(ctx: &Ctx<C>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        let logs = ctx.clients.logs();
        let Some(Live { arn, .. }) = read::named(logs, id).await? else {
            // It was read before: this read lags behind.
            return Err(
                Error::failed(format!("the log group {id} is not visible yet")).retry(Retry::Later),
            );
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
