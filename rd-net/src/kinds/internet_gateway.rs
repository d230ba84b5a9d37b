//! `internet_gateway`: the gateway between a VPC and the internet; its attachment to the VPC is a resource of its own.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InternetGateway.html>

use crate::clients::Clients;
use crate::ec2::delete_errors::deleted;
use crate::ec2::incomplete_answer;
use crate::ec2::{find, tags};
use aws_sdk_ec2::types::ResourceType;
use rd_common::aws::Explain;
use rd_common::{Change, CreateRequest, Ctx, Deletion, Found, Kind, Result, Tags, Wanted};
use serde::{Deserialize, Serialize};

/// The kind `internet_gateway`, which only its tags describe.
pub struct InternetGateway;

/// The desired gateway, which has no settings.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {}

/// The gateway as AWS describes it: nothing to compare.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {}

impl Kind for InternetGateway {
    const NAME: &'static str = "internet_gateway";
    const NO_UNIQUE_NAME: bool = true;
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let query = find::query(ctx, wanted, "internet-gateway-id");
        let gateways = ctx.clients.describe.internet_gateways.ask(query).await?;
        Ok(find::found(
            ctx,
            wanted,
            &gateways,
            aws_sdk_ec2::types::InternetGateway::internet_gateway_id,
            |g| g.tags(),
            |_| Live {},
        ))
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let answer = ctx
            .clients
            .ec2
            .create_internet_gateway()
            .tag_specifications(tags::specification(
                ResourceType::InternetGateway,
                request.tags,
            ))
            .send()
            .await
            .doing("create the internet gateway")?;
        let gateway = answer
            .internet_gateway
            .and_then(|gateway| gateway.internet_gateway_id);
        gateway.ok_or_else(|| incomplete_answer("internet gateway id"))
    }

    async fn update(_: &Ctx<Clients>, _: &str, _: &Live, _: &Spec, _: &[Change]) -> Result<()> {
        Ok(())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        let answer = ctx
            .clients
            .ec2
            .delete_internet_gateway()
            .internet_gateway_id(id)
            .send()
            .await;
        deleted(
            answer.doing("delete the internet gateway"),
            &["InvalidInternetGatewayID.NotFound"],
        )
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        tags::change(ctx, id, set, remove).await
    }

    fn diff(_: &Spec, _: &Live, _: Option<&Spec>) -> Vec<Change> {
        Vec::new()
    }
}
