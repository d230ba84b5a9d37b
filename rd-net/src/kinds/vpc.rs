//! `vpc`: the VPC with its DNS settings.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Vpc.html>

use crate::clients::Clients;
use crate::ec2::change_errors::ExplainChange;
use crate::ec2::delete_errors::deleted;
use crate::ec2::incomplete_answer;
use crate::ec2::{find, holders, tags};
use aws_sdk_ec2::types::{AttributeBooleanValue, ResourceType, VpcAttributeName, VpcState};
use futures_util::future::{try_join, try_join_all};
use rd_common::aws::Explain;
use rd_common::{
    Change, CreateRequest, Ctx, Deletion, Diff, Found, Kind, Readiness, Result, Tags, Wanted,
    touches,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The kind `vpc`, whose block cannot change.
pub struct Vpc;

/// The desired VPC of the stack.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The VPC's block, in CIDR notation.
    pub cidr_block: String,
    /// Whether Amazon's DNS resolver answers inside the VPC.
    pub enable_dns_support: bool,
    /// Whether instances get DNS names; the private DNS names of endpoints need it.
    pub enable_dns_hostnames: bool,
}

/// The VPC as AWS describes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The VPC's block, in CIDR notation.
    pub cidr_block: String,
    /// Whether Amazon's DNS resolver answers inside the VPC.
    pub enable_dns_support: bool,
    /// Whether instances get DNS names.
    pub enable_dns_hostnames: bool,
    /// Whether its state is `available`.
    pub available: bool,
}

/// Reads one attribute; none where EC2 does not know the VPC: it was deleted, or created a moment ago.
async fn attribute(ctx: &Ctx<Clients>, id: &str, name: VpcAttributeName) -> Result<Option<bool>> {
    let answer = ctx
        .clients
        .ec2
        .describe_vpc_attribute()
        .vpc_id(id)
        .attribute(name.clone())
        .send()
        .await;
    let answer = match answer.doing("read the VPC's DNS settings") {
        Err(error) if error.is(&["InvalidVpcID.NotFound"]) => return Ok(None),
        other => other?,
    };
    let value = match name {
        VpcAttributeName::EnableDnsSupport => answer.enable_dns_support,
        _ => answer.enable_dns_hostnames,
    };
    Ok(Some(value.and_then(|value| value.value).unwrap_or(false)))
}

/// The VPC's DNS support and DNS hostnames; none where EC2 does not know the VPC.
async fn dns_settings(ctx: &Ctx<Clients>, id: &str) -> Result<Option<(bool, bool)>> {
    let (support, hostnames) = try_join(
        attribute(ctx, id, VpcAttributeName::EnableDnsSupport),
        attribute(ctx, id, VpcAttributeName::EnableDnsHostnames),
    )
    .await?;
    Ok(support.zip(hostnames))
}

fn boolean(value: bool) -> AttributeBooleanValue {
    AttributeBooleanValue::builder().value(value).build()
}

impl Kind for Vpc {
    const NAME: &'static str = "vpc";
    const NO_UNIQUE_NAME: bool = true;
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        // Where the id is known, the DNS settings are read at the same time as the VPC.
        let known = wanted.iter().filter_map(|one| one.id.clone());
        let (vpcs, known) = try_join(
            ctx.clients
                .describe
                .vpcs
                .ask(find::query(ctx, wanted, "vpc-id")),
            try_join_all(known.map(|id| async {
                let settings = dns_settings(ctx, &id).await?;
                Ok((id, settings))
            })),
        )
        .await?;
        let known: BTreeMap<String, Option<(bool, bool)>> = known.into_iter().collect();
        let found = find::found(
            ctx,
            wanted,
            &vpcs,
            aws_sdk_ec2::types::Vpc::vpc_id,
            |v| v.tags(),
            |v| Live {
                cidr_block: v.cidr_block().unwrap_or_default().to_owned(),
                enable_dns_support: false,
                enable_dns_hostnames: false,
                available: v.state() == Some(&VpcState::Available),
            },
        );
        let found = try_join_all(found.into_iter().map(|mut one| {
            let known = known.get(&one.id).copied();
            async move {
                let settings = match known {
                    Some(settings) => settings,
                    None => dns_settings(ctx, &one.id).await?,
                };
                // One whose settings cannot be read is not visible everywhere: it is not found.
                Ok(settings.map(|(support, hostnames)| {
                    one.live.enable_dns_support = support;
                    one.live.enable_dns_hostnames = hostnames;
                    one
                }))
            }
        }))
        .await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let answer = ctx
            .clients
            .ec2
            .create_vpc()
            .cidr_block(&request.spec.cidr_block)
            .tag_specifications(tags::specification(ResourceType::Vpc, request.tags))
            .send()
            .await
            .changing("create the VPC")?;
        let id = answer
            .vpc
            .and_then(|vpc| vpc.vpc_id)
            .ok_or_else(|| incomplete_answer("VPC id"))?;
        if request.spec.enable_dns_hostnames {
            // Off in a new VPC. Every other resource waits for the VPC, so the setting is changed without reading it
            // first. If this fails, the read that follows finds it off, and `update` reports why it cannot be changed.
            let call = ctx.clients.ec2.modify_vpc_attribute().vpc_id(&id);
            let _ = call.enable_dns_hostnames(boolean(true)).send().await;
        }
        Ok(id)
    }

    async fn update(
        ctx: &Ctx<Clients>,
        id: &str,
        _live: &Live,
        spec: &Spec,
        changes: &[Change],
    ) -> Result<()> {
        // AWS accepts one attribute per call. DNS hostnames require DNS support, which comes first.
        let modify = || ctx.clients.ec2.modify_vpc_attribute().vpc_id(id);
        if touches(changes, "enable_dns_support") {
            let call = modify().enable_dns_support(boolean(spec.enable_dns_support));
            call.send().await.changing("change the VPC's DNS support")?;
        }
        if touches(changes, "enable_dns_hostnames") {
            let call = modify().enable_dns_hostnames(boolean(spec.enable_dns_hostnames));
            call.send()
                .await
                .changing("change the VPC's DNS hostnames")?;
        }
        Ok(())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        deleted(
            ctx.clients
                .ec2
                .delete_vpc()
                .vpc_id(id)
                .send()
                .await
                .doing("delete the VPC"),
            &["InvalidVpcID.NotFound"],
        )
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        tags::change(ctx, id, set, remove).await
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        Diff::new()
            .fixed("cidr_block", &live.cidr_block, &spec.cidr_block)
            .field(
                "enable_dns_support",
                live.enable_dns_support,
                spec.enable_dns_support,
            )
            .field(
                "enable_dns_hostnames",
                live.enable_dns_hostnames,
                spec.enable_dns_hostnames,
            )
            .finish()
    }

    fn ready(live: &Live) -> Readiness {
        if live.available {
            Readiness::Ready
        } else {
            Readiness::Pending("pending".to_owned())
        }
    }

    async fn in_use_by(ctx: &Ctx<Clients>, id: &str) -> Result<Option<String>> {
        holders::of_vpc(ctx, id).await
    }
}
