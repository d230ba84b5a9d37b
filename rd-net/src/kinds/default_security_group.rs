//! `default_security_group`: the group that AWS makes with every VPC, kept without rules, so that what is put into it
//! by mistake can talk to nobody. It comes and goes with the VPC.
//! <https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html>

use crate::clients::Clients;
use crate::ec2::errors::incomplete;
use crate::ec2::read::Query;
use crate::ec2::{rules, tags};
use rd_common::{
    Change, CreateRequest, Ctx, Diff, Found, Input, Kind, Result, Retry, Tags, Wanted,
};
use serde::{Deserialize, Serialize};

/// The kind.
pub struct DefaultSecurityGroup;

/// What we want: the VPC's, with no rules.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The VPC.
    pub vpc_id: Input,
}

/// What there is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The VPC.
    pub vpc_id: String,
    /// Its rules, all of them not ours.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign_rules: Vec<rules::Foreign>,
}

async fn of_vpc(ctx: &Ctx<Clients>, vpc: &str) -> Result<Option<String>> {
    let mut query = Query::default();
    query.all.insert(vec![
        ("vpc-id".to_owned(), vpc.to_owned()),
        ("group-name".to_owned(), "default".to_owned()),
    ]);
    let groups = ctx.clients.reads.security_groups.ask(query).await?;
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
                    of_vpc(ctx, spec.vpc_id.text()).await?
                }
                _ => None,
            };
            let Some(id) = id else {
                continue;
            };
            let (groups, foreign) = futures_util::future::try_join(
                ctx.clients
                    .reads
                    .security_groups
                    .ask(Query::by("group-id", [id.clone()])),
                rules::foreign(ctx, [id.clone()]),
            )
            .await?;
            if let Some(group) = groups.iter().find(|group| group.group_id() == Some(&id)) {
                found.push(Found {
                    address: one.address.clone(),
                    live: Live {
                        vpc_id: group.vpc_id().unwrap_or_default().to_owned(),
                        foreign_rules: foreign.of(&id).collect(),
                    },
                    tags: Some(tags::read(group.tags())),
                    id,
                });
            }
        }
        Ok(found)
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        // It is there as soon as the VPC is; reads may lag.
        let group = of_vpc(ctx, request.spec.vpc_id.text()).await?;
        group.ok_or_else(|| incomplete("VPC's default group").retry(Retry::NotDone))
    }

    async fn update(
        ctx: &Ctx<Clients>,
        id: &str,
        live: &Live,
        _spec: &Spec,
        _changes: &[Change],
    ) -> Result<()> {
        rules::revoke(ctx, id, &live.foreign_rules).await
    }

    async fn delete(_: &Ctx<Clients>, _: &str) -> Result<()> {
        Ok(())
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        tags::change(ctx, id, set, remove).await
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        Diff::new()
            .fixed("vpc_id", &live.vpc_id, &spec.vpc_id)
            .field("foreign_rules", rules::words(&live.foreign_rules), [""; 0])
            .finish()
    }
}
