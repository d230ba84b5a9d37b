//! What AWS gives each account for free every month. These are lines of their own with a negative quantity: other stacks
//! of the account may have used them already.
//! <https://aws.amazon.com/free/>

use super::{STACK, Sheet};
use crate::line::{Line, Range};
use rd_common::records::Basis;
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// A metric that an alarm evaluates.
pub(super) const ALARM: &str = "CloudWatch/alarm-standard-metric-month";
/// A dashboard, by month.
pub(super) const DASHBOARD: &str = "CloudWatch/dashboard-month-after-3-free";
/// A custom metric, by month.
pub(super) const CUSTOM_METRIC: &str = "CloudWatch/custom-metric-month-first-10000";
/// A mail of a topic.
pub(super) const MAIL: &str = "SNS/email-notification-after-1000-free";
/// A request to a customer managed KMS key.
pub(super) const KMS_REQUEST: &str = "KMS/request-symmetric";

/// Each free amount: what it is of, its price, and how much.
const FREE: [(&str, &str, i64); 7] = [
    ("10 alarm metrics of the account", ALARM, 10),
    ("10 custom metrics of the account", CUSTOM_METRIC, 10),
    ("3 dashboards of the account", DASHBOARD, 3),
    (
        "5 GB of logs of the account",
        "CloudWatchLogs/logs-ingest-standard-gb",
        5,
    ),
    (
        "100 GB of traffic of the account",
        "DataTransfer/internet-out-gb-next-10TB-after-100GB-free",
        100,
    ),
    ("1000 mails of the account", MAIL, 1_000),
    ("20,000 KMS requests of the account", KMS_REQUEST, 20_000),
];

/// Takes off what is free, as far as the stack uses it.
pub(super) fn free_amounts(sheet: &mut Sheet<'_>) {
    for (what, item, amount) in FREE {
        let Some(price) = sheet.terms.prices.get(item).cloned() else {
            continue;
        };
        let paid = || sheet.lines.iter().filter(|line| line.price_item == item);
        let quantities = paid().filter_map(|line| line.quantity);
        let used = quantities.fold(Range::default(), |sum, one| sum + one);
        let free = used.up_to(Decimal::from(amount)).map(|number| -number);
        let basis = match paid().all(|line| line.basis == Basis::Fixed) {
            true => Basis::Fixed,
            false => Basis::Assumed,
        };
        // Where several settings are behind it, none of them sets it.
        let settings: BTreeSet<&str> = paid().filter_map(|line| line.setting).collect();
        let setting = paid().find_map(|line| line.setting);
        let setting = setting.filter(|_| settings.len() == 1);
        if !free.is_zero() {
            sheet.lines.push(Line {
                address: None,
                slice: STACK.to_owned(),
                item: format!("free: {what}"),
                price_item: item.to_owned(),
                quantity: Some(free),
                price: Some(price),
                basis,
                setting,
                source: None,
                note: None,
            });
        }
    }
}
