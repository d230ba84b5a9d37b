//! `alarms --watch`: lists all alarms, then prints each change of a state.

use super::{read, view};
use crate::clients::Clients;
use jiff::tz::TimeZone;
use rd_common::context::Context;
use rd_common::output::stream::Stream;
use rd_common::{Ctx, Exit, Result};
use std::collections::BTreeMap;
use std::time::Duration;

/// Where a watch prints: JSON lines to a stream, which notices at once if the reader ends; otherwise text to the
/// printer.
struct Out<'a> {
    context: &'a Context,
    stream: Option<Stream>,
}

impl Out<'_> {
    async fn write(&self, text: String) {
        match &self.stream {
            Some(stream) => stream.send(&mut text.into_bytes()).await,
            None => self.context.printer.text(&text),
        }
    }

    /// Returns when the reader has ended.
    async fn closed(&self) -> Result<()> {
        match &self.stream {
            Some(stream) => stream.closed().await,
            None if self.context.printer.is_closed() => Ok(()),
            None => std::future::pending().await,
        }
    }
}

/// Watches the alarms until the user interrupts it or the reader of stdout ends.
pub async fn run(
    context: &Context,
    ctx: &Ctx<Clients>,
    names: &[String],
    every: Duration,
    zone: &TimeZone,
) -> Result<Exit> {
    let json = context.printer.is_json();
    let out = Out {
        context,
        stream: json.then(Stream::start),
    };
    let mut states = BTreeMap::new();
    loop {
        let rows = read(ctx, names).await?;
        if states.is_empty() {
            out.write(view::list(json, &rows, zone)).await;
        }
        for row in &rows {
            let before = states.insert(row.alarm.clone(), row.now.state.clone());
            if before.is_some_and(|before| before != row.now.state) {
                out.write(view::change(json, row, zone)).await;
            }
        }
        tokio::select! {
            biased;
            closed = out.closed() => return closed.map(|()| Exit::Done),
            paused = ctx.pause(every) => if paused.is_err() {
                // Interrupting it is the usual end of a watch.
                if let Some(stream) = &out.stream {
                    stream.flush().await;
                }
                return Ok(Exit::Interrupted);
            },
        }
    }
}
