//! `route_table`: a table of a VPC. Its routes, and the subnets that use it, are resources of their own.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RouteTable.html>

use crate::clients::Clients;
use crate::ec2::change_errors::ExplainChange;
use crate::ec2::delete_errors::deleted;
use crate::ec2::incomplete_answer;
use crate::ec2::{find, tags};
use aws_sdk_ec2::types::ResourceType;
use rd_common::aws::Explain;
use rd_common::{
    Change, CreateRequest, Ctx, Deletion, Diff, Found, Input, Kind, Result, Tags, Wanted,
};
use serde::{Deserialize, Serialize};

/// The kind `route_table`, of which only the tags can change.
pub struct RouteTable;

/// The desired route table, without its routes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The id of the VPC.
    pub vpc_id: Input,
}

/// The route table as AWS describes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The id of the VPC.
    pub vpc_id: String,
}

impl Kind for RouteTable {
    const NAME: &'static str = "route_table";
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let tables = ctx
            .clients
            .describe
            .route_tables
            .ask(find::query(ctx, wanted, "route-table-id"))
            .await?;
        Ok(find::found(
            ctx,
            wanted,
            &tables,
            aws_sdk_ec2::types::RouteTable::route_table_id,
            |t| t.tags(),
            |t| Live {
                vpc_id: t.vpc_id().unwrap_or_default().to_owned(),
            },
        ))
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let answer = ctx
            .clients
            .ec2
            .create_route_table()
            .vpc_id(request.spec.vpc_id.text())
            .client_token(request.token)
            .tag_specifications(tags::specification(ResourceType::RouteTable, request.tags))
            .send()
            .await
            .changing("create the route table")?;
        answer
            .route_table
            .and_then(|table| table.route_table_id)
            .ok_or_else(|| incomplete_answer("route table id"))
    }

    async fn update(_: &Ctx<Clients>, _: &str, _: &Live, _: &Spec, _: &[Change]) -> Result<()> {
        Ok(())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        deleted(
            ctx.clients
                .ec2
                .delete_route_table()
                .route_table_id(id)
                .send()
                .await
                .doing("delete the route table"),
            &["InvalidRouteTableID.NotFound"],
        )
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        tags::change(ctx, id, set, remove).await
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        Diff::new()
            .fixed("vpc_id", &live.vpc_id, &spec.vpc_id)
            .finish()
    }
}
