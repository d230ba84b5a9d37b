//! An estimate as `cost` records: one for each line, then the total.

use crate::estimate::{Estimate, Item};
use crate::line::{Range, Source};
use crate::money::plain;
use rd_common::records::{Basis, Cost, CostTotal};

/// The records, in the order of the lines.
pub fn records(estimate: &Estimate) -> Vec<Cost> {
    let lines = estimate.items.iter();
    let mut records: Vec<Cost> = lines.map(|item| record(item, &estimate.region)).collect();
    let sums = estimate.after;
    let total = sums.total();
    records.push(Cost {
        slice: "cost".to_owned(),
        item: "total".to_owned(),
        region: estimate.region.clone(),
        usd_month: Some(plain(total.typical)),
        usd_month_low: end(total, total.low),
        usd_month_high: end(total, total.high),
        total: Some(CostTotal {
            slices: estimate.slices.clone(),
            fixed: plain(sums.fixed.typical),
            assumed: plain(sums.assumed.typical),
            unknown: sums.unknown as u64,
            today: estimate.today.map(|today| plain(today.total().typical)),
            change: estimate.change().map(|change| plain(change.typical)),
        }),
        ..Cost::default()
    });
    records
}

/// One end of a range; none where it is no range.
fn end(range: Range, end: rust_decimal::Decimal) -> Option<String> {
    (!range.is_exact()).then(|| plain(end))
}

fn record(item: &Item, region: &str) -> Cost {
    let line = &item.line;
    let amount = line.amount().filter(|_| line.basis != Basis::Unknown);
    let quantity = line.quantity;
    let price = line.price.as_ref();
    Cost {
        slice: "cost".to_owned(),
        address: line.address.clone(),
        item: line.item.clone(),
        region: region.to_owned(),
        basis: Some(line.basis),
        quantity: quantity.map(|range| plain(range.typical)),
        quantity_low: quantity.and_then(|range| end(range, range.low)),
        quantity_high: quantity.and_then(|range| end(range, range.high)),
        unit: price.map(|price| price.unit.clone()),
        unit_price: price.map(|price| plain(price.usd)),
        price_item: Some(line.price_item.clone()).filter(|item| !item.is_empty()),
        usd_month: amount.map(|range| plain(range.typical)),
        usd_month_low: amount.and_then(|range| end(range, range.low)),
        usd_month_high: amount.and_then(|range| end(range, range.high)),
        usd_month_today: item.today.map(|today| plain(today.typical)),
        overlaps: item.overlaps,
        setting: line.setting.map(str::to_owned),
        measured_by: match &line.source {
            Some(Source::Measured(from)) => Some(from.clone()),
            _ => None,
        },
        assumed_because: match &line.source {
            Some(Source::Assumed(why)) => Some(why.clone()),
            _ => None,
        },
        price_date: price.map(|price| price.date.clone()),
        price_origin: price.map(|price| price.origin.clone()),
        reason: line.note.clone(),
        total: None,
    }
}
