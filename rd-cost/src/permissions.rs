//! What IAM asks for the calls of rd-cost. Cost Explorer knows no resources.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscostexplorerservice.html>

use rd_common::Stack;
use rd_common::permissions::{Call, Grant, Resources, needs};

const COST_EXPLORER: &str = "Cost Explorer";

/// The calls to Cost Explorer. Those that look at what exists are in `observing_calls`.
pub const CALLS: &[Call] = &[
    needs(
        COST_EXPLORER,
        "GetCostAndUsage",
        "report compare forecast",
        &[Grant::any("ce:GetCostAndUsage")],
    ),
    needs(
        COST_EXPLORER,
        "GetCostForecast",
        "forecast",
        &[Grant::any("ce:GetCostForecast")],
    ),
    needs(
        COST_EXPLORER,
        "GetTags",
        "report compare",
        &[Grant::any("ce:GetTags")],
    ),
    needs(
        COST_EXPLORER,
        "ListCostAllocationTags",
        "report compare tags",
        &[Grant::any("ce:ListCostAllocationTags")],
    ),
    needs(
        COST_EXPLORER,
        "UpdateCostAllocationTagsStatus",
        "tags",
        &[Grant::any("ce:UpdateCostAllocationTagsStatus")],
    ),
    needs(
        COST_EXPLORER,
        "StartCostAllocationTagBackfill",
        "tags",
        &[Grant::any("ce:StartCostAllocationTagBackfill")],
    ),
];

/// The ARNs behind the names in the tables. `bucket` is the name of the stack's bucket in the settings.
pub fn resources(stack: &Stack, bucket: Option<&str>) -> Resources {
    let bucket = bucket.map_or_else(|| stack.name_of("sessions-*"), str::to_owned);
    Resources::of(stack)
        .without_account("bucket", "s3", [bucket])
        .regional("any_alarm", "cloudwatch", ["alarm:*"])
        .regional("any_repository", "ecr", ["repository/*"])
}
