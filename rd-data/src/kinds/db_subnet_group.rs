//! `db_subnet_group`: <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBSubnetGroup.html>

use crate::clients::Clients;
use crate::rds;
use rd_common::aws::Explain;
use rd_common::{
    Change, CreateRequest, Ctx, Diff, Found, Input, Kind, Readiness, ReplaceOrder, Result, Retry,
    Tags, Wanted,
};
use serde::{Deserialize, Serialize};

/// The kind.
pub struct DbSubnetGroup;

/// What we want.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// Its name, which is its id.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The subnets.
    pub subnet_ids: Input<Vec<String>>,
}

/// What there is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The subnets, sorted.
    pub subnet_ids: Vec<String>,
    /// The VPC.
    pub vpc_id: String,
    /// AWS's word: `Complete`.
    pub status: String,
}

impl Kind for DbSubnetGroup {
    const NAME: &'static str = "db_subnet_group";
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let mut found = Vec::new();
        for one in wanted {
            let Some(name) = one.id_or(|spec| &spec.name) else {
                continue;
            };
            let call = ctx.clients.rds.describe_db_subnet_groups();
            let arn = rds::arn(ctx, "subgrp", &name);
            let (answer, tags) = tokio::join!(
                call.db_subnet_group_name(&name).send(),
                rds::tags(ctx, &arn)
            );
            let answer = match answer.doing("read the database's subnet group") {
                Err(error) if rds::is_gone(&error) => continue,
                other => other?,
            };
            let (Some(group), Some(tags)) = (answer.db_subnet_groups().first(), tags?) else {
                continue;
            };
            let mut subnet_ids: Vec<String> = group
                .subnets()
                .iter()
                .filter_map(|subnet| subnet.subnet_identifier().map(str::to_owned))
                .collect();
            subnet_ids.sort();
            found.push(Found {
                address: one.address.clone(),
                id: name.clone(),
                live: Live {
                    name,
                    description: group
                        .db_subnet_group_description()
                        .unwrap_or_default()
                        .to_owned(),
                    subnet_ids,
                    vpc_id: group.vpc_id().unwrap_or_default().to_owned(),
                    status: group.subnet_group_status().unwrap_or_default().to_owned(),
                },
                tags: Some(tags),
            });
        }
        Ok(found)
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let name = &request.spec.name;
        let call = ctx
            .clients
            .rds_once
            .create_db_subnet_group()
            .db_subnet_group_name(name)
            .db_subnet_group_description(&request.spec.description)
            .set_subnet_ids(request.spec.subnet_ids.known().cloned())
            .set_tags(Some(rds::list(request.tags)));
        match call
            .send()
            .await
            .doing("create the database's subnet group")
        {
            // Looked for before, so it is what an attempt with a lost answer made.
            Err(error) if error.is(&["DBSubnetGroupAlreadyExists"]) => Ok(name.clone()),
            other => other.map(|_| name.clone()),
        }
    }

    async fn update(
        ctx: &Ctx<Clients>,
        id: &str,
        _live: &Live,
        spec: &Spec,
        _changes: &[Change],
    ) -> Result<()> {
        let call = ctx
            .clients
            .rds
            .modify_db_subnet_group()
            .db_subnet_group_name(id)
            .db_subnet_group_description(&spec.description)
            .set_subnet_ids(spec.subnet_ids.known().cloned());
        call.send()
            .await
            .doing("change the database's subnet group")
            .map(|_| ())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<()> {
        let call = ctx.clients.rds.delete_db_subnet_group();
        let answer = call.db_subnet_group_name(id).send().await;
        rds::deleted(
            answer
                .doing("delete the database's subnet group")
                .map(|_| ()),
        )
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        rds::tag(ctx, &rds::arn(ctx, "subgrp", id), set, remove).await
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        let mut diff = Diff::new();
        diff.fixed("name", &live.name, &spec.name).field(
            "description",
            &live.description,
            &spec.description,
        );
        diff.set_once_known("subnet_ids", &live.subnet_ids, &spec.subnet_ids);
        diff.finish()
    }

    fn ready(live: &Live) -> Readiness {
        match live.status.as_str() {
            "Complete" | "" => Readiness::Ready,
            other => Readiness::Pending(other.to_owned()),
        }
    }

    fn replace_order(_: &[Change]) -> ReplaceOrder {
        ReplaceOrder::DeleteFirst
    }

    async fn in_use_by(ctx: &Ctx<Clients>, id: &str) -> Result<Option<String>> {
        let answer = ctx.clients.rds.describe_db_instances().send().await;
        let answer = match answer.doing("look for what uses the subnet group") {
            Err(error) if error.retry == Retry::Never => return Ok(None),
            other => other?,
        };
        let users: Vec<String> = answer
            .db_instances()
            .iter()
            .filter(|instance| {
                instance
                    .db_subnet_group()
                    .is_some_and(|group| group.db_subnet_group_name() == Some(id))
            })
            .map(|instance| {
                format!(
                    "the instance {} ({})",
                    instance.db_instance_identifier().unwrap_or_default(),
                    instance.db_instance_status().unwrap_or_default()
                )
            })
            .collect();
        Ok((!users.is_empty()).then(|| users.join(", ")))
    }
}
