//! What IAM asks for the calls of rd-cost. Cost Explorer knows no resources.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscostexplorerservice.html>
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbudgetservice.html>

use rd_common::Stack;
use rd_common::permissions::{Call, Grant, Resources, needs};

const COST_EXPLORER: &str = "Cost Explorer";
const PRICE_LIST: &str = "Pricing";
const BUDGETS: &str = "Budgets";

/// The calls to Cost Explorer, Budgets and the Price List. Those that look at what exists are in `observing_calls`.
pub const CALLS: &[Call] = &[
    needs(
        COST_EXPLORER,
        "GetCostAndUsage",
        "report compare forecast anomalies",
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
        "report compare anomalies forecast",
        &[Grant::any("ce:GetTags")],
    ),
    needs(
        COST_EXPLORER,
        "ListCostAllocationTags",
        "report compare anomalies tags forecast",
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
    needs(
        COST_EXPLORER,
        "GetAnomalyMonitors",
        "anomalies",
        &[Grant::any("ce:GetAnomalyMonitors")],
    ),
    needs(
        COST_EXPLORER,
        "GetAnomalies",
        "anomalies",
        &[Grant::any("ce:GetAnomalies")],
    ),
    needs(
        BUDGETS,
        "DescribeBudget",
        "budget",
        &[Grant::on("budgets:ViewBudget", "budget")],
    ),
    needs(
        BUDGETS,
        "DescribeNotificationsForBudget",
        "budget",
        &[Grant::on("budgets:ViewBudget", "budget")],
    ),
    needs(
        BUDGETS,
        "DescribeSubscribersForNotification",
        "budget",
        &[Grant::on("budgets:ViewBudget", "budget")],
    ),
    needs(
        BUDGETS,
        "CreateBudget",
        "budget",
        &[Grant::on("budgets:ModifyBudget", "budget")],
    ),
    needs(
        BUDGETS,
        "UpdateBudget",
        "budget",
        &[Grant::on("budgets:ModifyBudget", "budget")],
    ),
    needs(
        BUDGETS,
        "DeleteBudget",
        "budget",
        &[Grant::on("budgets:ModifyBudget", "budget")],
    ),
    needs(
        BUDGETS,
        "CreateNotification",
        "budget",
        &[Grant::on("budgets:ModifyBudget", "budget")],
    ),
    needs(
        BUDGETS,
        "DeleteNotification",
        "budget",
        &[Grant::on("budgets:ModifyBudget", "budget")],
    ),
    needs(
        PRICE_LIST,
        "GetProducts",
        "prices",
        &[Grant::any("pricing:GetProducts")],
    ),
    // AWS asks for no permission: <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
    needs("STS", "GetCallerIdentity", "*", &[]),
];

/// The ARNs behind the names in the tables. `bucket` is the name of the stack's bucket in the settings.
pub fn resources(stack: &Stack, bucket: Option<&str>) -> Resources {
    let bucket = bucket.map_or_else(|| stack.name_of("sessions-*"), str::to_owned);
    Resources::of(stack)
        .without_account("bucket", "s3", [bucket])
        .regional("any_alarm", "cloudwatch", ["alarm:*"])
        .regional("any_repository", "ecr", ["repository/*"])
        .global("budget", "budgets", [format!("budget/{}", stack.name())])
}
