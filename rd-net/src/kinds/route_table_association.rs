//! `route_table_association`: which route table a subnet uses. A subnet has at most one association, and AWS changes
//! the association's id with every change of the table, so rd uses the subnet's id.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RouteTableAssociation.html>

use crate::clients::Clients;
use crate::describe::Query;
use crate::ec2::change_errors::ExplainChange;
use crate::ec2::delete_errors::deleted;
use aws_sdk_ec2::types::{
    RouteTable, RouteTableAssociation as Association, RouteTableAssociationStateCode as Code,
};
use rd_common::aws::Explain;
use rd_common::{
    Change, CreateRequest, Ctx, Deletion, Diff, Found, Input, Kind, Readiness, ReplaceOrder,
    Result, Retry, Wanted,
};
use serde::{Deserialize, Serialize};

/// The kind `route_table_association`, found by the subnet's id.
pub struct RouteTableAssociation;

/// The desired association of one subnet.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The id of the subnet.
    pub subnet_id: Input,
    /// The id of the route table that the subnet uses.
    pub route_table_id: Input,
}

/// The association as AWS describes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// AWS's id of the association, which changes with the table.
    pub association_id: String,
    /// The id of the subnet.
    pub subnet_id: String,
    /// The id of the route table that the subnet uses.
    pub route_table_id: String,
    /// AWS's status word, such as `associated`; empty where AWS does not report it.
    pub state: String,
    /// AWS's reason where it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// The subnet's association, if one of these tables has it.
fn of_subnet<'a>(tables: &'a [RouteTable], subnet: &str) -> Option<&'a Association> {
    tables
        .iter()
        .flat_map(aws_sdk_ec2::types::RouteTable::associations)
        .find(|association| {
            let state = association
                .association_state()
                .and_then(|state| state.state());
            association.subnet_id() == Some(subnet) && state != Some(&Code::Disassociated)
        })
}

fn live(association: &Association) -> Live {
    let reported = association.association_state();
    let state = reported.and_then(|state| state.state());
    Live {
        association_id: association
            .route_table_association_id()
            .unwrap_or_default()
            .to_owned(),
        subnet_id: association.subnet_id().unwrap_or_default().to_owned(),
        route_table_id: association.route_table_id().unwrap_or_default().to_owned(),
        state: state
            .map(|state| state.as_str().to_owned())
            .unwrap_or_default(),
        failure: reported
            .and_then(|state| state.status_message())
            .map(str::to_owned),
    }
}

/// The subnet's id: the id in the state, otherwise the desired one.
fn subnet_id(one: &Wanted<Spec>) -> String {
    one.id
        .clone()
        .or_else(|| Some(one.spec.as_ref()?.subnet_id.text().to_owned()))
        .unwrap_or_default()
}

impl Kind for RouteTableAssociation {
    const NAME: &'static str = "route_table_association";
    const WHILE_GONE: Option<&'static str> =
        Some("its subnet has only the routes of the VPC's main table");
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        // The query of the kind `route_table` reads the same tables. Only a subnet in none of them costs another call.
        let tables = wanted
            .iter()
            .filter_map(|one| Some(one.spec.as_ref()?.route_table_id.text().to_owned()));
        let tables = ctx
            .clients
            .describe
            .route_tables
            .ask(Query::by("route-table-id", tables))
            .await?;
        let missing = wanted
            .iter()
            .map(subnet_id)
            .filter(|subnet| of_subnet(&tables, subnet).is_none());
        let others = Query::by("association.subnet-id", missing);
        let others = ctx.clients.describe.route_tables.ask(others).await?;
        let found = wanted.iter().filter_map(|one| {
            let id = subnet_id(one);
            let association = of_subnet(&tables, &id).or_else(|| of_subnet(&others, &id))?;
            Some(Found {
                address: one.address.clone(),
                live: live(association),
                id,
                tags: None,
            })
        });
        Ok(found.collect())
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let subnet = request.spec.subnet_id.text();
        let call = ctx
            .clients
            .ec2
            .associate_route_table()
            .subnet_id(subnet)
            .route_table_id(request.spec.route_table_id.text());
        match call.send().await.changing("associate the route table") {
            // Another user or an earlier attempt associated it: read it, and change the table where it differs.
            Err(error) if error.is(&["Resource.AlreadyAssociated"]) => {
                Err(error.retry(Retry::Unknown))
            }
            other => other.map(|_| subnet.to_owned()),
        }
    }

    async fn update(
        ctx: &Ctx<Clients>,
        _id: &str,
        live: &Live,
        spec: &Spec,
        _changes: &[Change],
    ) -> Result<()> {
        let call = ctx
            .clients
            .ec2
            .replace_route_table_association()
            .association_id(&live.association_id)
            .route_table_id(spec.route_table_id.text());
        match call
            .send()
            .await
            .changing("change the subnet's route table")
        {
            // The answer to an earlier attempt was lost. The association has a new id, which the next read returns.
            Err(error) if error.is(&["InvalidAssociationID.NotFound"]) => Ok(()),
            other => other.map(|_| ()),
        }
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        let query = Query::by("association.subnet-id", [id.to_owned()]);
        let tables = ctx.clients.describe.route_tables.ask(query).await?;
        let Some(association) =
            of_subnet(&tables, id).and_then(Association::route_table_association_id)
        else {
            return Ok(Deletion::NotFound);
        };
        let answer = ctx
            .clients
            .ec2
            .disassociate_route_table()
            .association_id(association)
            .send()
            .await;
        deleted(
            answer.doing("disassociate the route table"),
            &["InvalidAssociationID.NotFound"],
        )
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        Diff::new()
            .fixed("subnet_id", &live.subnet_id, &spec.subnet_id)
            .field("route_table_id", &live.route_table_id, &spec.route_table_id)
            .finish()
    }

    fn ready(live: &Live) -> Readiness {
        match live.state.as_str() {
            "associated" | "" => Readiness::Ready,
            "failed" => Readiness::Failed(
                live.failure
                    .clone()
                    .unwrap_or_else(|| "AWS gave no reason".to_owned()),
            ),
            "disassociating" => Readiness::Leaving(live.state.clone()),
            other => Readiness::Pending(other.to_owned()),
        }
    }

    fn replace_order(_: &[Change]) -> ReplaceOrder {
        ReplaceOrder::DeleteFirst
    }
}
