//! `internet_gateway_attachment`: attaches an internet gateway to a VPC. AWS has no id and no tags for it; rd's id is
//! made of both ids.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AttachInternetGateway.html>

use crate::clients::Clients;
use crate::describe::Query;
use crate::ec2::change_errors::ExplainChange;
use crate::ec2::delete_errors::deleted;
use aws_sdk_ec2::types::AttachmentStatus;
use rd_common::aws::Explain;
use rd_common::{
    Attribute, Change, CreateRequest, Ctx, Deletion, Diff, Found, Input, Kind, Readiness,
    ReplaceOrder, Result, Wanted, attribute,
};
use serde::{Deserialize, Serialize};

/// The kind `internet_gateway_attachment`, found by the gateway's id.
pub struct InternetGatewayAttachment;

impl InternetGatewayAttachment {
    /// The id of the gateway, known once it is attached.
    pub const INTERNET_GATEWAY_ID: Attribute<String> = attribute!(Live, internet_gateway_id);
}

/// The desired attachment of one gateway.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The id of the internet gateway.
    pub internet_gateway_id: Input,
    /// The id of the VPC.
    pub vpc_id: Input,
}

/// The attachment as AWS describes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The id of the internet gateway.
    pub internet_gateway_id: String,
    /// The id of the VPC.
    pub vpc_id: String,
    /// AWS's status word: `attaching`, `available` or `detaching`; empty where AWS does not report it, or where an
    /// earlier version of rd has read it.
    #[serde(default)]
    pub state: String,
}

/// rd's id of an attachment: `igw-…_vpc-…`.
fn id(gateway: &str, vpc: &str) -> String {
    format!("{gateway}_{vpc}")
}

/// The ids of the gateway and of the VPC in an attachment's id.
fn ids_in(id: &str) -> (&str, &str) {
    id.split_once('_').unwrap_or((id, ""))
}

impl Kind for InternetGatewayAttachment {
    const NAME: &'static str = "internet_gateway_attachment";
    const WHILE_GONE: Option<&'static str> =
        Some("nothing in the VPC reaches the internet, and nobody reaches the load balancer");
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let gateway_of = |one: &Wanted<Spec>| match (&one.id, &one.spec) {
            (Some(id), _) => ids_in(id).0.to_owned(),
            (None, Some(spec)) => spec.internet_gateway_id.text().to_owned(),
            (None, None) => String::new(),
        };
        let query = Query::by("internet-gateway-id", wanted.iter().map(gateway_of));
        let gateways = ctx.clients.describe.internet_gateways.ask(query).await?;
        let mut found = Vec::new();
        for one in wanted {
            let gateway_id = gateway_of(one);
            let gateway = gateways
                .iter()
                .find(|g| g.internet_gateway_id() == Some(&gateway_id));
            // A detached one can stay in the list.
            let attached = gateway.and_then(|g| {
                let mut all = g.attachments().iter();
                let attachment = all.find(|a| a.state() != Some(&AttachmentStatus::Detached))?;
                Some((attachment.vpc_id()?, attachment.state()))
            });
            if let Some((vpc, state)) = attached
                && one
                    .id
                    .as_ref()
                    .is_none_or(|known| *known == id(&gateway_id, vpc))
            {
                found.push(Found {
                    address: one.address.clone(),
                    id: id(&gateway_id, vpc),
                    live: Live {
                        vpc_id: vpc.to_owned(),
                        internet_gateway_id: gateway_id,
                        state: state.map_or_else(String::new, |state| state.as_str().to_owned()),
                    },
                    tags: None,
                });
            }
        }
        Ok(found)
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let (gateway, vpc) = (
            request.spec.internet_gateway_id.text(),
            request.spec.vpc_id.text(),
        );
        let call = ctx
            .clients
            .ec2
            .attach_internet_gateway()
            .internet_gateway_id(gateway)
            .vpc_id(vpc);
        match call.send().await.changing("attach the internet gateway") {
            // The answer to an earlier attempt was lost. The read that follows shows to which VPC it is attached.
            Err(error) if error.is(&["Resource.AlreadyAssociated"]) => Ok(id(gateway, vpc)),
            other => other.map(|_| id(gateway, vpc)),
        }
    }

    async fn update(_: &Ctx<Clients>, _: &str, _: &Live, _: &Spec, _: &[Change]) -> Result<()> {
        Ok(())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        let (gateway, vpc) = ids_in(id);
        let call = ctx
            .clients
            .ec2
            .detach_internet_gateway()
            .internet_gateway_id(gateway)
            .vpc_id(vpc);
        deleted(
            call.send().await.doing("detach the internet gateway"),
            &[
                "Gateway.NotAttached",
                "InvalidInternetGatewayID.NotFound",
                "InvalidVpcID.NotFound",
            ],
        )
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        Diff::new()
            .fixed(
                "internet_gateway_id",
                &live.internet_gateway_id,
                &spec.internet_gateway_id,
            )
            .fixed("vpc_id", &live.vpc_id, &spec.vpc_id)
            .finish()
    }

    fn ready(live: &Live) -> Readiness {
        match live.state.as_str() {
            // The API model has `attached`; EC2 answers `available`.
            "available" | "attached" | "" => Readiness::Ready,
            "detaching" => Readiness::Leaving(live.state.clone()),
            other => Readiness::Pending(other.to_owned()),
        }
    }

    fn replace_order(_: &[Change]) -> ReplaceOrder {
        // A gateway is attached to one VPC at a time, and a VPC has one gateway.
        ReplaceOrder::DeleteFirst
    }
}
