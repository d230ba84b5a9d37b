//! A registry other than ECR, on loopback and with TLS: it gives a token to every client, and images to clients with the
//! token. A thread that lives as long as the test's process.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::Arc;

/// By path, the media type and the bytes of a document.
pub type Documents = BTreeMap<String, (String, Vec<u8>)>;

/// A registry that is running on loopback.
pub struct Registry {
    /// Its host and port, as in a reference.
    pub host: String,
    /// The certificate of the authority that signed its own.
    pub authority: String,
}

impl Registry {
    /// Starts a registry with these documents; clients get a token only if it is `open`.
    pub fn start(documents: Documents, open: bool) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let own = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = own.signed_by(&key, &issuer).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
            )
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = format!("localhost:{}", listener.local_addr().unwrap().port());
        let authority = issuer.pem();
        let realm = format!("https://{host}/token");
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let session = ServerConnection::new(config.clone()).unwrap();
                answer(StreamOwned::new(session, stream), &documents, open, &realm);
            }
        });
        Self { host, authority }
    }
}

/// Answers one request; ignores a client that disconnects.
fn answer(stream: impl Read + Write, documents: &Documents, open: bool, realm: &str) {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        match reader.read_line(&mut line) {
            Ok(1..) if line.trim().is_empty() => break,
            Ok(1..) => lines.push(line.trim().to_ascii_lowercase()),
            _ => return,
        }
    }
    let target = lines[0].split(' ').nth(1).unwrap_or_default();
    let path = target.split('?').next().unwrap_or_default();
    let known = lines
        .iter()
        .any(|line| line == "authorization: bearer pass");
    let json = |text: &str| ("application/json".to_owned(), text.as_bytes().to_vec());
    let (status, (kind, body)) = match documents.get(path) {
        _ if path == "/token" && open => ("200 OK", json(r#"{"token":"pass"}"#)),
        _ if !known => (
            "401 Unauthorized",
            json(r#"{"errors":[{"code":"UNAUTHORIZED","message":"who?"}]}"#),
        ),
        Some(thing) => ("200 OK", thing.clone()),
        None => (
            "404 Not Found",
            json(r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"no such tag"}]}"#),
        ),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nWWW-Authenticate: Bearer realm=\"{realm}\",service=\"x\"\r\nContent-Type: {kind}\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let stream = reader.get_mut();
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(&body);
    let _ = stream.flush();
}
