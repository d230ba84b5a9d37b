//! What could cost less: changes of the settings, and commitments for a term.

mod fargate;
mod observed_use;
mod offering;
mod reservations;
mod saving;
mod settings;

pub use saving::{Commitment, Outcome, Saving};

use crate::inventory::{Inventory, Resource};
use crate::line::Line;
use crate::pricing::{Terms, lines};
use crate::waste::Look;
use rd_common::Error;
use rust_decimal::Decimal;

/// From how many days on a resource counts as one that stays, so that a commitment is worth a thought.
const OLD_ENOUGH: i64 = 30;

/// What a search looks with.
pub struct Search<'a> {
    /// The clients, the states' resources and the days.
    pub look: &'a Look<'a>,
    /// What the states have, with its specs.
    pub inventory: &'a Inventory,
    /// What an estimate is made with.
    pub terms: Terms<'a>,
    /// The hours of a week in which a stack outside of production is used.
    pub hours: i64,
    /// What the settings ask for: it can be something else than what runs.
    pub asked: Asked<'a>,
}

/// What the settings say of what a commitment is for; none where they leave it to the defaults.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'a> {
    /// The class of the database: `data.instance_class`.
    pub class: Option<&'a str>,
    /// The type of the cache's nodes: `cache.node_type`.
    pub node: Option<&'a str>,
    /// The engine of the cache: `cache.engine`.
    pub engine: Option<&'a str>,
    /// On what the tasks run: `ecs.capacity`.
    pub capacity: Option<&'a str>,
}

/// All savings, in the order of their kinds, and the number of metrics that were asked for.
pub async fn find(search: &Search<'_>) -> (Vec<Saving>, usize) {
    let mut all = settings::savings(search);
    let (smaller, metrics) = observed_use::savings(search).await;
    all.extend(smaller);
    for (kind, found) in [
        (
            "database_reservation",
            reservations::databases(search).await,
        ),
        ("cache_reservation", reservations::caches(search).await),
    ] {
        match found {
            Ok(found) => all.extend(found),
            Err(error) => all.push(Saving::not_checked(kind, &error)),
        }
    }
    all.extend(fargate::savings(search));
    (all, metrics)
}

impl Search<'_> {
    /// What a month costs less once the resources are changed; none where a price is not known.
    fn saved_by(&self, change: impl Fn(&mut Resource)) -> Option<Decimal> {
        let mut changed = self.inventory.clone();
        for resource in changed.resources.values_mut() {
            change(resource);
        }
        let before = lines(self.inventory, self.terms);
        let after = lines(&changed, self.terms);
        let sum = |lines: &[Line], others: &[Line]| -> Option<Decimal> {
            // Lines that no price is known for are none of this change's, where both have them.
            let of = lines.iter().filter(|line| !others.contains(line));
            of.map(|line| line.amount().map(|amount| amount.typical))
                .sum()
        };
        Some(sum(&before, &after)? - sum(&after, &before)?)
    }

    /// Whether the stack is one that is not used all day.
    fn is_production(&self) -> bool {
        self.look.stack.environment == "production" || self.look.stack.protected
    }
}

/// The text of an error and its hint.
fn reason(error: &Error) -> String {
    match &error.hint {
        Some(hint) => format!("{}; {hint}", error.summary),
        None => error.summary.clone(),
    }
}
