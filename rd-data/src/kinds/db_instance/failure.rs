//! Why an instance failed: its status does not say, its events do.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeEvents.html>

use super::model::Live;
use super::status;
use crate::clients::Clients;
use aws_sdk_rds::types::SourceType;
use rd_common::Ctx;
use rd_common::aws::Explain;
use rd_common::aws::events::{MINUTES_KEPT, newest};

/// What AWS reports of an instance, with the cause of its failure where it has failed.
pub async fn with_cause(ctx: &Ctx<Clients>, id: &str, mut live: Live) -> Live {
    if status::FAILED.contains(&live.status.as_str()) {
        live.failure = newest_event(ctx, id).await;
    }
    live
}

/// The text of the newest event of an instance; none where there is none, or where the credentials do not allow the call.
/// The instance has failed with or without it.
async fn newest_event(ctx: &Ctx<Clients>, id: &str) -> Option<String> {
    let call = ctx.clients.rds.describe_events();
    let events = call
        .source_type(SourceType::DbInstance)
        .source_identifier(id)
        .duration(MINUTES_KEPT)
        .into_paginator()
        .items()
        .send();
    let events = events.try_collect().await;
    let events = events.doing("read the events of the instance");
    newest(events.ok()?.iter().map(|one| (one.date(), one.message())))
}
