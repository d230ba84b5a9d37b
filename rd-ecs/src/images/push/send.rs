//! Layers to the registry: several at once, those that are there left out, what was cut off gone on with.

use super::AT_ONCE;
use super::archive::Archive;
use super::compress::hand_on;
use super::content::{Blob, Content};
use super::meter::{Count, Meter};
use super::upload::{Failed, Outcome, Uploads};
use crate::clients::Clients;
use crate::images::registry::{Access, Repository, explain};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use oci_client::{Client, Reference};
use rd_common::resource::wait::backoff;
use rd_common::{Ctx, Error, Result, Retry};
use reqwest::Url;
use serde::Serialize;
use std::sync::Arc;

/// How often in a row an upload may fail without getting any further.
const MAX_ATTEMPTS: u32 = 6;
/// How many pieces wait to be sent.
const AHEAD: usize = 4;

/// What was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sent {
    /// Layers that were sent.
    pub pushed: usize,
    /// Layers that were there.
    pub skipped: usize,
    /// How often an upload went on where it was cut off.
    pub resumed: usize,
    /// How often an upload was begun anew.
    pub restarted: usize,
    /// The bytes of what was sent, each once.
    pub bytes: u64,
}

/// Sends what is not there yet.
pub async fn send(
    ctx: &Ctx<Clients>,
    access: &Access,
    repository: &Repository,
    archive: &Arc<Archive>,
    content: &Content,
) -> Result<Sent> {
    let mut blobs: Vec<&Blob> = content.blobs.iter().collect();
    // The longest first, so that none is left over at the end.
    blobs.sort_by_key(|blob| std::cmp::Reverse(blob.size));
    let total = blobs.iter().map(|blob| blob.size).sum();
    let meter = Meter::new(
        ctx.progress.step("image", false),
        "pushing",
        blobs.len(),
        total,
    );
    let sender = Sender {
        ctx,
        client: access.client(&repository.name).await?,
        uploads: Uploads::new(access, &repository.name, ctx.clock)?,
        at: access.reference(&repository.name, content.digest()),
        archive,
    };
    let sender = &sender;
    let work = stream::iter(blobs.into_iter().enumerate())
        .map(|(number, blob)| {
            let count = meter.count(number);
            async move { sender.one(blob, &count).await }
        })
        .buffer_unordered(AT_ONCE)
        .try_fold(Sent::default(), |sum, one| async move {
            Ok(Sent {
                pushed: sum.pushed + one.pushed,
                skipped: sum.skipped + one.skipped,
                resumed: sum.resumed + one.resumed,
                restarted: sum.restarted + one.restarted,
                bytes: sum.bytes + one.bytes,
            })
        });
    tokio::select! {
        biased;
        () = ctx.cancel.cancelled() => Err(Error::interrupted()),
        sent = meter.during(work) => sent,
    }
}

struct Sender<'a> {
    ctx: &'a Ctx<Clients>,
    client: Client,
    uploads: Uploads,
    at: Reference,
    archive: &'a Arc<Archive>,
}

impl Sender<'_> {
    async fn one(&self, blob: &Blob, count: &Count) -> Result<Sent> {
        let layers = usize::from(blob.is_layer);
        if self.is_there(blob).await? {
            count.set(blob.size);
            return Ok(Sent {
                skipped: layers,
                ..Sent::default()
            });
        }
        let mut sent = Sent {
            pushed: layers,
            bytes: blob.size,
            ..Sent::default()
        };
        let mut session = None;
        let mut from = 0;
        let mut may_go_on = true;
        let mut failures = 0;
        loop {
            count.set(from);
            let (error, anew) = match self.attempt(blob, &mut session, from, count).await {
                Ok(()) => return Ok(sent),
                Err(Failed::Fatal(error)) => return Err(error),
                Err(Failed::Again(error)) => (error, false),
                Err(Failed::Anew(error)) => (error, true),
            };
            failures += 1;
            if failures == MAX_ATTEMPTS {
                return Err(
                    error.hint("run the same command again: what is there is not sent again")
                );
            }
            self.ctx.pause(backoff(failures - 1)).await?;
            // A registry that does not take what was continued is not asked to again.
            may_go_on &= !(anew && from > 0);
            let was_at = from;
            (session, from) = match session.take() {
                Some(session) if may_go_on && !anew => self.where_it_is(session).await?,
                _ => (None, 0),
            };
            if from > was_at {
                failures = 0;
            }
            if from > 0 {
                sent.resumed += 1;
            } else if self.is_there(blob).await? {
                // The answer to the end of the upload was lost.
                count.set(blob.size);
                return Ok(sent);
            } else {
                sent.restarted += 1;
            }
        }
    }

    /// Where an upload goes on, and from which byte; a new one where that is not known.
    async fn where_it_is(&self, session: Url) -> Result<(Option<Url>, u64)> {
        for failures in 1..MAX_ATTEMPTS {
            match self.uploads.status(&session).await {
                Ok(Some((next, from))) if from > 0 => return Ok((Some(next), from)),
                Err(Failed::Again(_)) => self.ctx.pause(backoff(failures - 1)).await?,
                _ => break,
            }
        }
        Ok((None, 0))
    }

    async fn attempt(
        &self,
        blob: &Blob,
        session: &mut Option<Url>,
        from: u64,
        count: &Count,
    ) -> Outcome<()> {
        let mut at = match session.take() {
            Some(at) => at,
            None => self.uploads.begin().await?,
        };
        *session = Some(at.clone());
        if from < blob.size {
            at = self.append(blob, &at, from, count).await?;
            *session = Some(at.clone());
        }
        self.uploads.finish(&at, &blob.digest).await
    }

    async fn append(&self, blob: &Blob, at: &Url, from: u64, count: &Count) -> Outcome<Url> {
        let (to, pieces) = tokio::sync::mpsc::channel(AHEAD);
        let (archive, own) = (self.archive.clone(), blob.clone());
        let reading = tokio::task::spawn_blocking(move || hand_on(&archive, &own, from, to));
        let appended = self
            .uploads
            .append(at, (from, blob.size), pieces, count)
            .await;
        match reading.await {
            // What is wrong with the archive has broken the request, too.
            Ok(Err(error)) => Err(Failed::Fatal(error)),
            Ok(Ok(_)) => appended,
            Err(e) => Err(Failed::Fatal(Error::failed(format!(
                "reading a layer failed: {e}"
            )))),
        }
    }

    /// Whether the registry has it.
    async fn is_there(&self, blob: &Blob) -> Result<bool> {
        let mut failures = 0;
        loop {
            let asked = self.client.blob_exists(&self.at, &blob.digest).await;
            let error = match asked {
                Ok(there) => return Ok(there),
                Err(e) => explain("look for a layer", e),
            };
            failures += 1;
            if error.retry == Retry::Never || failures == MAX_ATTEMPTS {
                return Err(error);
            }
            self.ctx.pause(backoff(failures - 1)).await?;
        }
    }
}
