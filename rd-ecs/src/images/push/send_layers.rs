//! Sends layers to the registry: several at the same time, without those that it has, and continuing interrupted uploads.

use super::MAX_PARALLEL_LAYERS;
use super::content::{Blob, ImageContent};
use super::progress_meter::{Count, Meter};
use super::read_blob::send_blob;
use super::resumable_upload::{Outcome, UploadError, Uploads};
use super::tar_archive::TarArchive;
use crate::clients::Clients;
use crate::images::registry::{Access, Repository, client_error};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use oci_client::{Client, Reference};
use rd_common::resource::wait::backoff;
use rd_common::{Ctx, Error, Result, Retry};
use reqwest::Url;
use serde::Serialize;
use std::sync::Arc;

/// How often in a row an upload may fail without progress.
const MAX_ATTEMPTS: u32 = 6;
/// The most chunks of a layer that wait to be sent.
const BUFFERED_CHUNKS: usize = 4;

/// What a push has sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sent {
    /// The number of layers that were sent.
    pub pushed: usize,
    /// The number of layers that the repository already had.
    pub skipped: usize,
    /// How often an upload continued where it stopped.
    pub resumed: usize,
    /// How often an upload started again.
    pub restarted: usize,
    /// The bytes that were sent, without those of repeated attempts.
    pub bytes: u64,
}

/// Sends the layers and configurations that the repository does not have.
pub async fn send_layers(
    ctx: &Ctx<Clients>,
    access: &Access,
    repository: &Repository,
    archive: &Arc<TarArchive>,
    content: &ImageContent,
) -> Result<Sent> {
    let mut blobs: Vec<&Blob> = content.blobs.iter().collect();
    // The largest first, so that no large layer is left for the end.
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
            async move { sender.send(blob, &count).await }
        })
        .buffer_unordered(MAX_PARALLEL_LAYERS)
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
    archive: &'a Arc<TarArchive>,
}

impl Sender<'_> {
    async fn send(&self, blob: &Blob, count: &Count) -> Result<Sent> {
        let layers = usize::from(blob.is_layer);
        if self.exists(blob).await? {
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
        let mut may_continue = true;
        let mut failures = 0;
        loop {
            count.set(from);
            let (error, start_again) = match self.attempt(blob, &mut session, from, count).await {
                Ok(()) => return Ok(sent),
                Err(UploadError::Fatal(error)) => return Err(error),
                Err(UploadError::Continue(error)) => (error, false),
                Err(UploadError::StartAgain(error)) => (error, true),
            };
            failures += 1;
            if failures == MAX_ATTEMPTS {
                return Err(
                    error.hint("run the same command again: complete layers are not sent again")
                );
            }
            self.ctx.pause(backoff(failures - 1)).await?;
            // If the registry refused a continued upload, do not continue this layer again.
            may_continue &= !(start_again && from > 0);
            let previous = from;
            (session, from) = match session.take() {
                Some(session) if may_continue && !start_again => {
                    self.find_position(session).await?
                }
                _ => (None, 0),
            };
            if from > previous {
                failures = 0;
            }
            if from > 0 {
                sent.resumed += 1;
            } else if self.exists(blob).await? {
                // The upload was complete, but the answer was lost.
                count.set(blob.size);
                return Ok(sent);
            } else {
                sent.restarted += 1;
            }
        }
    }

    /// The URL and the byte to continue at; byte 0 of a new upload if the registry does not report them.
    async fn find_position(&self, session: Url) -> Result<(Option<Url>, u64)> {
        for failures in 1..MAX_ATTEMPTS {
            match self.uploads.status(&session).await {
                Ok(Some((next, from))) if from > 0 => return Ok((Some(next), from)),
                Err(UploadError::Continue(_)) => self.ctx.pause(backoff(failures - 1)).await?,
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
            None => self.uploads.start().await?,
        };
        *session = Some(at.clone());
        if from < blob.size {
            at = self.append(blob, &at, from, count).await?;
            *session = Some(at.clone());
        }
        self.uploads.finish(&at, &blob.digest).await
    }

    async fn append(&self, blob: &Blob, at: &Url, from: u64, count: &Count) -> Outcome<Url> {
        let (to, chunks) = tokio::sync::mpsc::channel(BUFFERED_CHUNKS);
        let (archive, own) = (self.archive.clone(), blob.clone());
        let reading = tokio::task::spawn_blocking(move || send_blob(&archive, &own, from, to));
        let appended = self
            .uploads
            .append(at, (from, blob.size), chunks, count)
            .await;
        match reading.await {
            // An error in the archive also breaks the request: report the archive's.
            Ok(Err(error)) => Err(UploadError::Fatal(error)),
            Ok(Ok(_)) => appended,
            Err(e) => Err(UploadError::Fatal(Error::failed(format!(
                "cannot read a layer: {e}"
            )))),
        }
    }

    /// Whether the registry has a blob.
    async fn exists(&self, blob: &Blob) -> Result<bool> {
        let mut failures = 0;
        loop {
            let answer = self.client.blob_exists(&self.at, &blob.digest).await;
            let error = match answer {
                Ok(exists) => return Ok(exists),
                Err(e) => client_error("check for a layer", e),
            };
            failures += 1;
            if error.retry == Retry::Never || failures == MAX_ATTEMPTS {
                return Err(error);
            }
            self.ctx.pause(backoff(failures - 1)).await?;
        }
    }
}
