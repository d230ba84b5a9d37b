//! `route`: one route of a route table. AWS has no id and no tags for it; rd's id is made of the table and the
//! destination.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html>

use crate::clients::Clients;
use crate::describe::Query;
use crate::ec2::change_errors::ExplainChange;
use crate::ec2::delete_errors::deleted;
use aws_sdk_ec2::types::{Route as Ec2Route, RouteState};
use rd_common::aws::Explain;
use rd_common::{
    Change, CreateRequest, Ctx, Deletion, Diff, Found, Input, Kind, ReplaceOrder, Result, Retry,
    Wanted,
};
use serde::{Deserialize, Serialize};

/// The kind `route`, found by its table and destination.
pub struct Route;

/// The desired route, through one of the two gateways.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The id of the route table.
    pub route_table_id: Input,
    /// The destination, in CIDR notation.
    pub destination: String,
    /// The id of the internet gateway that is the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway_id: Option<Input>,
    /// The id of the NAT gateway that is the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nat_gateway_id: Option<Input>,
}

/// The route as AWS describes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The id of the route table.
    pub route_table_id: String,
    /// The destination, in CIDR notation.
    pub destination: String,
    /// The id of the internet gateway that is the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway_id: Option<String>,
    /// The id of the NAT gateway that is the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nat_gateway_id: Option<String>,
    /// Whether the target does not exist any more.
    pub blackhole: bool,
}

/// rd's id of a route, such as `rtb-…_0.0.0.0/0`.
fn id(table: &str, destination: &str) -> String {
    format!("{table}_{destination}")
}

/// The table's id and the destination in a route's id.
fn table_and_destination(id: &str) -> (&str, &str) {
    id.split_once('_').unwrap_or((id, ""))
}

fn live(table: &str, route: &Ec2Route) -> Live {
    Live {
        route_table_id: table.to_owned(),
        destination: route
            .destination_cidr_block()
            .unwrap_or_default()
            .to_owned(),
        gateway_id: route.gateway_id().map(str::to_owned),
        nat_gateway_id: route.nat_gateway_id().map(str::to_owned),
        blackhole: route.state() == Some(&RouteState::Blackhole),
    }
}

fn text(input: Option<&Input>) -> Option<String> {
    input.map(|input| input.text().to_owned())
}

impl Kind for Route {
    const NAME: &'static str = "route";
    const WHILE_GONE: Option<&'static str> = Some("traffic to its destination goes nowhere");
    // Subnets use it until they have moved to another table.
    const DELETE_LAST: bool = true;
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let key = |one: &Wanted<Spec>| match (&one.id, &one.spec) {
            (Some(id), _) => {
                let (table, destination) = table_and_destination(id);
                (table.to_owned(), destination.to_owned())
            }
            (None, Some(spec)) => (
                spec.route_table_id.text().to_owned(),
                spec.destination.clone(),
            ),
            (None, None) => (String::new(), String::new()),
        };
        let query = Query::by("route-table-id", wanted.iter().map(|one| key(one).0));
        let tables = ctx.clients.describe.route_tables.ask(query).await?;
        let mut found = Vec::new();
        for one in wanted {
            let (table_id, destination) = key(one);
            let table = tables
                .iter()
                .find(|table| table.route_table_id() == Some(&table_id));
            let route = table.and_then(|table| {
                table
                    .routes()
                    .iter()
                    .find(|r| r.destination_cidr_block() == Some(&destination))
            });
            if let Some(route) = route {
                found.push(Found {
                    address: one.address.clone(),
                    id: id(&table_id, &destination),
                    live: live(&table_id, route),
                    tags: None,
                });
            }
        }
        Ok(found)
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let spec = request.spec;
        let call = ctx
            .clients
            .ec2
            .create_route()
            .route_table_id(spec.route_table_id.text())
            .destination_cidr_block(&spec.destination)
            .set_gateway_id(text(spec.gateway_id.as_ref()))
            .set_nat_gateway_id(text(spec.nat_gateway_id.as_ref()));
        match call.send().await.changing("create the route") {
            // Another user or an earlier attempt created it: read it, and change it where it differs.
            Err(error) if error.is(&["RouteAlreadyExists"]) => Err(error.retry(Retry::Unknown)),
            other => other.map(|_| id(spec.route_table_id.text(), &spec.destination)),
        }
    }

    async fn update(
        ctx: &Ctx<Clients>,
        id: &str,
        _live: &Live,
        spec: &Spec,
        _changes: &[Change],
    ) -> Result<()> {
        let (table, destination) = table_and_destination(id);
        let call = ctx
            .clients
            .ec2
            .replace_route()
            .route_table_id(table)
            .destination_cidr_block(destination)
            .set_gateway_id(text(spec.gateway_id.as_ref()))
            .set_nat_gateway_id(text(spec.nat_gateway_id.as_ref()));
        call.send().await.changing("replace the route").map(|_| ())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        let (table, destination) = table_and_destination(id);
        let call = ctx
            .clients
            .ec2
            .delete_route()
            .route_table_id(table)
            .destination_cidr_block(destination);
        deleted(
            call.send().await.doing("delete the route"),
            &["InvalidRoute.NotFound", "InvalidRouteTableID.NotFound"],
        )
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        let mut diff = Diff::new();
        diff.fixed("route_table_id", &live.route_table_id, &spec.route_table_id)
            .fixed("destination", &live.destination, &spec.destination)
            .field("gateway_id", &live.gateway_id, &spec.gateway_id)
            .field("nat_gateway_id", &live.nat_gateway_id, &spec.nat_gateway_id);
        diff.finish()
    }

    fn replace_order(changes: &[Change]) -> ReplaceOrder {
        if rd_common::touches(changes, "route_table_id") {
            ReplaceOrder::CreateFirst
        } else {
            ReplaceOrder::DeleteFirst
        }
    }
}
