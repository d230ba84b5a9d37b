//! One look at a server, as a client would have it: its addresses, its TLS, its answer to a GET.

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

/// How long each part of a look may take.
const TIMEOUTS: Duration = Duration::from_secs(10);

/// What went wrong, in a sentence.
type Outcome<T> = Result<T, String>;

/// What a TLS handshake showed.
#[derive(Clone, Debug)]
pub struct Tls {
    /// `TLSv1.3`.
    pub version: String,
    /// Until when the certificate is valid.
    pub valid_till: Timestamp,
    /// Who signed it.
    pub issuer: String,
}

/// An answer's status, and where it sends to.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// `Location`.
    pub location: Option<String>,
}

async fn within<T>(what: &str, work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    match tokio::time::timeout(TIMEOUTS, work).await {
        Ok(done) => done,
        Err(_) => Err(format!("{what}: no answer within {} s", TIMEOUTS.as_secs())),
    }
}

/// The addresses of a name.
pub async fn addresses(host: &str) -> Outcome<BTreeSet<IpAddr>> {
    within("DNS", async {
        let found = tokio::net::lookup_host((host, 0))
            .await
            .map_err(|e| e.to_string())?;
        Ok(found.map(|address| address.ip()).collect())
    })
    .await
}

async fn connect(host: &str, port: u16) -> Outcome<TcpStream> {
    within("connecting", async {
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

/// The authorities that the machine trusts (`SSL_CERT_FILE` names others).
fn trusted() -> Outcome<Arc<ClientConfig>> {
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

async fn shake(host: &str, port: u16) -> Outcome<tokio_rustls::client::TlsStream<TcpStream>> {
    let stream = connect(host, port).await?;
    let name = ServerName::try_from(host.to_owned()).map_err(|e| e.to_string())?;
    within("the TLS handshake", async {
        TlsConnector::from(trusted()?)
            .connect(name, stream)
            .await
            .map_err(|e| format!("the TLS handshake failed: {e}"))
    })
    .await
}

/// Shakes hands, and says what came of it; a certificate that is not trusted for the name is an error.
pub async fn tls(host: &str, port: u16) -> Outcome<Tls> {
    let stream = shake(host, port).await?;
    let (_, session) = stream.get_ref();
    let version = session
        .protocol_version()
        .and_then(|version| version.as_str())
        .unwrap_or("unknown")
        .replace('_', ".");
    let chain = session.peer_certificates().unwrap_or_default();
    let first = chain.first().ok_or("the server showed no certificate")?;
    let (_, certificate) = x509_parser::parse_x509_certificate(first).map_err(|e| e.to_string())?;
    let till = certificate.validity().not_after.timestamp();
    Ok(Tls {
        version,
        valid_till: Timestamp::from_second(till).map_err(|e| e.to_string())?,
        issuer: certificate.issuer().to_string(),
    })
}

/// Gets a URL, and follows nothing.
pub async fn get(url: &str) -> Outcome<Answer> {
    let uri: Uri = url.parse().map_err(|e| format!("{url} is no URL: {e}"))?;
    let host = uri.host().ok_or_else(|| format!("{url} names no host"))?;
    let secure = uri.scheme_str() == Some("https");
    let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
    if secure {
        let stream = shake(host, port).await?;
        ask(stream, &uri).await
    } else {
        ask(connect(host, port).await?, &uri).await
    }
}

async fn ask(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    uri: &Uri,
) -> Outcome<Answer> {
    within("the request", async {
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|e| e.to_string())?;
        tokio::task::spawn_local(async move {
            // What goes wrong with it, the request tells.
            let _ = connection.await;
        });
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let request = Request::get(path)
            .header(HOST, uri.authority().map_or("", |one| one.as_str()))
            .header(USER_AGENT, concat!("rd-edge/", env!("CARGO_PKG_VERSION")))
            .body(Empty::<Bytes>::new())
            .map_err(|e| e.to_string())?;
        let answer = sender
            .send_request(request)
            .await
            .map_err(|e| format!("no answer: {e}"))?;
        let location = answer.headers().get(LOCATION);
        Ok(Answer {
            status: answer.status().as_u16(),
            location: location.and_then(|to| to.to_str().ok().map(str::to_owned)),
        })
    })
    .await
}
