//! What a plan changes: each line that costs more or less after it.

use crate::estimate::Estimate;
use crate::money::{cents, signed};
use rust_decimal::Decimal;

/// Each changed line: its difference, what it is, where it is, and what else is to be said.
pub fn changes(estimate: &Estimate) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    if estimate.today.is_none() {
        return rows;
    }
    for item in &estimate.items {
        let line = &item.line;
        let after = line.amount();
        let note = match item.overlaps {
            true => {
                let usd = item
                    .today
                    .map_or("its price".to_owned(), |today| cents(today.typical));
                format!("replaced: until the old one is deleted, {usd} a month more")
            }
            false => String::new(),
        };
        let difference = match (after, item.today) {
            (Some(after), Some(today)) => after.typical - today.typical,
            _ => Decimal::ZERO,
        };
        if difference.is_zero() && !item.overlaps {
            continue;
        }
        let place = line
            .address
            .clone()
            .unwrap_or_else(|| "the stack".to_owned());
        rows.push(vec![signed(difference), line.item.clone(), place, note]);
    }
    rows
}

/// Today's amount, the one after the plan, and the difference, as one line; none where today is not known.
pub fn from_to(estimate: &Estimate) -> Option<String> {
    let (today, change) = (estimate.today?, estimate.change()?);
    let after = estimate.after.total();
    Some(format!(
        "today {} → {} USD a month ({})",
        cents(today.total().typical),
        cents(after.typical),
        signed(change.typical)
    ))
}
