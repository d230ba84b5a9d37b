//! `security_group`: a group and the absence of rules that are not ours. The rules that are are resources of their own.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroup.html>

use crate::clients::Clients;
use crate::ec2::errors::{deleted, incomplete};
use crate::ec2::{find, holders, rules, tags};
use crate::slice::ANYWHERE;
use aws_sdk_ec2::types::{IpPermission, IpRange, ResourceType};
use rd_common::aws::Explain;
use rd_common::{Change, Cx, Diff, Found, Input, Kind, Order, Replacing, Result, Tags, Wanted};
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

    async fn find(cx: &Cx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let ids = wanted.iter().filter_map(|one| one.id.clone());
        let (groups, foreign) = futures_util::future::try_join(
            cx.clients
                .reads
                .security_groups
                .ask(find::query(cx, wanted, "group-id")),
            rules::foreign(cx, ids),
        )
        .await?;
        let mut found = find::found(
            cx,
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
        let more = rules::foreign(cx, by_tag.collect::<Vec<_>>()).await?;
        for one in &mut found {
            one.live.foreign_rules = foreign.of(&one.id).chain(more.of(&one.id)).collect();
        }
        Ok(found)
    }

    async fn create(cx: &Cx<Clients>, order: Order<'_, Spec>) -> Result<String> {
        let answer = cx
            .clients
            .ec2_once
            .create_security_group()
            .vpc_id(order.spec.vpc_id.text())
            .group_name(&order.spec.group_name)
            .description(&order.spec.description)
            .tag_specifications(tags::specification(ResourceType::SecurityGroup, order.tags))
            .send()
            .await
            .doing("create the security group")?;
        let id = answer.group_id.ok_or_else(|| incomplete("group's id"))?;
        // A new group may send anywhere. Others wait for it, so its rules are not looked at first; where this fails,
        // the look that comes next finds the rule.
        let anywhere = IpPermission::builder()
            .ip_protocol("-1")
            .ip_ranges(IpRange::builder().cidr_ip(ANYWHERE).build());
        let call = cx.clients.ec2.revoke_security_group_egress().group_id(&id);
        let _ = call.ip_permissions(anywhere.build()).send().await;
        Ok(id)
    }

    async fn update(
        cx: &Cx<Clients>,
        id: &str,
        live: &Live,
        _spec: &Spec,
        _changes: &[Change],
    ) -> Result<()> {
        rules::revoke(cx, id, &live.foreign_rules).await
    }

    async fn delete(cx: &Cx<Clients>, id: &str) -> Result<()> {
        deleted(
            cx.clients
                .ec2
                .delete_security_group()
                .group_id(id)
                .send()
                .await
                .doing("delete the security group"),
        )
    }

    async fn tag(cx: &Cx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        tags::change(cx, id, set, remove).await
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        Diff::new()
            .fixed("vpc_id", &live.vpc_id, &spec.vpc_id)
            .fixed("group_name", &live.group_name, &spec.group_name)
            .fixed("description", &live.description, &spec.description)
            .field("foreign_rules", rules::words(&live.foreign_rules), [""; 0])
            .finish()
    }

    fn replacing(changes: &[Change]) -> Replacing {
        // The name is taken as long as the old one is there.
        if rd_common::touches(changes, "vpc_id") || rd_common::touches(changes, "group_name") {
            Replacing::CreateFirst
        } else {
            Replacing::DeleteFirst
        }
    }

    async fn holders(cx: &Cx<Clients>, id: &str) -> Result<Option<String>> {
        holders::interfaces(cx, "group-id", id).await
    }
}
