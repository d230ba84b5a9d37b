//! `subnet`: a subnet in one availability zone of the VPC.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Subnet.html>

use crate::clients::Clients;
use crate::ec2::change_errors::ExplainChange;
use crate::ec2::delete_errors::deleted;
use crate::ec2::incomplete_answer;
use crate::ec2::{find, holders, tags};
use aws_sdk_ec2::types::{AttributeBooleanValue, ResourceType, SubnetState};
use rd_common::aws::Explain;
use rd_common::{
    Change, CreateRequest, Ctx, Deletion, Diff, Found, Input, Kind, Readiness, ReplaceOrder,
    Result, Tags, Wanted, touches,
};
use serde::{Deserialize, Serialize};

/// The kind `subnet`, of which zone and block cannot change.
pub struct Subnet;

/// The desired subnet of one tier.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The id of the VPC.
    pub vpc_id: Input,
    /// The name of the availability zone, such as `us-east-1a`.
    pub availability_zone: String,
    /// The subnet's block, in CIDR notation.
    pub cidr_block: String,
    /// Whether new network interfaces get a public IPv4 address.
    pub map_public_ip_on_launch: bool,
}

/// The subnet as AWS describes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The id of the VPC.
    pub vpc_id: String,
    /// The name of the availability zone, such as `us-east-1a`.
    pub availability_zone: String,
    /// The subnet's block, in CIDR notation.
    pub cidr_block: String,
    /// Whether new network interfaces get a public IPv4 address.
    pub map_public_ip_on_launch: bool,
    /// Whether its state is `available`.
    pub available: bool,
}

impl Kind for Subnet {
    const NAME: &'static str = "subnet";
    const WHILE_GONE: Option<&'static str> = Some("nothing can run in it");
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let subnets = ctx
            .clients
            .describe
            .subnets
            .ask(find::query(ctx, wanted, "subnet-id"))
            .await?;
        Ok(find::found(
            ctx,
            wanted,
            &subnets,
            aws_sdk_ec2::types::Subnet::subnet_id,
            |s| s.tags(),
            |s| Live {
                vpc_id: s.vpc_id().unwrap_or_default().to_owned(),
                availability_zone: s.availability_zone().unwrap_or_default().to_owned(),
                cidr_block: s.cidr_block().unwrap_or_default().to_owned(),
                map_public_ip_on_launch: s.map_public_ip_on_launch().unwrap_or(false),
                available: s.state() == Some(&SubnetState::Available),
            },
        ))
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let answer = ctx
            .clients
            .ec2
            .create_subnet()
            .vpc_id(request.spec.vpc_id.text())
            .availability_zone(&request.spec.availability_zone)
            .cidr_block(&request.spec.cidr_block)
            .tag_specifications(tags::specification(ResourceType::Subnet, request.tags))
            .send()
            .await
            .changing("create the subnet")?;
        answer
            .subnet
            .and_then(|subnet| subnet.subnet_id)
            .ok_or_else(|| incomplete_answer("subnet id"))
    }

    async fn update(
        ctx: &Ctx<Clients>,
        id: &str,
        _live: &Live,
        spec: &Spec,
        changes: &[Change],
    ) -> Result<()> {
        if touches(changes, "map_public_ip_on_launch") {
            let on = AttributeBooleanValue::builder()
                .value(spec.map_public_ip_on_launch)
                .build();
            let call = ctx
                .clients
                .ec2
                .modify_subnet_attribute()
                .subnet_id(id)
                .map_public_ip_on_launch(on);
            call.send()
                .await
                .changing("change the subnet's setting for public addresses")?;
        }
        Ok(())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        deleted(
            ctx.clients
                .ec2
                .delete_subnet()
                .subnet_id(id)
                .send()
                .await
                .doing("delete the subnet"),
            &["InvalidSubnetID.NotFound", "InvalidSubnetId.NotFound"],
        )
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        tags::change(ctx, id, set, remove).await
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        Diff::new()
            .fixed("vpc_id", &live.vpc_id, &spec.vpc_id)
            .fixed(
                "availability_zone",
                &live.availability_zone,
                &spec.availability_zone,
            )
            .fixed("cidr_block", &live.cidr_block, &spec.cidr_block)
            .field(
                "map_public_ip_on_launch",
                live.map_public_ip_on_launch,
                spec.map_public_ip_on_launch,
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

    fn replace_order(changes: &[Change]) -> ReplaceOrder {
        // In another VPC, both can exist at the same time; in the same VPC, their blocks may overlap.
        if touches(changes, "vpc_id") {
            ReplaceOrder::CreateFirst
        } else {
            ReplaceOrder::DeleteFirst
        }
    }

    async fn in_use_by(ctx: &Ctx<Clients>, id: &str) -> Result<Option<String>> {
        holders::of_subnet(ctx, id).await
    }
}
