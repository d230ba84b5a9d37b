//! What a client sees of a server: its addresses, its TLS handshake, and its response to a GET.

use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::header::{HOST, LOCATION, USER_AGENT};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// The time limit of each part: DNS, connecting, handshake, request.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A result whose error is one sentence for the report.
type Outcome<T> = Result<T, String>;

/// What a TLS handshake shows of the server.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The protocol version, such as `TLSv1.3`.
    pub version: String,
    /// The time when the certificate expires.
    pub valid_till: Timestamp,
    /// The issuer of the server's certificate.
    pub issuer: String,
}

/// The parts of an HTTP response that a check needs.
#[derive(Clone, Debug)]
pub struct Response {
    /// The HTTP status code.
    pub status: u16,
    /// The header `Location` of a redirect.
    pub location: Option<String>,
}

/// Runs `work` with the time limit. `what` is for the error, such as "the request".
async fn with_timeout<T>(what: &str, work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    match tokio::time::timeout(TIMEOUT, work).await {
        Ok(done) => done,
        Err(_) => Err(format!(
            "{what}: no response within {} s",
            TIMEOUT.as_secs()
        )),
    }
}

/// Resolves a name to its IP addresses.
pub async fn addresses(host: &str) -> Outcome<BTreeSet<IpAddr>> {
    with_timeout("DNS", async {
        let found = tokio::net::lookup_host((host, 0))
            .await
            .map_err(|e| e.to_string())?;
        Ok(found.map(|address| address.ip()).collect())
    })
    .await
}

async fn connect(host: &str, port: u16) -> Outcome<TcpStream> {
    with_timeout("connecting", async {
        let all: Vec<SocketAddr> = tokio::net::lookup_host((host, port))
            .await
            .map_err(|e| format!("{host} has no address: {e}"))?
            .collect();
        TcpStream::connect(&all[..])
            .await
            .map_err(|e| format!("{host}:{port} cannot be reached: {e}"))
    })
    .await
}

/// A TLS configuration with the certificate authorities that the machine trusts (`SSL_CERT_FILE` overrides them).
fn tls_config() -> Outcome<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err(
            "this machine trusts no certificate authority: install ca-certificates".to_owned(),
        );
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

async fn tls_connect(host: &str, port: u16) -> Outcome<tokio_rustls::client::TlsStream<TcpStream>> {
    let stream = connect(host, port).await?;
    let name = ServerName::try_from(host.to_owned()).map_err(|e| e.to_string())?;
    with_timeout("the TLS handshake", async {
        TlsConnector::from(tls_config()?)
            .connect(name, stream)
            .await
            .map_err(|e| format!("the TLS handshake failed: {e}"))
    })
    .await
}

/// Makes a TLS handshake. A certificate that is not trusted for the name is an error.
pub async fn tls(host: &str, port: u16) -> Outcome<Tls> {
    let stream = tls_connect(host, port).await?;
    let (_, session) = stream.get_ref();
    let version = session
        .protocol_version()
        .and_then(|version| version.as_str())
        .unwrap_or("unknown")
        .replace('_', ".");
    let chain = session.peer_certificates().unwrap_or_default();
    let first = chain.first().ok_or("the server sent no certificate")?;
    let (_, certificate) = x509_parser::parse_x509_certificate(first).map_err(|e| e.to_string())?;
    let expiry = certificate.validity().not_after.timestamp();
    Ok(Tls {
        version,
        valid_till: Timestamp::from_second(expiry).map_err(|e| e.to_string())?,
        issuer: certificate.issuer().to_string(),
    })
}

/// Requests a URL with GET, without following redirects.
pub async fn get(url: &str) -> Outcome<Response> {
    let uri: Uri = url
        .parse()
        .map_err(|e| format!("{url} is not a URL: {e}"))?;
    let host = uri.host().ok_or_else(|| format!("{url} has no host"))?;
    let secure = uri.scheme_str() == Some("https");
    let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
    if secure {
        let stream = tls_connect(host, port).await?;
        send_request(stream, &uri).await
    } else {
        send_request(connect(host, port).await?, &uri).await
    }
}

async fn send_request(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    uri: &Uri,
) -> Outcome<Response> {
    with_timeout("the request", async {
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|e| e.to_string())?;
        tokio::task::spawn_local(async move {
            // The request reports errors of the connection.
            let _ = connection.await;
        });
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let request = Request::get(path)
            .header(HOST, uri.authority().map_or("", |one| one.as_str()))
            .header(USER_AGENT, concat!("rd-edge/", env!("CARGO_PKG_VERSION")))
            .body(Empty::<Bytes>::new())
            .map_err(|e| e.to_string())?;
        let response = sender
            .send_request(request)
            .await
            .map_err(|e| format!("no response: {e}"))?;
        let location = response.headers().get(LOCATION);
        Ok(Response {
            status: response.status().as_u16(),
            location: location.and_then(|to| to.to_str().ok().map(str::to_owned)),
        })
    })
    .await
}
