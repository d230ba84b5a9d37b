//! `security_group`: a group without unmanaged rules. The rules that rd manages are resources of their own.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroup.html>

use crate::clients::Clients;
use crate::ec2::change_errors::ExplainChange;
use crate::ec2::delete_errors::deleted;
use crate::ec2::incomplete_answer;
use crate::ec2::{find, holders, tags, unmanaged_rules};
use aws_sdk_ec2::types::ResourceType;
use rd_common::aws::Explain;
use rd_common::{
    Change, CreateRequest, Ctx, Deletion, Diff, Found, Input, Kind, ReplaceOrder, Result, Tags,
    Wanted,
};
use serde::{Deserialize, Serialize};

/// The kind `security_group`, of which only rules and tags can change.
pub struct SecurityGroup;

/// The desired group, without its rules.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The id of the VPC.
    pub vpc_id: Input,
    /// Its name, unique in the VPC.
    pub group_name: String,
    /// The description that AWS shows.
    pub description: String,
}

/// The group as AWS describes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The id of the VPC.
    pub vpc_id: String,
    /// The group's name, unique in the VPC.
    pub group_name: String,
    /// The description that AWS shows.
    pub description: String,
    /// The rules that rd does not manage.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign_rules: Vec<unmanaged_rules::UnmanagedRule>,
}

impl Kind for SecurityGroup {
    const NAME: &'static str = "security_group";
    const WHILE_GONE: Option<&'static str> =
        Some("nothing can have it, and no rule allows traffic from or to it");
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let ids = wanted.iter().filter_map(|one| one.id.clone());
        let (groups, unmanaged) = futures_util::future::try_join(
            ctx.clients
                .describe
                .security_groups
                .ask(find::query(ctx, wanted, "group-id")),
            unmanaged_rules::read(ctx, ids),
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
        let found_by_tag = found
            .iter()
            .map(|one| one.id.clone())
            .filter(|id| !unmanaged.contains(id));
        let more = unmanaged_rules::read(ctx, found_by_tag.collect::<Vec<_>>()).await?;
        for one in &mut found {
            one.live.foreign_rules = unmanaged.of(&one.id).chain(more.of(&one.id)).collect();
        }
        Ok(found)
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let answer = ctx
            .clients
            .ec2
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
            .changing("create the security group")?;
        answer.group_id.ok_or_else(|| incomplete_answer("group id"))
    }

    async fn complete(ctx: &Ctx<Clients>, id: &str, _spec: &Spec) -> Result<()> {
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

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        deleted(
            ctx.clients
                .ec2
                .delete_security_group()
                .group_id(id)
                .send()
                .await
                .doing("delete the security group"),
            &["InvalidGroup.NotFound", "InvalidSecurityGroupID.NotFound"],
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
            .field(
                "foreign_rules",
                unmanaged_rules::summaries(&live.foreign_rules),
                [""; 0],
            )
            .finish()
    }

    fn replace_order(changes: &[Change]) -> ReplaceOrder {
        // Both can exist only with different names or in different VPCs.
        if rd_common::touches(changes, "vpc_id") || rd_common::touches(changes, "group_name") {
            ReplaceOrder::CreateFirst
        } else {
            ReplaceOrder::DeleteFirst
        }
    }

    async fn in_use_by(ctx: &Ctx<Clients>, id: &str) -> Result<Option<String>> {
        holders::of_group(ctx, id).await
    }
}
