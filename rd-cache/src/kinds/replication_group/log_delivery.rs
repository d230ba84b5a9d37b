//! Where ElastiCache delivers the logs of a replication group.
//! <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Log_Delivery.html>

use super::diff::logs_path;
use super::model::{Live, Spec};
use crate::clients::Clients;
use crate::elasticache;
use aws_sdk_elasticache::types::{
    CloudWatchLogsDestinationDetails, DestinationDetails, DestinationType,
    LogDeliveryConfigurationRequest as Request, LogFormat,
};
use rd_common::aws::Explain;
use rd_common::{Change, Ctx, Result, touches};

/// The request that delivers a log to a log group, or to none any more. JSON, so that rd-logs can search its members.
fn request(log: &str, group: Option<&str>) -> Request {
    let request = Request::builder().log_type(log.into());
    let Some(group) = group else {
        return request.enabled(false).build();
    };
    let details = CloudWatchLogsDestinationDetails::builder().log_group(group);
    let details = DestinationDetails::builder().cloud_watch_logs_details(details.build());
    request
        .enabled(true)
        .destination_type(DestinationType::CloudWatchLogs)
        .destination_details(details.build())
        .log_format(LogFormat::Json)
        .build()
}

/// The deliveries with which a group is created; none without any.
pub fn of_create(spec: &Spec) -> Option<Vec<Request>> {
    let logs = spec.logs.as_ref().filter(|logs| !logs.is_empty())?;
    let requests = logs
        .iter()
        .map(|(log, group)| request(log, Some(group.text())));
    Some(requests.collect())
}

/// Changes the deliveries that differ, at once: ElastiCache refuses it otherwise, whatever waits for the window. What is
/// turned off must be named.
/// <https://github.com/hashicorp/terraform-provider-aws/issues/49842>
pub async fn change(
    ctx: &Ctx<Clients>,
    id: &str,
    live: &Live,
    spec: &Spec,
    changes: &[Change],
) -> Result<()> {
    let wanted = spec.logs.iter().flatten();
    let on = wanted.map(|(log, group)| (log, Some(group.text())));
    let is_off = |log: &&String| {
        spec.logs
            .as_ref()
            .is_some_and(|logs| !logs.contains_key(*log))
    };
    let off = live.logs.keys().filter(is_off).map(|log| (log, None));
    let requests = on
        .chain(off)
        .filter(|(log, _)| touches(changes, &logs_path(log)))
        .map(|(log, group)| request(log, group));
    let call = ctx.clients.elasticache.modify_replication_group();
    call.replication_group_id(id)
        .set_log_delivery_configurations(Some(requests.collect()))
        .apply_immediately(true)
        .send()
        .await
        .doing("change the delivery of the logs")
        .map(|_| ())
        .or_else(elasticache::ignore_no_operation)
}
