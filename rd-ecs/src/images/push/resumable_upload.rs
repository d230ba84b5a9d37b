//! Uploads of the distribution protocol that continue where they stopped, which the client library cannot do.
//!
//! One PATCH sends the whole layer and an empty PUT completes it, as docker does. ECR answers a PATCH with 201 and does not
//! report how far an upload in several parts got. So if a continued upload is refused at its end, it starts again; the
//! digest decides.
//! <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-blobs>

use super::progress_meter::Count;
use crate::images::registry::{
    Access, connection_error, install_tls_provider, registry_code, response_error,
};
use bytes::Bytes;
use futures_util::stream;
use rd_common::resource::wait::Clock;
use rd_common::{Error, Result, Retry};
use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, LOCATION, RANGE};
use reqwest::{Body, Client, RequestBuilder, Response, StatusCode, Url};
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::mpsc::Receiver;

/// The time without any progress after which an upload counts as stalled.
const STALL_TIMEOUT: Duration = Duration::from_secs(60);
/// The time limit for the registry to check a complete layer.
const FINISH_TIMEOUT: Duration = Duration::from_secs(300);
/// The time limit for opening a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);

/// The action in this file's errors.
const DOING: &str = "push a layer";

/// Why an upload failed, and how to proceed.
#[derive(Debug)]
pub enum UploadError {
    /// A retry would fail as well.
    Fatal(Error),
    /// The upload may continue where it stopped.
    Continue(Error),
    /// The upload has to start again.
    StartAgain(Error),
}

/// The result of a request of an upload.
pub type Outcome<T> = std::result::Result<T, UploadError>;

/// A client for uploads to one repository.
pub struct Uploads {
    http: Client,
    base: Url,
    repository: String,
    user: String,
    password: String,
    clock: Clock,
}

impl Uploads {
    /// Creates a client with this access.
    pub fn new(access: &Access, repository: &str, clock: Clock) -> Result<Self> {
        install_tls_provider();
        let http = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .user_agent(concat!("rd-ecs/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|e| {
                Error::failed(format!("cannot create a client for the registry: {e}")).caused_by(e)
            })?;
        let base = format!("{}://{}/", access.scheme, access.host);
        Ok(Self {
            http,
            base: base
                .parse()
                .map_err(|e| Error::failed(format!("`{base}` is not a valid address: {e}")))?,
            repository: repository.to_owned(),
            user: access.user.clone(),
            password: access.password.clone(),
            clock,
        })
    }

    /// Adds the password, but only for the registry itself: an upload may be at another host, whose URL is the
    /// authorization.
    fn with_access(&self, request: RequestBuilder, to: &Url) -> RequestBuilder {
        match to.origin() == self.base.origin() {
            true => request.basic_auth(&self.user, Some(&self.password)),
            false => request,
        }
    }

    /// Sends a request and waits for its response, at most for `limit`.
    async fn send(&self, request: RequestBuilder, to: &Url, limit: Duration) -> Outcome<Response> {
        let answer = self.with_access(request, to).send();
        tokio::select! {
            answer = answer => answer.map_err(|e| UploadError::Continue(connection_error(DOING, &e))),
            () = self.clock.sleep(limit) => Err(UploadError::Continue(stalled_error(limit))),
        }
    }

    /// Starts an upload, and returns the URL to continue at.
    pub async fn start(&self) -> Outcome<Url> {
        let path = format!("v2/{}/blobs/uploads/", self.repository);
        let url = self
            .base
            .join(&path)
            .map_err(|e| UploadError::Fatal(invalid_address(&path, &e)))?;
        let request = self.http.post(url.clone()).header(CONTENT_LENGTH, 0);
        let answer = self.send(request, &url, STALL_TIMEOUT).await?;
        if answer.status() != StatusCode::ACCEPTED {
            return Err(response_failure(answer).await);
        }
        let next = next(&answer, &url).map_err(UploadError::Fatal)?;
        next.ok_or_else(|| {
            UploadError::Fatal(Error::failed(
                "cannot push a layer: the registry returned no address for the upload",
            ))
        })
    }

    /// The URL to continue at, and how many bytes the registry has; none if it does not know the upload, or does not report
    /// the number.
    pub async fn status(&self, session: &Url) -> Outcome<Option<(Url, u64)>> {
        let request = self.http.get(session.clone());
        let answer = self.send(request, session, STALL_TIMEOUT).await?;
        if matches!(answer.status().as_u16(), 429 | 500..) {
            return Err(response_failure(answer).await);
        }
        let range = answer.headers().get(RANGE);
        let last =
            range.and_then(|range| range.to_str().ok()?.rsplit('-').next()?.trim().parse().ok());
        let last: u64 = match last {
            Some(last) if answer.status().is_success() => last,
            _ => return Ok(None),
        };
        let next = next(&answer, session).map_err(UploadError::Fatal)?;
        let next = next.unwrap_or_else(|| session.clone());
        // An empty upload is also reported as `0-0`.
        Ok(Some((next, if last == 0 { 0 } else { last + 1 })))
    }

    /// Sends the rest of a layer of `size` bytes, from byte `from` on, and returns the URL to continue at.
    pub async fn append(
        &self,
        session: &Url,
        (from, size): (u64, u64),
        mut body: Receiver<Bytes>,
        count: &Count,
    ) -> Outcome<Url> {
        // To continue, a layer is compressed again from its beginning: open the connection only when the first chunk is ready.
        let Some(first) = body.recv().await else {
            return Err(UploadError::Continue(Error::failed(format!(
                "cannot {DOING}: the layer ended early"
            ))));
        };
        let counted = count.clone();
        let chunks = stream::unfold((Some(first), body), move |(first, mut body)| {
            let counted = counted.clone();
            async move {
                let chunk = match first {
                    Some(first) => first,
                    None => body.recv().await?,
                };
                counted.add(chunk.len());
                Some((Ok::<_, Infallible>(chunk), (None, body)))
            }
        });
        let mut request = self
            .http
            .patch(session.clone())
            .header(CONTENT_TYPE, "application/octet-stream")
            .header(CONTENT_LENGTH, size - from);
        if from > 0 {
            request = request.header(CONTENT_RANGE, format!("{from}-{}", size - 1));
        }
        let answer = self
            .with_access(request.body(Body::wrap_stream(chunks)), session)
            .send();
        let answer = tokio::select! {
            answer = answer => answer.map_err(|e| UploadError::Continue(connection_error(DOING, &e)))?,
            () = self.stalled(count) => return Err(UploadError::Continue(stalled_error(STALL_TIMEOUT))),
        };
        if !answer.status().is_success() {
            return Err(response_failure(answer).await);
        }
        let next = next(&answer, session).map_err(UploadError::Fatal)?;
        Ok(next.unwrap_or_else(|| session.clone()))
    }

    /// Returns when nothing was sent for too long.
    async fn stalled(&self, count: &Count) {
        loop {
            let before = count.get();
            self.clock.sleep(STALL_TIMEOUT).await;
            if count.get() == before {
                return;
            }
        }
    }

    /// Completes an upload; the registry compares it with the digest.
    pub async fn finish(&self, session: &Url, digest: &str) -> Outcome<()> {
        let mut url = session.clone();
        url.query_pairs_mut().append_pair("digest", digest);
        let request = self.http.put(url.clone()).header(CONTENT_LENGTH, 0);
        let answer = self.send(request, &url, FINISH_TIMEOUT).await?;
        if !answer.status().is_success() {
            return Err(response_failure(answer).await);
        }
        let stored = answer
            .headers()
            .get("docker-content-digest")
            .and_then(|header| header.to_str().ok());
        match stored {
            Some(stored) if stored != digest => {
                Err(UploadError::StartAgain(Error::failed(format!(
                    "cannot push a layer: the registry stored it as {stored}, but its digest is {digest}"
                ))))
            }
            _ => Ok(()),
        }
    }
}

fn invalid_address(text: &str, why: &impl std::fmt::Display) -> Error {
    Error::failed(format!(
        "cannot push a layer: `{text}` is not a valid address: {why}"
    ))
}

fn stalled_error(limit: Duration) -> Error {
    Error::failed(format!(
        "cannot push a layer: no progress for {} s",
        limit.as_secs()
    ))
    .retry(Retry::Unknown)
    .hint("check the network, then run the same command again: complete layers are not sent again")
}

/// The URL in the `Location` of a response, which may be relative to `asked`.
fn next(answer: &Response, asked: &Url) -> Result<Option<Url>> {
    let Some(location) = answer.headers().get(LOCATION) else {
        return Ok(None);
    };
    let text = location.to_str().unwrap_or_default();
    asked
        .join(text)
        .map(Some)
        .map_err(|e| invalid_address(text, &e))
}

async fn response_failure(answer: Response) -> UploadError {
    let status = answer.status().as_u16();
    // Without a body, the error has only the status.
    let body = answer.text().await.unwrap_or_default();
    let error = response_error(DOING, status, &body);
    let code = registry_code(&body)
        .map(|(code, _)| code)
        .unwrap_or_default();
    match (status, code.as_str()) {
        (416, _)
        | (_, "BLOB_UPLOAD_UNKNOWN" | "BLOB_UPLOAD_INVALID" | "DIGEST_INVALID" | "SIZE_INVALID") => {
            UploadError::StartAgain(error)
        }
        _ if error.retry != Retry::Never => UploadError::Continue(error),
        _ => UploadError::Fatal(error),
    }
}
