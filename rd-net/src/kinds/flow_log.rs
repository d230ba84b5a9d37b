//! `flow_log`: logs the VPC's traffic to CloudWatch Logs.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_FlowLog.html>

use crate::clients::Clients;
use crate::ec2::change_errors::{ExplainChange, explain};
use crate::ec2::delete_errors::deleted;
use crate::ec2::incomplete_answer;
use crate::ec2::{find, tags};
use aws_sdk_ec2::types::{
    FlowLogsResourceType, LogDestinationType, ResourceType, TrafficType, UnsuccessfulItem,
};
use rd_common::arn::Arn;
use rd_common::aws::Explain;
use rd_common::{
    Change, CreateRequest, Ctx, Deletion, Diff, Error, Found, Input, Kind, ReplaceOrder, Result,
    Retry, Tags, Wanted,
};
use rd_iam::propagation;
use serde::{Deserialize, Serialize};

/// The kind `flow_log`, of which nothing can be changed in place.
pub struct FlowLog;

/// The desired flow log, of all traffic.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The id of the VPC.
    pub vpc_id: Input,
    /// The ARN of the log group to write to.
    pub log_group_arn: Input,
    /// The ARN of the role with which VPC flow logs write.
    pub role_arn: Input,
}

/// The flow log as AWS describes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The id of the VPC.
    pub vpc_id: String,
    /// The name of the log group that it writes to.
    pub log_group_name: String,
    /// The ARN of the role with which VPC flow logs write.
    pub role_arn: String,
    /// The traffic that it logs: `ALL`, `ACCEPT` or `REJECT`.
    pub traffic_type: String,
}

/// The name of the log group with this ARN.
pub fn group_name(arn: &str) -> String {
    let resource = Arn::parse(arn).map_or(arn.to_owned(), |arn| arn.resource);
    let name = resource.strip_prefix("log-group:").unwrap_or(&resource);
    name.trim_end_matches(":*").to_owned()
}

/// Turns the first unsuccessful item of an answer with status 200 into an error.
fn check_unsuccessful(doing: &str, items: &[UnsuccessfulItem]) -> Result<()> {
    let Some(error) = items.iter().find_map(|item| item.error()) else {
        return Ok(());
    };
    let code = error.code().unwrap_or("an unknown error").to_owned();
    let message = error.message().unwrap_or("AWS gave no reason");
    let failed = Error::failed(format!("cannot {doing}: {code}: {message}"));
    Err(failed.with_code(Some(code), None))
}

/// What an error of the create means beyond what all changes have in common.
fn create_error(error: Error) -> Error {
    match error.code.as_deref() {
        // By an earlier attempt whose answer was lost: it is searched for by its tags.
        Some("FlowLogAlreadyExists") => error.retry(Retry::Unknown),
        _ => error,
    }
}

impl Kind for FlowLog {
    const NAME: &'static str = "flow_log";
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let logs = ctx
            .clients
            .describe
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
                    .map(str::to_owned)
                    .or_else(|| l.log_destination().map(group_name))
                    .unwrap_or_default(),
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
        propagation::retry_while_refused(ctx, async || {
            let answer = ctx
                .clients
                .ec2
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
                .changing("create the flow log")?;
            check_unsuccessful("create the flow log", answer.unsuccessful()).map_err(explain)?;
            answer
                .flow_log_ids
                .and_then(|ids| ids.into_iter().next())
                .ok_or_else(|| incomplete_answer("flow log id"))
        })
        .await
        .map_err(create_error)
    }

    async fn update(_: &Ctx<Clients>, _: &str, _: &Live, _: &Spec, _: &[Change]) -> Result<()> {
        Ok(())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        let answer = ctx
            .clients
            .ec2
            .delete_flow_logs()
            .flow_log_ids(id)
            .send()
            .await
            .doing("delete the flow log");
        deleted(
            answer.and_then(|answer| {
                check_unsuccessful("delete the flow log", answer.unsuccessful())
            }),
            &["InvalidFlowLogId.NotFound"],
        )
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
        // AWS refuses a second flow log of the same VPC to the same log group.
        ReplaceOrder::DeleteFirst
    }
}
