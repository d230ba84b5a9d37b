//! `default_security_group`: the group that AWS creates and deletes with every VPC. It is kept without rules, so that
//! what is put into it by mistake has no network access.
//! <https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html>

use crate::clients::Clients;
use crate::describe::Query;
use crate::ec2::incomplete_answer;
use crate::ec2::{tags, unmanaged_rules};
use rd_common::{
    Change, CreateRequest, Ctx, Deletion, Diff, Found, Input, Kind, Result, Retry, Tags, Wanted,
    tags_from_sdk,
};
use serde::{Deserialize, Serialize};

/// The kind `default_security_group`, which a destroy leaves in AWS.
pub struct DefaultSecurityGroup;

/// The desired group: without any rules.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The id of the VPC.
    pub vpc_id: Input,
}

/// The group as AWS describes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The id of the VPC.
    pub vpc_id: String,
    /// Its rules, none of which rd manages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign_rules: Vec<unmanaged_rules::UnmanagedRule>,
}

/// The id of the VPC's default group; none where EC2 does not return it, because reads can lag.
async fn group_id_of(ctx: &Ctx<Clients>, vpc: &str) -> Result<Option<String>> {
    let mut query = Query::default();
    query.or_all(vec![
        ("vpc-id".to_owned(), vpc.to_owned()),
        ("group-name".to_owned(), "default".to_owned()),
    ]);
    let groups = ctx.clients.describe.security_groups.ask(query).await?;
    let group = groups
        .iter()
        .find(|g| g.vpc_id() == Some(vpc) && g.group_name() == Some("default"));
    Ok(group.and_then(|group| group.group_id().map(str::to_owned)))
}

impl Kind for DefaultSecurityGroup {
    const NAME: &'static str = "default_security_group";
    const RETAINED: bool = true;
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let mut found = Vec::new();
        for one in wanted {
            let id = match (&one.id, &one.spec) {
                (Some(id), _) => Some(id.clone()),
                (None, Some(spec)) if !spec.vpc_id.text().is_empty() => {
                    group_id_of(ctx, spec.vpc_id.text()).await?
                }
                _ => None,
            };
            let Some(id) = id else {
                continue;
            };
            let (groups, unmanaged) = futures_util::future::try_join(
                ctx.clients
                    .describe
                    .security_groups
                    .ask(Query::by("group-id", [id.clone()])),
                unmanaged_rules::read(ctx, [id.clone()]),
            )
            .await?;
            if let Some(group) = groups.iter().find(|group| group.group_id() == Some(&id)) {
                found.push(Found {
                    address: one.address.clone(),
                    live: Live {
                        vpc_id: group.vpc_id().unwrap_or_default().to_owned(),
                        foreign_rules: unmanaged.of(&id).collect(),
                    },
                    tags: Some(tags_from_sdk!(group.tags())),
                    id,
                });
            }
        }
        Ok(found)
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        // AWS creates it with the VPC, but a read can lag.
        let group = group_id_of(ctx, request.spec.vpc_id.text()).await?;
        group.ok_or_else(|| incomplete_answer("VPC default group").retry(Retry::NotDone))
    }

    async fn complete(ctx: &Ctx<Clients>, id: &str, _spec: &Spec) -> Result<()> {
        unmanaged_rules::revoke_all_from_itself(ctx, id).await?;
        unmanaged_rules::revoke_all_outbound(ctx, id).await
    }

    async fn update(
        ctx: &Ctx<Clients>,
        id: &str,
        live: &Live,
        _spec: &Spec,
        _changes: &[Change],
    ) -> Result<()> {
        // What is left shows in the next read.
        unmanaged_rules::revoke(ctx, id, &live.foreign_rules).await?;
        Ok(())
    }

    async fn delete(_: &Ctx<Clients>, _: &str) -> Result<Deletion> {
        Ok(Deletion::Accepted)
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        tags::change(ctx, id, set, remove).await
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        Diff::new()
            .fixed("vpc_id", &live.vpc_id, &spec.vpc_id)
            .field(
                "foreign_rules",
                unmanaged_rules::summaries(&live.foreign_rules),
                [""; 0],
            )
            .finish()
    }
}
