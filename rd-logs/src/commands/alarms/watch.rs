//! `alarms --watch`: lists all alarms, then prints each change of a state.

use super::{read, view};
use crate::clients::Clients;
use jiff::tz::TimeZone;
use rd_common::context::Context;
use rd_common::output::style::width;
use rd_common::{Ctx, Exit, Result};
use std::collections::BTreeMap;
use std::time::Duration;

/// Watches the alarms until the user interrupts it or the reader of stdout ends.
pub async fn run(
    context: &Context,
    ctx: &Ctx<Clients>,
    names: &[String],
    every: Duration,
    zone: &TimeZone,
) -> Result<Exit> {
    let json = context.printer.is_json();
    let printer = &context.printer;
    let mut states = BTreeMap::new();
    loop {
        let rows = read(ctx, names).await?;
        if states.is_empty() {
            printer.text(&view::list(json, &rows, zone, width()));
        }
        for row in &rows {
            let before = states.insert(row.alarm.clone(), row.now.state.clone());
            if before.is_some_and(|before| before != row.now.state) {
                printer.text(&view::change(json, row, zone, width()));
            }
        }
        printer.room().await;
        tokio::select! {
            biased;
            () = printer.stream().closed() => return Ok(Exit::Done),
            // Interrupting it is the usual end of a watch.
            paused = ctx.pause(every) => if paused.is_err() {
                return Ok(Exit::Interrupted);
            },
        }
    }
}
