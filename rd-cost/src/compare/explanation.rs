//! What explains the difference between an estimate and a charge: the quantity, the price, or both.

use super::{Days, Item, is_charged_at_once};
use crate::money::{HOURS, plain};
use rust_decimal::Decimal;

/// Differences below this share of the estimate are not worth a word.
const TOLERANCE: Decimal = Decimal::from_parts(2, 0, 0, false, 2);

/// What explains the difference; empty where there is none.
pub fn of(item: &Item, days: Days) -> String {
    if let Some(reason) = &item.unknown {
        return reason.clone();
    }
    if !item.is_estimated() {
        return String::new();
    }
    let Some(charged) = item.charged else {
        return match is_charged_at_once(item) {
            true => "charged for the whole month on its first day".to_owned(),
            false => "AWS has charged no such usage on these days".to_owned(),
        };
    };
    let estimated = item.estimated.unwrap_or_default();
    if is_close(charged, estimated.typical) {
        return String::new();
    }
    if is_charged_at_once(item) {
        return "charged for the whole month on its first day".to_owned();
    }
    let parts = [quantity(item, days), price(item, charged)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join("; ")
}

/// Whether two numbers are the same, but for rounding.
fn is_close(one: Decimal, other: Decimal) -> bool {
    (one - other).abs() <= one.abs().max(other.abs()) * TOLERANCE
}

/// What the quantity explains.
fn quantity(item: &Item, days: Days) -> Option<String> {
    let range = item.quantity?;
    let (used, typical) = (item.quantity_charged, range.typical);
    if is_close(used, typical) {
        return None;
    }
    let unit = item.price.as_ref().map_or("", |price| price.unit.as_str());
    let (used_text, typical_text) = (short(used), short(typical));
    let within = used >= range.low && used <= range.high && !range.is_exact();
    if item.settings.is_empty() {
        let why = match used > range.high {
            _ if within => "within the limits of the scaling",
            true => "more than the states have",
            false => "it existed for a part of the time",
        };
        return Some(format!(
            "{used_text} instead of {typical_text} {unit}s: {why}"
        ));
    }
    let settings: Vec<&str> = item.settings.iter().copied().collect();
    let to_set = match (settings.as_slice(), days.count()) {
        ([one], 1..) => value_of(one, used / days.share())
            .map(|value| format!("set {one} = {}", significant(value))),
        _ => None,
    };
    let to_set = to_set.unwrap_or_else(|| format!("see {}", settings.join(", ")));
    let within = match within {
        true => ", within the assumed range",
        false => "",
    };
    Some(format!(
        "used {used_text} {unit}, assumed {typical_text}{within}: {to_set}"
    ))
}

/// The value of a key of `[cost.usage]` that makes a month have this quantity; none where the quantity follows from more
/// than the key.
fn value_of(setting: &str, month: Decimal) -> Option<Decimal> {
    let key = setting.strip_prefix("cost.usage.")?;
    match key {
        "nat_gb"
        | "endpoint_gb"
        | "egress_gb"
        | "flow_log_gb"
        | "image_gb"
        | "store_standard_gb"
        | "store_ia_gb"
        | "store_glacier_ir_gb"
        | "alarm_mails" => Some(month),
        "lcu" => Some(month / HOURS),
        // Both sides of a border are charged.
        "zone_gb" => Some(month / Decimal::TWO),
        "store_put_thousands" | "store_get_thousands" | "secret_thousands" | "kms_thousands" => {
            Some(month / Decimal::ONE_THOUSAND)
        }
        _ => None,
    }
}

/// What the price explains.
fn price(item: &Item, charged: Decimal) -> Option<String> {
    let listed = item.price.as_ref()?;
    let used = item.quantity_charged;
    if used.is_zero() {
        return None;
    }
    let paid = charged / used;
    if is_close(paid, listed.usd) {
        return None;
    }
    let (unit, usd) = (&listed.unit, plain(listed.usd));
    Some(match (charged.is_zero(), item.has_free) {
        (true, true) => "within the account's free amount".to_owned(),
        (true, false) => {
            "AWS has charged nothing for it: free for this account, or paid by a plan".to_owned()
        }
        (false, true) if paid < listed.usd => {
            "a part of it is within the account's free amount".to_owned()
        }
        (false, _) => format!(
            "{} USD a {unit} instead of the list price {usd}",
            plain(paid.round_sf(4).unwrap_or(paid))
        ),
    })
}

/// A number for people: two decimals, more for small ones.
fn short(number: Decimal) -> String {
    match number.abs() < Decimal::ONE {
        true => plain(number.round_sf(2).unwrap_or(number)),
        false => plain(number.round_dp(2)),
    }
}

/// A number to put into the settings, with two significant digits.
fn significant(number: Decimal) -> String {
    plain(number.round_sf(2).unwrap_or(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::{Price, Range};
    use jiff::civil::date;

    /// 30 days of a NAT gateway's data: 50 GB a month at 0.045.
    fn item(settings: &[&'static str], used: &str, charged: &str) -> Item {
        let number = |text: &str| text.parse::<Decimal>().unwrap();
        Item {
            name: "NAT data".to_owned(),
            settings: settings.iter().copied().collect(),
            price: Some(Price {
                usd: number("0.045"),
                unit: "GB".to_owned(),
                date: String::new(),
                origin: String::new(),
            }),
            estimated: Some(Range::from(number("2.25"))),
            quantity: Some(Range {
                low: 5.into(),
                typical: 50.into(),
                high: 500.into(),
            }),
            charged: Some(number(charged)),
            quantity_charged: number(used),
            ..Item::default()
        }
    }

    fn said(item: &Item) -> String {
        let days = Days {
            since: date(2026, 11, 1),
            until: date(2026, 12, 1),
        };
        of(item, days)
    }

    #[test]
    fn quantity_and_price_are_told_apart() {
        let nat = &["cost.usage.nat_gb"];
        assert_eq!(said(&item(nat, "50", "2.25")), "");
        let within = said(&item(nat, "100", "4.5"));
        assert_eq!(
            within,
            "used 100 GB, assumed 50, within the assumed range: set cost.usage.nat_gb = 100"
        );
        assert!(said(&item(nat, "1000", "45")).contains("used 1000 GB, assumed 50: set"));
        let dearer = said(&item(nat, "50", "3"));
        assert_eq!(dearer, "0.06 USD a GB instead of the list price 0.045");
        let both = said(&item(nat, "100", "6"));
        assert!(
            both.contains("used 100 GB") && both.contains("; 0.06 USD"),
            "{both}"
        );
        assert!(said(&item(nat, "50", "0")).contains("has charged nothing"));
    }

    #[test]
    fn what_exists_is_counted_in_hours() {
        let mut gone = item(&[], "12", "0.54");
        gone.quantity = Some(Range::from(50));
        assert!(said(&gone).contains("12 instead of 50 GBs: it existed for a part"));
        gone.quantity_charged = 99.into();
        assert!(said(&gone).contains("more than the states have"));
        gone.charged = None;
        assert!(said(&gone).contains("no such usage"));
        gone.unknown = Some("no price known for it in mars".to_owned());
        assert_eq!(said(&gone), "no price known for it in mars");
    }
}
