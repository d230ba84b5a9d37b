//! `security_group`: a group and the absence of rules that are not ours. The rules that are are resources of their own.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroup.html>

use crate::clients::Clients;
use crate::ec2::errors::{deleted, incomplete};
use crate::ec2::{find, in_use_by, rules, tags};
use crate::slice::ANYWHERE;
use aws_sdk_ec2::types::{IpPermission, IpRange, ResourceType};
use rd_common::aws::Explain;
use rd_common::{
    Change, CreateRequest, Ctx, Diff, Found, Input, Kind, ReplaceOrder, Result, Tags, Wanted,
};
use serde::{Deserialize, Serialize};

/// The kind.
pub struct SecurityGroup;

/// What we want.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The VPC.
    pub vpc_id: Input,
    /// Its name, unique in the VPC.
    pub group_name: String,
    /// What it is for.
    pub description: String,
}

/// What there is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The VPC.
    pub vpc_id: String,
    /// Its name.
    pub group_name: String,
    /// What it is for.
    pub description: String,
    /// Rules that are not ours, in words, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign_rules: Vec<rules::Foreign>,
}

impl Kind for SecurityGroup {
    const NAME: &'static str = "security_group";
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let ids = wanted.iter().filter_map(|one| one.id.clone());
        let (groups, foreign) = futures_util::future::try_join(
            ctx.clients
                .reads
                .security_groups
                .ask(find::query(ctx, wanted, "group-id")),
            rules::foreign(ctx, ids),
        )
        .await?;
        let mut found = find::found(
            ctx,
            wanted,
            &groups,
            aws_sdk_ec2::types::SecurityGroup::group_id,
            |g| g.tags(),
            |g| Live {
                vpc_id: g.vpc_id().unwrap_or_default().to_owned(),
                group_name: g.group_name().unwrap_or_default().to_owned(),
                description: g.description().unwrap_or_default().to_owned(),
                foreign_rules: Vec::new(),
            },
        );
        let by_tag = found
            .iter()
            .map(|one| one.id.clone())
            .filter(|id| !foreign.knows(id));
        let more = rules::foreign(ctx, by_tag.collect::<Vec<_>>()).await?;
        for one in &mut found {
            one.live.foreign_rules = foreign.of(&one.id).chain(more.of(&one.id)).collect();
        }
        Ok(found)
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let answer = ctx
            .clients
            .ec2_once
            .create_security_group()
            .vpc_id(request.spec.vpc_id.text())
            .group_name(&request.spec.group_name)
            .description(&request.spec.description)
            .tag_specifications(tags::specification(
                ResourceType::SecurityGroup,
                request.tags,
            ))
            .send()
            .await
            .doing("create the security group")?;
        let id = answer.group_id.ok_or_else(|| incomplete("group's id"))?;
        // A new group may send anywhere. Others wait for it, so its rules are not looked at first; where this fails,
        // the look that comes next finds the rule.
        let anywhere = IpPermission::builder()
            .ip_protocol("-1")
            .ip_ranges(IpRange::builder().cidr_ip(ANYWHERE).build());
        let call = ctx.clients.ec2.revoke_security_group_egress().group_id(&id);
        let _ = call.ip_permissions(anywhere.build()).send().await;
        Ok(id)
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

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<()> {
        deleted(
            ctx.clients
                .ec2
                .delete_security_group()
                .group_id(id)
                .send()
                .await
                .doing("delete the security group"),
        )
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        tags::change(ctx, id, set, remove).await
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        Diff::new()
            .fixed("vpc_id", &live.vpc_id, &spec.vpc_id)
            .fixed("group_name", &live.group_name, &spec.group_name)
            .fixed("description", &live.description, &spec.description)
            .field("foreign_rules", rules::words(&live.foreign_rules), [""; 0])
            .finish()
    }

    fn replace_order(changes: &[Change]) -> ReplaceOrder {
        // The name is taken as long as the old one is there.
        if rd_common::touches(changes, "vpc_id") || rd_common::touches(changes, "group_name") {
            ReplaceOrder::CreateFirst
        } else {
            ReplaceOrder::DeleteFirst
        }
    }

    async fn in_use_by(ctx: &Ctx<Clients>, id: &str) -> Result<Option<String>> {
        in_use_by::interfaces(ctx, "group-id", id).await
    }
}
