//! Compute Savings Plans for the tasks on Fargate. They are for the account, and leave Fargate Spot out.
//! <https://docs.aws.amazon.com/savingsplans/latest/userguide/what-is-savings-plans.html>

use super::{Commitment, OLD_ENOUGH, Saving, Search};
use crate::pricing::lines;
use rust_decimal::Decimal;

const PAGE: &str = "https://console.aws.amazon.com/costmanagement/home#/savings-plans/purchase";
const KIND: &str = "compute_savings_plan";

/// A plan for one year and one for three, without an upfront payment, for the tasks that always run.
pub(super) fn savings(search: &Search<'_>) -> Vec<Saving> {
    let all = lines(search.inventory, search.terms);
    let tasks = all.iter().filter(|line| {
        line.price_item.starts_with("ECS/fargate-") && !line.price_item.contains("-spot-")
    });
    let tasks: Vec<_> = tasks.collect();
    let Some(service) = search.look.owned.of_kind("service").next() else {
        return Vec::new();
    };
    let low = |line: &&&crate::line::Line| line.quantity.map(|quantity| quantity.low);
    if tasks
        .iter()
        .all(|line| low(&line).is_none_or(|low| low.is_zero()))
    {
        return Vec::new();
    }
    let age = search.look.now.as_second() - service.since.as_second();
    if age < OLD_ENOUGH * 86_400 {
        return vec![Saving::too_new(KIND, &service.address)];
    }
    // With Spot in the settings, fewer tasks are left that a plan would pay for.
    let on_spot = all.iter().any(|line| line.price_item.contains("-spot-"));
    if let Some(asked) = search
        .asked
        .capacity
        .filter(|asked| *asked == "FARGATE_SPOT" && !on_spot)
    {
        return vec![Saving::changing(KIND, &service.address, asked, "FARGATE")];
    }
    let mut found = Vec::new();
    for years in [1, 3] {
        let sum = |committed: bool| -> Option<Decimal> {
            let amounts = tasks.iter().map(|line| {
                let item = match committed {
                    true => line.price_item.replace(
                        "ECS/",
                        &format!("SavingsPlans/compute-sp-{years}y-no-upfront-"),
                    ),
                    false => line.price_item.clone(),
                };
                Some(search.look.prices.get(&item)?.usd * line.quantity?.low)
            });
            amounts.sum()
        };
        let words = if years == 1 { "1 year" } else { "3 years" };
        let texts = |why: String| {
            let risk =
                "it is paid for each hour of the term, also without tasks, and covers no Spot"
                    .to_owned();
            [why, risk, PAGE.to_owned()]
        };
        let why =
            format!("Compute Savings Plan for {words}, No Upfront, for the tasks that always run");
        let Some((on_demand, monthly)) = sum(false).zip(sum(true)) else {
            let why = format!("{why}: no price known in {}", search.look.prices.region);
            found.push(Saving::new(KIND, &service.address, None, texts(why)));
            continue;
        };
        let saved = Commitment::instead_of(on_demand, 12 * years, Decimal::ZERO, monthly);
        if let Some((commitment, saved)) = saved {
            found.push(Saving {
                commitment: Some(commitment),
                ..Saving::new(KIND, &service.address, Some(saved), texts(why))
            });
        }
    }
    found
}
