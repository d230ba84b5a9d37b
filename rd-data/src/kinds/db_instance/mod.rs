//! `db_instance`: the PostgreSQL instance.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstance.html>
//!
//! An instance is known by its tags: a restored instance has another name and takes the place of the first one.

mod create;
pub mod delete;
mod details;
pub mod diff;
pub mod failure;
pub mod model;
pub mod modify;
mod offered;
pub mod read;
mod refused_changes;
mod status;
pub mod support;

use crate::clients::Clients;
use crate::kinds::db_parameter_group::DbParameterGroup;
use crate::rds;
use aws_sdk_rds::types::DbInstance as Instance;
use model::{Live, Spec, live};
use rd_common::arn::last_part;
use rd_common::stack::FINAL_SNAPSHOT_TAG;
use rd_common::{
    Attribute, Change, CreateRequest, Ctx, Deletion, Details, Error, Found, Kind, Note, Readiness,
    Result, Tags, Timeouts, Wanted, attribute, tags_from_sdk,
};
use rd_secret::secret::GIVEN_GENERATION_TAG;
use read::{address_of, describe, matching, name};
use serde_json::Value;
use std::time::Duration;

/// The kind `db_instance`: the PostgreSQL instance.
pub struct DbInstance;

impl DbInstance {
    /// The DNS name of the endpoint.
    pub const HOST: Attribute<String> = attribute!(Live, host);
    /// The port of the endpoint.
    pub const PORT: Attribute<i32> = attribute!(Live, port);
}

impl Kind for DbInstance {
    const NAME: &'static str = "db_instance";
    const DATA: Option<&'static str> = Some("the database, but for its final snapshot");
    const WHILE_GONE: Option<&'static str> = Some("the database does not answer");
    /// It is `available` for moments between backups and other work that follow a create or a change.
    /// <https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/rds/instance.go>
    const READS_IN_A_ROW: u32 = 3;
    const IN_TAGS: &'static [(&'static str, &'static str)] = &[
        ("final_snapshot", FINAL_SNAPSHOT_TAG),
        ("secret_generation", GIVEN_GENERATION_TAG),
    ];
    const CHECKED_WITH_AWS: &'static [&'static str] = offered::CHECKED;
    const TIMEOUTS: Timeouts = Timeouts {
        first: Duration::from_millis(200),
        pause: Duration::from_secs(10),
        limit: Duration::from_secs(90 * 60),
    };
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let ids: Option<Vec<String>> = wanted.iter().map(|one| one.id.clone()).collect();
        let instances = describe(&ctx.clients, ids).await?;
        let found = |address: &str, instance: &Instance| Found {
            address: address.to_owned(),
            id: name(instance).to_owned(),
            live: live(instance),
            tags: Some(tags_from_sdk!(instance.tag_list())),
        };
        let mut all = Vec::new();
        for one in wanted {
            if one.is_any() {
                for instance in &instances {
                    if let Some(address) = address_of(&ctx.stack, ctx.slice, instance) {
                        all.push(found(&address, instance));
                    }
                }
                continue;
            }
            all.extend(
                matching(ctx, one, &instances)
                    .into_iter()
                    .map(|instance| found(&one.address, instance)),
            );
        }
        for one in &mut all {
            one.live = failure::with_cause(ctx, &one.id, one.live.clone()).await;
        }
        Ok(all)
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        create::create(ctx, request).await
    }

    async fn update(
        ctx: &Ctx<Clients>,
        id: &str,
        live: &Live,
        spec: &Spec,
        changes: &[Change],
    ) -> Result<()> {
        modify::modify(ctx, id, live, spec, changes).await
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        delete::delete(ctx, id).await
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        rds::change_tags(ctx, &rds::arn(ctx, "db", id), set, remove).await
    }

    fn diff(spec: &Spec, live: &Live, last: Option<&Spec>) -> Vec<Change> {
        diff::diff(spec, live, last)
    }

    /// Its name, from which those of restored instances are made.
    fn keeps(live: &Live) -> Vec<(&'static str, Value)> {
        vec![("identifier", last_part(&live.arn).into())]
    }

    fn validate(spec: &Spec, live: &Live, _last: Option<&Spec>, changes: &[Change]) -> Result<()> {
        refused_changes::check(spec, live, changes)
    }

    async fn check_with_aws(
        ctx: &Ctx<Clients>,
        spec: &Spec,
        live: Option<&Live>,
        changes: &[Change],
    ) -> Result<Vec<Note>> {
        offered::check(ctx, spec, live, changes).await
    }

    fn allow_recreate(id: &str) -> Result<()> {
        Err(Error::refused(format!(
            "the instance {id} no longer exists, and a new, empty database would take its place"
        ))
        .hint(
            "nothing was changed; to restore the data, run rd-data snapshots, then rd-data restore --snapshot ID \
             --switch; for an empty database, run rd-state rm data.db_instance.postgres, then apply",
        ))
    }

    fn pending(live: &Live) -> Option<String> {
        diff::pending(live)
    }

    fn downtime(_live: &Live, changes: &[Change]) -> Option<String> {
        diff::downtime(changes)
    }

    /// While a major upgrade is pending, the instance has the parameter group of the old version.
    fn uses(live: &Live) -> Vec<(&'static str, String)> {
        vec![(DbParameterGroup::NAME, live.db_parameter_group.clone())]
    }

    fn ready(live: &Live) -> Readiness {
        status::readiness(live)
    }

    async fn details(ctx: &Ctx<Clients>, id: &str, live: &Live) -> Result<Details> {
        details::details(ctx, id, live).await
    }
}
