//! `nat_gateway`: lets private subnets open connections to the internet.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NatGateway.html>

use crate::clients::Clients;
use crate::ec2::change_errors::ExplainChange;
use crate::ec2::delete_errors::deleted;
use crate::ec2::incomplete_answer;
use crate::ec2::{find, tags};
use aws_sdk_ec2::types::{NatGateway as Gateway, NatGatewayState, ResourceType};
use rd_common::aws::Explain;
use rd_common::{
    Change, CreateRequest, Ctx, Deletion, Diff, Found, Input, Kind, Readiness, ReplaceOrder,
    Result, Tags, Timeouts, Wanted,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The kind `nat_gateway`, of which nothing can be changed in place.
pub struct NatGateway;

/// The desired public NAT gateway.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The id of the public subnet in which it is created.
    pub subnet_id: Input,
    /// The allocation id of its elastic IP address.
    pub allocation_id: Input,
}

/// The gateway as AWS describes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The id of the subnet in which it is.
    pub subnet_id: String,
    /// The allocation id of its elastic IP address; none where AWS does not report it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocation_id: Option<String>,
    /// AWS's status word: `pending`, `available`, `failed` or `deleting`.
    pub state: String,
    /// AWS's code and message where it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

fn live(gateway: &Gateway) -> Live {
    // `IsPrimary` is absent where there is one address.
    let addresses = gateway.nat_gateway_addresses();
    let primary = addresses
        .iter()
        .find(|address| address.is_primary() == Some(true));
    let allocation = primary
        .or(addresses.first())
        .and_then(|address| address.allocation_id());
    Live {
        subnet_id: gateway.subnet_id().unwrap_or_default().to_owned(),
        allocation_id: allocation.map(str::to_owned),
        state: gateway
            .state()
            .map(|state| state.as_str().to_owned())
            .unwrap_or_default(),
        failure: gateway.failure_code().map(|code| {
            format!(
                "{code}: {}",
                gateway.failure_message().unwrap_or("AWS gave no reason")
            )
        }),
    }
}

impl Kind for NatGateway {
    const NAME: &'static str = "nat_gateway";
    const WHILE_GONE: Option<&'static str> = Some("what routes to it does not reach the internet");
    const COSTS: bool = true;
    // A create takes a minute or two in AWS. The first read comes early nevertheless, because the local API is faster.
    const TIMEOUTS: Timeouts = Timeouts {
        first: Duration::from_millis(200),
        pause: Duration::from_secs(3),
        limit: Duration::from_secs(15 * 60),
    };
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let gateways = ctx
            .clients
            .describe
            .nat_gateways
            .ask(find::query(ctx, wanted, "nat-gateway-id"))
            .await?;
        // EC2 returns deleted gateways for about an hour.
        let existing: Vec<Gateway> = gateways
            .iter()
            .filter(|g| g.state() != Some(&NatGatewayState::Deleted))
            .cloned()
            .collect();
        Ok(find::found(
            ctx,
            wanted,
            &existing,
            aws_sdk_ec2::types::NatGateway::nat_gateway_id,
            |g| g.tags(),
            live,
        ))
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let answer = ctx
            .clients
            .ec2
            .create_nat_gateway()
            .subnet_id(request.spec.subnet_id.text())
            .allocation_id(request.spec.allocation_id.text())
            .client_token(request.token)
            .tag_specifications(tags::specification(ResourceType::Natgateway, request.tags))
            .send()
            .await
            .changing("create the NAT gateway")?;
        answer
            .nat_gateway
            .and_then(|gateway| gateway.nat_gateway_id)
            .ok_or_else(|| incomplete_answer("NAT gateway id"))
    }

    async fn update(_: &Ctx<Clients>, _: &str, _: &Live, _: &Spec, _: &[Change]) -> Result<()> {
        Ok(())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        deleted(
            ctx.clients
                .ec2
                .delete_nat_gateway()
                .nat_gateway_id(id)
                .send()
                .await
                .doing("delete the NAT gateway"),
            &["NatGatewayNotFound", "InvalidNatGatewayID.NotFound"],
        )
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        tags::change(ctx, id, set, remove).await
    }

    fn diff(spec: &Spec, live: &Live, last: Option<&Spec>) -> Vec<Change> {
        let mut diff = Diff::new();
        diff.fixed("subnet_id", &live.subnet_id, &spec.subnet_id);
        // Where AWS does not report the address, compare with the one last applied: a working gateway must not be
        // replaced.
        match (&live.allocation_id, last) {
            (Some(reported), _) => {
                diff.fixed("allocation_id", reported, &spec.allocation_id);
            }
            (None, Some(last)) => {
                diff.fixed("allocation_id", &last.allocation_id, &spec.allocation_id);
            }
            (None, None) => {}
        }
        diff.finish()
    }

    fn ready(live: &Live) -> Readiness {
        match live.state.as_str() {
            "available" => Readiness::Ready,
            "failed" => Readiness::Failed(
                live.failure
                    .clone()
                    .unwrap_or_else(|| "AWS gave no reason".to_owned()),
            ),
            "deleting" | "deleted" => Readiness::Leaving(live.state.clone()),
            other => Readiness::Pending(other.to_owned()),
        }
    }

    fn replace_order(_: &[Change]) -> ReplaceOrder {
        // Both use the same elastic IP address, which the old gateway must release first.
        ReplaceOrder::DeleteFirst
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_gateway_has_a_reason() {
        let live = Live {
            subnet_id: "s".into(),
            allocation_id: Some("a".into()),
            state: "failed".into(),
            failure: Some("Gateway.NotAttached: no internet gateway".into()),
        };
        assert_eq!(
            NatGateway::ready(&live),
            Readiness::Failed("Gateway.NotAttached: no internet gateway".into())
        );
    }
}
