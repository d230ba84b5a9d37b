//! `rd-state unlock`: releases a stuck lock. Its holder can then write no state any more.

use rd_common::completion;
use rd_common::context::Context;
use rd_common::{Error, Exit, Result};
use serde_json::json;

/// Flags of `rd-state unlock`.
#[derive(clap::Args, Clone, Debug)]
pub struct UnlockArgs {
    /// Name of the slice, such as net
    #[arg(add = completion::slices())]
    slice: String,
    /// Release the lock although the run that holds it may still be active
    #[arg(long)]
    force: bool,
}

/// Releases the lock with `--force`, refuses without, and says then whether the holder is alive. The system releases the
/// lock of a run that has ended on this machine; of one on another machine, only its next renewal shows that it is alive.
pub async fn run(context: &Context, args: &UnlockArgs) -> Result<Exit> {
    let key = context.key(&args.slice);
    let json = |released: bool, holder: Option<&str>| {
        format!(
            "{}\n",
            json!({"slice": args.slice, "released": released, "holder": holder})
        )
    };
    let is_free = || {
        let text = format!("{} is not locked\n", args.slice);
        let is_json = context.printer.is_json();
        context
            .printer
            .text(&if is_json { json(false, None) } else { text });
        Ok(Exit::Done)
    };
    let Some(holder) = context.store.holder(&key).await? else {
        return is_free();
    };
    let held = format!("{} ({}) since {:.0}", holder.who, holder.what, holder.since);
    if !args.force {
        let locked = format!("{} is locked by {held}", args.slice);
        let is_alive = context.store.is_alive(&key).await?;
        // It can have ended meanwhile.
        if context.store.holder(&key).await?.is_none() {
            return is_free();
        }
        return Err(match is_alive {
            true => Error::refused(format!("{locked}, which is still active")).hint(
                "wait until it ends, or stop it: its lock is released with it; to release the lock now, pass --force: what that run writes after that is refused, but it may change AWS until it notices, which takes up to 20 s with states in a bucket",
            ),
            false => Error::refused(format!("{locked}, which no longer renews its lock")).hint(
                "it has probably ended: the next apply takes the lock over two minutes after it has begun to wait; to \
                 release the lock now, pass --force: if that run is only cut off, what it writes after that is refused",
            ),
        });
    }
    context.store.break_lock(&key).await?;
    if context.printer.is_json() {
        context.printer.text(&json(true, Some(&held)));
        return Ok(Exit::Done);
    }
    context
        .printer
        .text(&format!("released the lock of {held}\n"));
    Ok(Exit::Done)
}
