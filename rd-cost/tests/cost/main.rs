//! Estimates of the real programs' plans, with prices and sums that were worked out by hand.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

mod actual;
mod anomalies;
mod budget;
mod changes;
mod charged;
mod compare;
mod formats;
mod golden;
mod items;
mod kept;
mod limits;
mod live;
mod policy;
mod prices;
mod savings;
mod views;
mod waste;

use rd_testkit::{Done, World};
use serde_json::Value;

/// The default production stack. Without an edition, so that the cache is Redis.
pub const PRODUCTION: &str = "project = \"shop\"\nenvironment = \"production\"\n";

/// The programs of the slices, in pipe order.
const SLICES: [&str; 7] = ["net", "data", "cache", "store", "edge", "ecs", "logs"];

/// The plans of the whole stack for an empty account, made without a call to AWS.
pub fn offline_plan(world: &World, flags: &str) -> String {
    let line = SLICES.map(|slice| format!("rd-{slice} plan --offline {}", of_slice(flags, slice)));
    let plan = world.rd("rd-logs").shell(&line.join(" | ")).ok();
    plan.stdout
}

/// The flags for one program: each reads only the settings of its own slice from `--set`.
fn of_slice(flags: &str, slice: &str) -> String {
    let mut words = flags.split_whitespace().peekable();
    let mut kept = Vec::new();
    while let Some(word) = words.next() {
        let value = words.next().unwrap_or_default();
        let table = value.split('.').next().unwrap_or_default();
        if word != "--set" || table == slice || !value.contains('.') {
            kept.push(format!("{word} {value}"));
        }
    }
    kept.join(" ")
}

/// The estimate of a plan, without another program and without a network.
pub fn estimate(world: &World, plan: &str, flags: &str) -> Done {
    let rd = world.rd("rd-cost").args("estimate").args(flags);
    rd.stdin(plan).run()
}

/// The `cost` records of an estimate, and its total.
pub fn lines(done: &Done) -> (Vec<Value>, Value) {
    let mut lines = done.of_type("cost");
    let total = lines.pop().unwrap();
    assert_eq!(total["item"], "total");
    (lines, total)
}

/// An amount of US dollars, in millionths, so that sums are exact.
pub fn millionths(amount: &Value) -> i64 {
    let text = amount.as_str().unwrap();
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{rest:0<6}");
    let sign = if text.starts_with('-') { -1 } else { 1 };
    whole.parse::<i64>().unwrap() * 1_000_000 + sign * digits[..6].parse::<i64>().unwrap()
}
