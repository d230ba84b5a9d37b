//! `vpc_endpoint`: reaches an AWS service without the internet, through route tables (gateway) or network interfaces
//! (interface).
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html>

use crate::clients::Clients;
use crate::ec2::change_errors::ExplainChange;
use crate::ec2::delete_errors::deleted;
use crate::ec2::incomplete_answer;
use crate::ec2::{find, tags};
use aws_sdk_ec2::types::{ResourceType, VpcEndpoint as Endpoint, VpcEndpointType};
use rd_common::aws::Explain;
use rd_common::{
    Change, CreateRequest, Ctx, Deletion, Diff, Error, Found, Input, Kind, Readiness, ReplaceOrder,
    Result, Tags, Timeouts, Wanted, touches,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The kind `vpc_endpoint`, whose type and service cannot change.
pub struct VpcEndpoint;

/// The two of AWS's endpoint types that rd uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Type {
    /// A target in route tables; free of charge.
    Gateway,
    /// A network interface in each subnet; a few dollars a month each.
    Interface,
}

/// The desired endpoint of one service.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The id of the VPC.
    pub vpc_id: Input,
    /// AWS's full name of the service: `com.amazonaws.<region>.<service>`.
    pub service_name: String,
    /// Whether it is a gateway or an interface endpoint.
    pub endpoint_type: Type,
    /// Of a gateway endpoint: the ids of the route tables with a route to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub route_table_ids: Vec<Input>,
    /// Of an interface endpoint: the ids of the subnets in which it has a network interface.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subnet_ids: Vec<Input>,
    /// Of an interface endpoint: the ids of its security groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub security_group_ids: Vec<Input>,
    /// Of an interface endpoint: whether the service's public DNS name resolves to it.
    pub private_dns_enabled: bool,
}

/// The endpoint as AWS describes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The id of the VPC.
    pub vpc_id: String,
    /// AWS's full name of the service: `com.amazonaws.<region>.<service>`.
    pub service_name: String,
    /// AWS's word for the type, such as `Interface`.
    pub endpoint_type: String,
    /// The ids of the route tables with a route to it.
    pub route_table_ids: Vec<String>,
    /// The ids of the subnets in which it has a network interface.
    pub subnet_ids: Vec<String>,
    /// The ids of its security groups.
    pub security_group_ids: Vec<String>,
    /// Whether the service's public DNS name resolves to it.
    pub private_dns_enabled: bool,
    /// AWS's status word in lower case, such as `available`.
    pub state: String,
    /// AWS's code and message of the last error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

fn live(endpoint: &Endpoint) -> Live {
    // AWS spells states in more than one way ("Available", "available").
    let state = endpoint
        .state()
        .map(|state| state.as_str().to_lowercase())
        .unwrap_or_default();
    let error = endpoint.last_error().map(|error| {
        format!(
            "{}: {}",
            error.code().unwrap_or("error"),
            error.message().unwrap_or("AWS gave no reason")
        )
    });
    Live {
        vpc_id: endpoint.vpc_id().unwrap_or_default().to_owned(),
        service_name: endpoint.service_name().unwrap_or_default().to_owned(),
        // GovCloud leaves the type of a gateway endpoint empty.
        endpoint_type: endpoint
            .vpc_endpoint_type()
            .map(VpcEndpointType::as_str)
            .filter(|name| !name.is_empty())
            .unwrap_or("Gateway")
            .to_owned(),
        route_table_ids: endpoint.route_table_ids().to_vec(),
        subnet_ids: endpoint.subnet_ids().to_vec(),
        security_group_ids: endpoint
            .groups()
            .iter()
            .filter_map(|g| g.group_id().map(str::to_owned))
            .collect(),
        private_dns_enabled: endpoint.private_dns_enabled().unwrap_or(false),
        state,
        failure: error,
    }
}

/// The values of inputs, all of which are known.
fn texts(inputs: &[Input]) -> Vec<String> {
    inputs.iter().map(|input| input.text().to_owned()).collect()
}

/// EC2 refuses empty lists: none instead.
fn non_empty(list: Vec<String>) -> Option<Vec<String>> {
    (!list.is_empty()).then_some(list)
}

/// The ids to add and the ids to remove, so that a list of `current` ids becomes `desired`.
fn difference(current: &[String], desired: &[Input]) -> (Option<Vec<String>>, Option<Vec<String>>) {
    let desired = texts(desired);
    let add = desired
        .iter()
        .filter(|id| !current.contains(id))
        .cloned()
        .collect();
    let remove = current
        .iter()
        .filter(|id| !desired.contains(id))
        .cloned()
        .collect();
    (non_empty(add), non_empty(remove))
}

/// The error codes of an endpoint that does not exist.
const NOT_FOUND: [&str; 2] = [
    "InvalidVpcEndpoint.NotFound",
    "InvalidVpcEndpointId.NotFound",
];

impl Kind for VpcEndpoint {
    const NAME: &'static str = "vpc_endpoint";
    const WHILE_GONE: Option<&'static str> =
        Some("connections through it end; its AWS service is reached through NAT, or not at all");
    const COSTS: bool = true;
    const TIMEOUTS: Timeouts = Timeouts {
        first: Duration::from_millis(200),
        pause: Duration::from_secs(3),
        limit: Duration::from_secs(15 * 60),
    };
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let endpoints = ctx
            .clients
            .describe
            .vpc_endpoints
            .ask(find::query(ctx, wanted, "vpc-endpoint-id"))
            .await?;
        let existing: Vec<Endpoint> = endpoints
            .iter()
            .filter(|endpoint| live(endpoint).state != "deleted")
            .cloned()
            .collect();
        Ok(find::found(
            ctx,
            wanted,
            &existing,
            aws_sdk_ec2::types::VpcEndpoint::vpc_endpoint_id,
            |e| e.tags(),
            live,
        ))
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let spec = request.spec;
        let call = ctx
            .clients
            .ec2
            .create_vpc_endpoint()
            .vpc_id(spec.vpc_id.text())
            .service_name(&spec.service_name)
            .vpc_endpoint_type(VpcEndpointType::from(match spec.endpoint_type {
                Type::Gateway => "Gateway",
                Type::Interface => "Interface",
            }))
            .set_route_table_ids(non_empty(texts(&spec.route_table_ids)))
            .set_subnet_ids(non_empty(texts(&spec.subnet_ids)))
            .set_security_group_ids(non_empty(texts(&spec.security_group_ids)))
            .set_private_dns_enabled(
                (spec.endpoint_type == Type::Interface).then_some(spec.private_dns_enabled),
            )
            .client_token(request.token)
            .tag_specifications(tags::specification(ResourceType::VpcEndpoint, request.tags));
        let answer = call.send().await.changing("create the VPC endpoint")?;
        answer
            .vpc_endpoint
            .and_then(|endpoint| endpoint.vpc_endpoint_id)
            .ok_or_else(|| incomplete_answer("endpoint id"))
    }

    async fn update(
        ctx: &Ctx<Clients>,
        id: &str,
        live: &Live,
        spec: &Spec,
        changes: &[Change],
    ) -> Result<()> {
        let (add_tables, remove_tables) = difference(&live.route_table_ids, &spec.route_table_ids);
        let (add_subnets, remove_subnets) = difference(&live.subnet_ids, &spec.subnet_ids);
        let (add_groups, remove_groups) =
            difference(&live.security_group_ids, &spec.security_group_ids);
        let dns = touches(changes, "private_dns_enabled").then_some(spec.private_dns_enabled);
        let call = ctx
            .clients
            .ec2
            .modify_vpc_endpoint()
            .vpc_endpoint_id(id)
            .set_add_route_table_ids(add_tables)
            .set_remove_route_table_ids(remove_tables)
            .set_add_subnet_ids(add_subnets)
            .set_remove_subnet_ids(remove_subnets)
            .set_add_security_group_ids(add_groups)
            .set_remove_security_group_ids(remove_groups)
            .set_private_dns_enabled(dns);
        match call.send().await.changing("change the VPC endpoint") {
            // An earlier attempt did it, but the read before this call did not show it yet.
            Err(error) if error.is(&["RouteAlreadyExists", "DuplicateSubnetsInSameZone"]) => Ok(()),
            other => other.map(|_| ()),
        }
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        let answer = ctx
            .clients
            .ec2
            .delete_vpc_endpoints()
            .vpc_endpoint_ids(id)
            .send()
            .await;
        let answer = match answer.doing("delete the VPC endpoint") {
            Err(error) => return deleted::<()>(Err(error), &NOT_FOUND),
            Ok(answer) => answer,
        };
        // The answer has status 200 and lists what was not deleted.
        let refused = answer.unsuccessful().iter().find_map(|item| item.error());
        let Some(refused) = refused else {
            return Ok(Deletion::Accepted);
        };
        let code = refused.code().unwrap_or("an unknown error").to_owned();
        let message = refused.message().unwrap_or("AWS gave no reason");
        let error = Error::failed(format!("cannot delete the VPC endpoint: {code}: {message}"));
        deleted::<()>(Err(error.with_code(Some(code), None)), &NOT_FOUND)
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        tags::change(ctx, id, set, remove).await
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        let mut diff = Diff::new();
        diff.fixed("vpc_id", &live.vpc_id, &spec.vpc_id)
            .fixed("service_name", &live.service_name, &spec.service_name)
            .fixed("endpoint_type", &live.endpoint_type, spec.endpoint_type)
            .set(
                "route_table_ids",
                &live.route_table_ids,
                &spec.route_table_ids,
            )
            .set("subnet_ids", &live.subnet_ids, &spec.subnet_ids)
            .set(
                "security_group_ids",
                &live.security_group_ids,
                &spec.security_group_ids,
            );
        // A gateway endpoint has no DNS names, whatever AWS reports.
        if spec.endpoint_type == Type::Interface {
            diff.field(
                "private_dns_enabled",
                live.private_dns_enabled,
                spec.private_dns_enabled,
            );
        }
        diff.finish()
    }

    fn ready(live: &Live) -> Readiness {
        let reason = || live.failure.clone().unwrap_or_else(|| live.state.clone());
        match live.state.as_str() {
            "available" => Readiness::Ready,
            "failed" | "rejected" | "expired" | "partial" => Readiness::Failed(reason()),
            "deleting" => Readiness::Leaving(live.state.clone()),
            other => Readiness::Pending(other.to_owned()),
        }
    }

    fn replace_order(_: &[Change]) -> ReplaceOrder {
        // Two endpoints in a VPC can share neither the service's private DNS name nor a route table.
        ReplaceOrder::DeleteFirst
    }
}
