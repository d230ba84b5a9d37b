//! `flow_log`: the VPC's traffic, logged to CloudWatch.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_FlowLog.html>

use crate::clients::Clients;
use crate::ec2::errors::{deleted, incomplete};
use crate::ec2::{find, tags};
use aws_sdk_ec2::types::{
    FlowLogsResourceType, LogDestinationType, ResourceType, TrafficType, UnsuccessfulItem,
};
use rd_common::aws::Explain;
use rd_common::{
    Change, CreateRequest, Ctx, Diff, Error, Found, Input, Kind, ReplaceOrder, Result, Tags, Wanted,
};
use rd_iam::propagation;
use serde::{Deserialize, Serialize};

/// The kind.
pub struct FlowLog;

/// What we want.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The VPC.
    pub vpc_id: Input,
    /// Where it goes.
    pub log_group_arn: Input,
    /// The role that writes it.
    pub role_arn: Input,
}

/// What there is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The VPC.
    pub vpc_id: String,
    /// The name of the log group that it goes to.
    pub log_group_name: String,
    /// The role that writes it.
    pub role_arn: String,
    /// Which traffic.
    pub traffic_type: String,
}

fn group_name(arn: &str) -> &str {
    arn.split(":log-group:")
        .nth(1)
        .unwrap_or(arn)
        .trim_end_matches(":*")
}

/// A refusal in an answer that is 200.
fn refused(doing: &str, items: &[UnsuccessfulItem]) -> Result<()> {
    let Some(error) = items.iter().find_map(|item| item.error()) else {
        return Ok(());
    };
    let code = error.code().unwrap_or("an unknown error").to_owned();
    let message = error.message().unwrap_or("AWS gave no reason");
    let ours = Error::failed(format!("cannot {doing}: {code}: {message}"));
    Err(ours.with_code(Some(code), None))
}

impl Kind for FlowLog {
    const NAME: &'static str = "flow_log";
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let logs = ctx
            .clients
            .reads
            .flow_logs
            .ask(find::query(ctx, wanted, "flow-log-id"))
            .await?;
        Ok(find::found(
            ctx,
            wanted,
            &logs,
            aws_sdk_ec2::types::FlowLog::flow_log_id,
            |l| l.tags(),
            |l| Live {
                vpc_id: l.resource_id().unwrap_or_default().to_owned(),
                log_group_name: l
                    .log_group_name()
                    .or_else(|| l.log_destination().map(group_name))
                    .unwrap_or_default()
                    .to_owned(),
                role_arn: l
                    .deliver_logs_permission_arn()
                    .unwrap_or_default()
                    .to_owned(),
                traffic_type: l
                    .traffic_type()
                    .map(|t| t.as_str().to_owned())
                    .unwrap_or_default(),
            },
        ))
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let spec = request.spec;
        propagation::waited_out(ctx, async || {
            let answer = ctx
                .clients
                .ec2_once
                .create_flow_logs()
                .resource_type(FlowLogsResourceType::Vpc)
                .resource_ids(spec.vpc_id.text())
                .traffic_type(TrafficType::All)
                .log_destination_type(LogDestinationType::CloudWatchLogs)
                .log_destination(spec.log_group_arn.text())
                .deliver_logs_permission_arn(spec.role_arn.text())
                .client_token(request.token)
                .tag_specifications(tags::specification(ResourceType::VpcFlowLog, request.tags))
                .send()
                .await
                .doing("create the flow log")?;
            refused("create the flow log", answer.unsuccessful())?;
            answer
                .flow_log_ids
                .and_then(|ids| ids.into_iter().next())
                .ok_or_else(|| incomplete("flow log's id"))
        })
        .await
    }

    async fn update(_: &Ctx<Clients>, _: &str, _: &Live, _: &Spec, _: &[Change]) -> Result<()> {
        Ok(())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<()> {
        let answer = ctx
            .clients
            .ec2
            .delete_flow_logs()
            .flow_log_ids(id)
            .send()
            .await
            .doing("delete the flow log");
        deleted(answer.and_then(|answer| refused("delete the flow log", answer.unsuccessful())))
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        tags::change(ctx, id, set, remove).await
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        let mut diff = Diff::new();
        diff.fixed("vpc_id", &live.vpc_id, &spec.vpc_id);
        match spec.log_group_arn.known() {
            Some(arn) => diff.fixed("log_group_arn", &live.log_group_name, group_name(arn)),
            None => diff.fixed("log_group_arn", &live.log_group_name, &spec.log_group_arn),
        };
        diff.fixed("role_arn", &live.role_arn, &spec.role_arn)
            .fixed("traffic_type", &live.traffic_type, "ALL");
        diff.finish()
    }

    fn replace_order(_: &[Change]) -> ReplaceOrder {
        // AWS takes no second flow log of the same VPC to the same place.
        ReplaceOrder::DeleteFirst
    }
}
