//! The shared store of the states: requests to its bucket and its table. What it stores is a few MB.

use super::{STACK, Sheet};
use crate::line::Line;
use rd_common::records::Basis;
use rd_common::settings::Backend;
use rust_decimal::Decimal;

/// The lines of the bucket and, if it has one, of the table of the locks.
pub(super) fn store(sheet: &mut Sheet<'_>) {
    let settings = sheet.terms.state;
    if settings.backend != Some(Backend::S3) {
        return;
    }
    let requests = sheet.usage(|usage| usage.state_thousands) * Decimal::ONE_THOUSAND;
    let mut lines = vec![(
        "requests to the bucket of the states",
        "S3/standard-put-copy-post-list-request",
    )];
    if settings.table.is_some() {
        lines.push((
            "requests to the table of the locks",
            "DynamoDB/on-demand-write-request-unit",
        ));
    }
    for (item, price) in lines {
        let prices = sheet.terms.state_prices;
        let found = prices.get(price).cloned();
        let note = found
            .is_none()
            .then(|| format!("no price known for {item} in {}", prices.region));
        sheet.lines.push(Line {
            address: None,
            slice: STACK.to_owned(),
            item: item.to_owned(),
            price_item: price.to_owned(),
            quantity: Some(requests),
            basis: if found.is_some() {
                Basis::Assumed
            } else {
                Basis::Unknown
            },
            price: found,
            setting: Some("cost.usage.state_thousands"),
            source: None,
            note,
        });
    }
}
