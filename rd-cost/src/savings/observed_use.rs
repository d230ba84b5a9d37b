//! Smaller sizes, and endpoints that NAT is cheaper than, by what CloudWatch has seen.

use super::{Outcome, Saving, Search};
use crate::waste::{Verdict, of_use};

/// What the checks of `waste` find of them, and the number of metrics that were asked for.
pub(super) async fn savings(search: &Search<'_>) -> (Vec<Saving>, usize) {
    let (found, metrics) = of_use(search.look).await;
    let all = found.into_iter().filter_map(|one| {
        let kind = match one.kind {
            "endpoint" => "nat_instead_of_endpoint",
            "database" => "smaller_database",
            _ => "smaller_cache",
        };
        let risk = match one.kind {
            "endpoint" => {
                "traffic to AWS goes through the NAT gateway, which must be able to carry it"
            }
            _ => "a resize interrupts connections, and peaks that were not seen are slower",
        };
        let outcome = match one.verdict {
            Verdict::Wasted => Outcome::Possible,
            Verdict::NotChecked => Outcome::NotChecked,
            Verdict::TooNew => return None,
        };
        let resource = one.address.unwrap_or(one.resource);
        let change = one.command.unwrap_or_default();
        let texts = [one.why, risk.to_owned(), change];
        Some(Saving {
            outcome,
            ..Saving::new(kind, &resource, one.usd_month, texts)
        })
    });
    (all.collect(), metrics)
}
