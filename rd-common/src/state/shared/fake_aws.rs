//! S3 and DynamoDB in memory, as far as the shared store uses them, with faults at any call. It follows
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html> and
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html>.

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fault {
    /// It arrives, is carried out, and its answer is lost.
    LostAnswer,
    /// It never arrives, and nothing answers.
    LostRequest,
    /// It is still on its way when the caller gives up: it arrives with [`Aws::late_calls_arrive`].
    Late,
    /// It is refused with this status and code, and not carried out.
    Refused(u16, &'static str),
    /// It is carried out, and answered with this status and code, as where something in between has sent it twice.
    DoneButRefused(u16, &'static str),
    /// The caller is killed before it arrives: nothing answers.
    KilledBefore,
    /// The caller is killed after it was carried out.
    KilledAfter,
}

/// A way in which a store that calls itself S3-compatible differs from S3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quirk {
    /// A write with `If-Match` succeeds whatever is there.
    IgnoresIfMatch,
    /// A write with `If-None-Match` succeeds whatever is there.
    IgnoresIfNoneMatch,
    /// Writes with a condition are refused: 501.
    NoConditions,
    /// It knows no versions: 501 to whoever asks, and no ids.
    NoVersions,
    /// It says that it keeps versions, and keeps none.
    PretendsVersions,
    /// A write has no ETag in its answer.
    NoEtags,
    /// A checksum is refused: 501.
    NoChecksums,
    /// No policy: writes without a condition succeed.
    NoPolicy,
    /// Each page of a list is the first one.
    EndlessPages,
    /// The same statuses, with other codes and texts.
    OtherTexts,
}

/// How many objects or versions a page of a list has.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html>
const PAGE: usize = 1000;

type Faults = Box<dyn FnMut(usize, &str) -> Option<Fault> + Send>;

#[derive(Clone, Debug)]
struct ObjectVersion {
    id: String,
    etag: String,
    /// None for a delete marker.
    body: Option<Vec<u8>>,
    metadata: Vec<(String, String)>,
}

struct Request {
    method: String,
    path: String,
    query: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

#[derive(Default)]
struct World {
    objects: BTreeMap<String, Vec<ObjectVersion>>,
    items: BTreeMap<String, Value>,
    calls: Vec<String>,
    faults: Option<Faults>,
    late: Vec<Request>,
    versioning_off: bool,
    quirk: Option<Quirk>,
    page: Option<usize>,
    next: u64,
}

/// An AWS in memory. Clones are the same one.
#[derive(Clone, Default)]
pub(super) struct Aws(Arc<Mutex<World>>);

impl std::fmt::Debug for Aws {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Aws").finish_non_exhaustive()
    }
}

type Answer = (u16, Vec<(String, String)>, Vec<u8>);

impl Aws {
    /// An HTTP client whose calls go here.
    pub(super) fn client(&self) -> SharedHttpClient {
        let connector = SharedHttpConnector::new(self.clone());
        http_client_fn(move |_, _| connector.clone())
    }

    fn world(&self) -> std::sync::MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    /// From now on, `faults` says what happens to each call: its number, from 0, and its name, such as `PUT state`.
    pub(super) fn set_faults(
        &self,
        faults: impl FnMut(usize, &str) -> Option<Fault> + Send + 'static,
    ) {
        let mut world = self.world();
        world.calls.clear();
        world.faults = Some(Box::new(faults));
    }

    /// No more faults. Returns the names of the calls since [`Aws::set_faults`].
    pub(super) fn end_faults(&self) -> Vec<String> {
        let mut world = self.world();
        world.faults = None;
        std::mem::take(&mut world.calls)
    }

    /// The writes that were on their way arrive. Returns the status of each.
    pub(super) fn late_calls_arrive(&self) -> Vec<u16> {
        let late = std::mem::take(&mut self.world().late);
        let is_write = |request: &&Request| {
            ["PUT", "PutItem"]
                .iter()
                .any(|write| name_of(request).starts_with(write))
        };
        let writes = late.iter().filter(is_write);
        writes.map(|request| self.answer(request).0).collect()
    }

    pub(super) fn turn_versioning_off(&self) {
        self.world().versioning_off = true;
    }

    pub(super) fn set_quirk(&self, quirk: Quirk) {
        self.world().quirk = Some(quirk);
    }

    /// Lists have pages of this size.
    pub(super) fn set_page(&self, page: usize) {
        self.world().page = Some(page);
    }

    /// Writes an object as another program would, without a condition.
    pub(super) fn put(&self, key: &str, body: &[u8]) {
        self.world().store(key, Some(body.to_vec()), Vec::new());
    }

    /// Deletes an object: a delete marker takes its place.
    pub(super) fn delete(&self, key: &str) {
        self.world().store(key, None, Vec::new());
    }

    /// Removes the item of a lock, or its object with all versions.
    pub(super) fn forget_locks(&self) {
        let mut world = self.world();
        world.items.clear();
        world.objects.retain(|key, _| !key.contains("/lock/"));
    }

    fn answer(&self, request: &Request) -> Answer {
        let mut world = self.world();
        match request.headers.get("x-amz-target") {
            Some(target) => world.dynamodb(target, &request.body),
            None if request.method == "POST" => sts(),
            None => world.s3(request),
        }
    }
}

impl HttpConnector for Aws {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let request = read(&request);
        let name = name_of(&request);
        let fault = {
            let mut world = self.world();
            let number = world.calls.len();
            world.calls.push(name.clone());
            let faults = world.faults.as_mut();
            faults.and_then(|faults| faults(number, &name))
        };
        let lost =
            || ConnectorError::io(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into());
        let answer = match fault {
            None => self.answer(&request),
            Some(Fault::LostAnswer) => {
                self.answer(&request);
                return HttpConnectorFuture::ready(Err(lost()));
            }
            Some(Fault::LostRequest) => return HttpConnectorFuture::ready(Err(lost())),
            Some(Fault::Late) => {
                self.world().late.push(request);
                return HttpConnectorFuture::ready(Err(lost()));
            }
            Some(Fault::Refused(status, code)) => refusal(&request, status, code),
            Some(Fault::DoneButRefused(status, code)) => {
                self.answer(&request);
                refusal(&request, status, code)
            }
            Some(Fault::KilledBefore) => return HttpConnectorFuture::new(std::future::pending()),
            Some(Fault::KilledAfter) => {
                self.answer(&request);
                return HttpConnectorFuture::new(std::future::pending());
            }
        };
        let (status, headers, body) = answer;
        let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
        for (name, value) in headers {
            response.headers_mut().insert(name, value);
        }
        // Others get their turn, as where a call takes time.
        HttpConnectorFuture::new(async move {
            tokio::task::yield_now().await;
            Ok(response)
        })
    }
}

fn read(request: &HttpRequest) -> Request {
    let uri: String = request.uri().to_owned();
    let rest = uri.split_once("://").map_or(uri.as_str(), |(_, rest)| rest);
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    Request {
        method: request.method().to_owned(),
        path: path.to_owned(),
        query: query.replace("%2F", "/"),
        headers: request
            .headers()
            .iter()
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect(),
        body: request.body().bytes().unwrap_or_default().to_vec(),
    }
}

/// `GET state`, `PUT lock`, `PutItem`, `GET ?versions`.
fn name_of(request: &Request) -> String {
    if let Some(target) = request.headers.get("x-amz-target") {
        return target.rsplit('.').next().unwrap_or_default().to_owned();
    }
    let method = &request.method;
    for part in ["versioning", "versions", "list-type"] {
        if request
            .query
            .split('&')
            .any(|pair| pair.split('=').next() == Some(part))
        {
            return format!("{method} ?{part}");
        }
    }
    let what = ["state", "lock"]
        .into_iter()
        .find(|what| request.path.contains(&format!("/{what}/")));
    format!("{method} {}", what.unwrap_or("other"))
}

fn refusal(request: &Request, status: u16, code: &str) -> Answer {
    let message = if code.starts_with("KMS") || code.ends_with(":kms") {
        "User: arn:aws:iam::123456789012:user/me is not authorized to perform: kms:GenerateDataKey"
    } else {
        "refused"
    };
    let code = code.trim_end_matches(":kms");
    if request.headers.contains_key("x-amz-target") {
        let body = json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": message});
        return (status, Vec::new(), body.to_string().into_bytes());
    }
    let mut headers = Vec::new();
    if status == 301 {
        headers.push(("x-amz-bucket-region".to_owned(), "eu-west-1".to_owned()));
    }
    let body = format!(
        "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    (status, headers, body.into_bytes())
}

fn sts() -> Answer {
    let body = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
                <Arn>arn:aws:iam::123456789012:user/me</Arn><UserId>A</UserId><Account>123456789012</Account>\
                </GetCallerIdentityResult></GetCallerIdentityResponse>";
    (200, Vec::new(), body.as_bytes().to_vec())
}

impl World {
    fn store(
        &mut self,
        key: &str,
        body: Option<Vec<u8>>,
        metadata: Vec<(String, String)>,
    ) -> (String, String) {
        self.next += 1;
        let version = ObjectVersion {
            id: format!("v{}", self.next),
            etag: format!("\"{:032x}\"", self.next),
            body,
            metadata,
        };
        let names = (version.etag.clone(), version.id.clone());
        self.objects
            .entry(key.to_owned())
            .or_default()
            .push(version);
        names
    }

    fn s3(&mut self, request: &Request) -> Answer {
        let key = request.path.trim_start_matches('/');
        let key = key.split_once('/').map_or("", |(_, key)| key);
        let query: BTreeMap<&str, &str> = request
            .query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .collect();
        if query.contains_key("versioning") {
            if self.quirk == Some(Quirk::NoVersions) {
                return refusal(request, 501, "NotImplemented");
            }
            let status = if self.versioning_off {
                "Suspended"
            } else {
                "Enabled"
            };
            let body = format!(
                "<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>"
            );
            return (200, Vec::new(), body.into_bytes());
        }
        let prefix = query.get("prefix").copied().unwrap_or_default();
        if query.contains_key("versions") {
            let text = |name: &str| query.get(name).map(|text| (*text).to_owned());
            let after = text("key-marker").zip(text("version-id-marker"));
            return self.versions(prefix, after.as_ref());
        }
        if query.contains_key("list-type") {
            return self.list(prefix, query.get("continuation-token").copied());
        }
        let versions = self.objects.get(key).cloned().unwrap_or_default();
        let found = match query.get("versionId") {
            Some(id) => versions.iter().find(|one| one.id == *id),
            None => versions.last(),
        };
        if request.method == "PUT" {
            return self.put_object(request, key, versions.last());
        }
        match found {
            Some(ObjectVersion {
                id,
                etag,
                body: Some(body),
                metadata,
            }) => {
                let mut headers = metadata.clone();
                headers.push(("ETag".to_owned(), etag.clone()));
                headers.push(("x-amz-version-id".to_owned(), id.clone()));
                let body = if request.method == "HEAD" {
                    Vec::new()
                } else {
                    body.clone()
                };
                (200, headers, body)
            }
            Some(_) => {
                let (status, mut headers, body) = refusal(request, 404, "NoSuchKey");
                headers.push(("x-amz-delete-marker".to_owned(), "true".to_owned()));
                (status, headers, body)
            }
            None => refusal(request, 404, "NoSuchKey"),
        }
    }

    fn put_object(
        &mut self,
        request: &Request,
        key: &str,
        newest: Option<&ObjectVersion>,
    ) -> Answer {
        let quirk = self.quirk;
        let refused = |status, code| match quirk {
            Some(Quirk::OtherTexts) => refusal(request, status, "SomethingElse"),
            _ => refusal(request, status, code),
        };
        let has = |part: &str| request.headers.keys().any(|name| name.contains(part));
        let current = newest.filter(|one| one.body.is_some());
        let header = |name: &str, ignored: Quirk| {
            let value = request.headers.get(name).map(String::as_str);
            value.filter(|_| quirk != Some(ignored))
        };
        let matches = header("if-match", Quirk::IgnoresIfMatch);
        let none_matches = header("if-none-match", Quirk::IgnoresIfNoneMatch);
        let conditional = has("if-match") || has("if-none-match");
        // What follows compares what the store looks at.
        match quirk {
            Some(Quirk::NoConditions) if conditional => return refused(501, "NotImplemented"),
            Some(Quirk::NoChecksums) if has("checksum") => return refused(501, "NotImplemented"),
            _ => {}
        }
        match (matches, none_matches, current) {
            (Some(_), _, None) => return refused(404, "NoSuchKey"),
            (Some(etag), _, Some(current)) if current.etag != etag => {
                return refused(412, "PreconditionFailed");
            }
            (_, Some(_), Some(_)) => return refused(412, "PreconditionFailed"),
            _ if !conditional && quirk != Some(Quirk::NoPolicy) => {
                return refusal(request, 403, "AccessDenied");
            }
            _ => {}
        }
        let metadata = request.headers.iter();
        let metadata = metadata.filter(|(name, _)| name.starts_with("x-amz-meta-"));
        let metadata = metadata
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let (etag, id) = self.store(key, Some(request.body.clone()), metadata);
        let mut headers = Vec::new();
        if quirk != Some(Quirk::NoEtags) {
            headers.push(("ETag".to_owned(), etag));
        }
        if !matches!(quirk, Some(Quirk::NoVersions | Quirk::PretendsVersions)) {
            headers.push(("x-amz-version-id".to_owned(), id));
        }
        (200, headers, Vec::new())
    }

    /// The part of a list after `marker`, and whether there is more.
    fn page<T>(&self, all: Vec<T>, is_marker: impl Fn(&T) -> bool, marker: bool) -> (Vec<T>, bool) {
        let start = if marker && self.quirk != Some(Quirk::EndlessPages) {
            all.iter().position(is_marker).map_or(0, |at| at + 1)
        } else {
            0
        };
        let size = self.page.unwrap_or(PAGE);
        let more = all.len() > start + size;
        (all.into_iter().skip(start).take(size).collect(), more)
    }

    fn versions(&self, prefix: &str, after: Option<&(String, String)>) -> Answer {
        let below = self
            .objects
            .iter()
            .filter(|(key, _)| key.starts_with(prefix));
        let all = below.flat_map(|(key, all)| all.iter().rev().map(move |one| (key, one)));
        let is_marker = |(key, one): &(&String, &ObjectVersion)| {
            after.is_some_and(|(of, id)| *of == **key && *id == one.id)
        };
        let (page, more) = self.page(all.collect(), is_marker, after.is_some());
        let mut body = format!("<ListVersionsResult><IsTruncated>{more}</IsTruncated>");
        if let Some((key, last)) = page.last().filter(|_| more) {
            let id = &last.id;
            let _ = write!(
                body,
                "<NextKeyMarker>{key}</NextKeyMarker><NextVersionIdMarker>{id}</NextVersionIdMarker>"
            );
        }
        for (key, one) in page {
            let element = if one.body.is_some() {
                "Version"
            } else {
                "DeleteMarker"
            };
            let (id, etag) = (&one.id, one.etag.replace('"', "&quot;"));
            let _ = write!(
                body,
                "<{element}><Key>{key}</Key><VersionId>{id}</VersionId><ETag>{etag}</ETag></{element}>"
            );
        }
        body.push_str("</ListVersionsResult>");
        (200, Vec::new(), body.into_bytes())
    }

    fn list(&self, prefix: &str, after: Option<&str>) -> Answer {
        // The keys, and the folders below the prefix, which end with a slash.
        let mut names = std::collections::BTreeSet::new();
        for (key, versions) in &self.objects {
            let exists = versions.last().is_some_and(|one| one.body.is_some());
            let Some(rest) = key.strip_prefix(prefix).filter(|_| exists) else {
                continue;
            };
            names.insert(match rest.split_once('/') {
                Some((folder, _)) => format!("{prefix}{folder}/"),
                None => key.clone(),
            });
        }
        let is_marker = |name: &String| Some(name.as_str()) == after;
        let (page, more) = self.page(names.into_iter().collect(), is_marker, after.is_some());
        let mut body = format!("<ListBucketResult><IsTruncated>{more}</IsTruncated>");
        if let Some(last) = page.last().filter(|_| more) {
            let _ = write!(
                body,
                "<NextContinuationToken>{last}</NextContinuationToken>"
            );
        }
        for name in page {
            let _ = match name.ends_with('/') {
                true => write!(
                    body,
                    "<CommonPrefixes><Prefix>{name}</Prefix></CommonPrefixes>"
                ),
                false => write!(body, "<Contents><Key>{name}</Key></Contents>"),
            };
        }
        body.push_str("</ListBucketResult>");
        (200, Vec::new(), body.into_bytes())
    }

    fn dynamodb(&mut self, target: &str, body: &[u8]) -> Answer {
        let input: Value = serde_json::from_slice(body).unwrap();
        let json = |value: Value| (200, Vec::new(), value.to_string().into_bytes());
        if target.ends_with("GetItem") {
            assert_eq!(input["ConsistentRead"], json!(true));
            let id = input["Key"]["LockID"]["S"].as_str().unwrap();
            return match self.items.get(id) {
                Some(item) => json(json!({"Item": item})),
                None => json(json!({})),
            };
        }
        assert!(target.ends_with("PutItem"), "{target}");
        let id = input["Item"]["LockID"]["S"].as_str().unwrap().to_owned();
        assert!(id.starts_with("rd/"), "{id}");
        let stored = self.items.get(&id);
        let holds = match input["ConditionExpression"].as_str().unwrap() {
            "attribute_not_exists(LockID)" => stored.is_none(),
            "#version = :expected" => {
                let name = input["ExpressionAttributeNames"]["#version"]
                    .as_str()
                    .unwrap();
                let expected = &input["ExpressionAttributeValues"][":expected"];
                stored.is_some_and(|item| item[name] == *expected)
            }
            other => panic!("{other}"),
        };
        if !holds {
            let body = json!({"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
                "message": "The conditional request failed"});
            return (400, Vec::new(), body.to_string().into_bytes());
        }
        self.items.insert(id, input["Item"].clone());
        json(json!({}))
    }
}
