//! Uploads of the distribution protocol. The client library sends a blob from its beginning to its end; this is what it
//! lacks: an upload that goes on where it was cut off.
//!
//! One PATCH takes the whole layer and an empty PUT ends it, as docker does it. ECR answers a PATCH with 201, and where
//! a layer comes in several it does not say how far it is: so what was continued and is refused at its end is begun
//! anew, and its digest decides.
//! <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-blobs>

use super::meter::Count;
use crate::images::registry::{Access, refused, told, unanswered, use_ring};
use bytes::Bytes;
use futures_util::stream;
use rd_common::resource::wait::Clock;
use rd_common::{Error, Result, Retry};
use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, LOCATION, RANGE};
use reqwest::{Body, Client, RequestBuilder, Response, StatusCode, Url};
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::mpsc::Receiver;

/// For how long nothing may move before a connection is given up.
const STALLED: Duration = Duration::from_secs(60);
/// How long the registry may take to look through a layer when it is complete.
const FINISHING: Duration = Duration::from_secs(300);
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(4);

const DOING: &str = "push a layer";

/// Why an upload failed, and what may be done.
#[derive(Debug)]
pub enum Failed {
    /// It would fail again.
    Fatal(Error),
    /// It may go on where it was.
    Again(Error),
    /// It has to begin anew.
    Anew(Error),
}

/// What comes of a request.
pub type Outcome<T> = std::result::Result<T, Failed>;

/// Uploads to one repository.
pub struct Uploads {
    http: Client,
    base: Url,
    repository: String,
    user: String,
    password: String,
    clock: Clock,
}

impl Uploads {
    /// Uploads with this access.
    pub fn new(access: &Access, repository: &str, clock: Clock) -> Result<Self> {
        use_ring();
        let http = Client::builder()
            .connect_timeout(CONNECT)
            .user_agent(concat!("rd-ecs/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|e| Error::failed(format!("no client for the registry: {e}")))?;
        let base = format!("{}://{}/", access.scheme, access.host);
        Ok(Self {
            http,
            base: base
                .parse()
                .map_err(|e| Error::failed(format!("`{base}` is no address: {e}")))?,
            repository: repository.to_owned(),
            user: access.user.clone(),
            password: access.password.clone(),
            clock,
        })
    }

    /// The password goes to the registry alone: an upload may be at another host, whose address is pass enough.
    fn with_access(&self, request: RequestBuilder, to: &Url) -> RequestBuilder {
        match to.origin() == self.base.origin() {
            true => request.basic_auth(&self.user, Some(&self.password)),
            false => request,
        }
    }

    /// Sends a request, with a limit for its answer.
    async fn answer(
        &self,
        request: RequestBuilder,
        to: &Url,
        limit: Duration,
    ) -> Outcome<Response> {
        let answer = self.with_access(request, to).send();
        tokio::select! {
            answer = answer => answer.map_err(|e| Failed::Again(unanswered(DOING, &e))),
            () = self.clock.sleep(limit) => Err(Failed::Again(silent(limit))),
        }
    }

    /// Begins an upload; where it goes on.
    pub async fn begin(&self) -> Outcome<Url> {
        let path = format!("v2/{}/blobs/uploads/", self.repository);
        let url = self
            .base
            .join(&path)
            .map_err(|e| Failed::Fatal(no_address(&path, &e)))?;
        let request = self.http.post(url.clone()).header(CONTENT_LENGTH, 0);
        let answer = self.answer(request, &url, STALLED).await?;
        if answer.status() != StatusCode::ACCEPTED {
            return Err(refusal(answer).await);
        }
        let next = next(&answer, &url).map_err(Failed::Fatal)?;
        next.ok_or_else(|| {
            Failed::Fatal(Error::failed(
                "cannot push a layer: the registry does not say where to",
            ))
        })
    }

    /// How many bytes of an upload the registry has, and where it goes on; none where it does not know it any more, or
    /// does not tell.
    pub async fn status(&self, session: &Url) -> Outcome<Option<(Url, u64)>> {
        let request = self.http.get(session.clone());
        let answer = self.answer(request, session, STALLED).await?;
        if matches!(answer.status().as_u16(), 429 | 500..) {
            return Err(refusal(answer).await);
        }
        let range = answer.headers().get(RANGE);
        let last =
            range.and_then(|range| range.to_str().ok()?.rsplit('-').next()?.trim().parse().ok());
        let last: u64 = match last {
            Some(last) if answer.status().is_success() => last,
            _ => return Ok(None),
        };
        let next = next(&answer, session).map_err(Failed::Fatal)?;
        let next = next.unwrap_or_else(|| session.clone());
        // `0-0` is said of an empty upload too.
        Ok(Some((next, if last == 0 { 0 } else { last + 1 })))
    }

    /// Sends what is left of a layer of `size` bytes, from byte `from`; where it goes on.
    pub async fn append(
        &self,
        session: &Url,
        (from, size): (u64, u64),
        mut body: Receiver<Bytes>,
        count: &Count,
    ) -> Outcome<Url> {
        // To go on in a compressed layer it is compressed from its beginning: nobody is kept waiting for that.
        let Some(first) = body.recv().await else {
            return Err(Failed::Again(Error::failed(format!(
                "cannot {DOING}: it ended early"
            ))));
        };
        let counted = count.clone();
        let pieces = stream::unfold((Some(first), body), move |(first, mut body)| {
            let counted = counted.clone();
            async move {
                let piece = match first {
                    Some(first) => first,
                    None => body.recv().await?,
                };
                counted.add(piece.len());
                Some((Ok::<_, Infallible>(piece), (None, body)))
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
            .with_access(request.body(Body::wrap_stream(pieces)), session)
            .send();
        let answer = tokio::select! {
            answer = answer => answer.map_err(|e| Failed::Again(unanswered(DOING, &e)))?,
            () = self.stalled(count) => return Err(Failed::Again(silent(STALLED))),
        };
        if !answer.status().is_success() {
            return Err(refusal(answer).await);
        }
        let next = next(&answer, session).map_err(Failed::Fatal)?;
        Ok(next.unwrap_or_else(|| session.clone()))
    }

    /// Comes back when nothing has moved for too long.
    async fn stalled(&self, count: &Count) {
        loop {
            let before = count.get();
            self.clock.sleep(STALLED).await;
            if count.get() == before {
                return;
            }
        }
    }

    /// Ends an upload, whose digest the registry compares.
    pub async fn finish(&self, session: &Url, digest: &str) -> Outcome<()> {
        let mut url = session.clone();
        url.query_pairs_mut().append_pair("digest", digest);
        let request = self.http.put(url.clone()).header(CONTENT_LENGTH, 0);
        let answer = self.answer(request, &url, FINISHING).await?;
        if !answer.status().is_success() {
            return Err(refusal(answer).await);
        }
        let told = answer
            .headers()
            .get("docker-content-digest")
            .and_then(|told| told.to_str().ok());
        match told {
            Some(told) if told != digest => Err(Failed::Anew(Error::failed(format!(
                "cannot push a layer: the registry has it as {told}, and it is {digest}"
            )))),
            _ => Ok(()),
        }
    }
}

fn no_address(text: &str, why: &impl std::fmt::Display) -> Error {
    Error::failed(format!(
        "cannot push a layer: `{text}` is no address: {why}"
    ))
}

fn silent(limit: Duration) -> Error {
    Error::failed(format!(
        "cannot push a layer: nothing moved for {} s",
        limit.as_secs()
    ))
    .retry(Retry::Unknown)
    .hint("check the network, then run the same command again: what is there is not sent again")
}

/// Where an answer says that the upload goes on: in full, or from the root of the host.
fn next(answer: &Response, asked: &Url) -> Result<Option<Url>> {
    let Some(location) = answer.headers().get(LOCATION) else {
        return Ok(None);
    };
    let text = location.to_str().unwrap_or_default();
    asked.join(text).map(Some).map_err(|e| no_address(text, &e))
}

async fn refusal(answer: Response) -> Failed {
    let status = answer.status().as_u16();
    // Without its body it is told by its status.
    let body = answer.text().await.unwrap_or_default();
    let error = refused(DOING, status, &body);
    let code = told(&body).map(|(code, _)| code).unwrap_or_default();
    match (status, code.as_str()) {
        (416, _)
        | (_, "BLOB_UPLOAD_UNKNOWN" | "BLOB_UPLOAD_INVALID" | "DIGEST_INVALID" | "SIZE_INVALID") => {
            Failed::Anew(error)
        }
        _ if error.retry != Retry::Never => Failed::Again(error),
        _ => Failed::Fatal(error),
    }
}
