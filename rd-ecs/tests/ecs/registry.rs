//! A registry of somebody else's, on loopback and with TLS: it gives a token to whoever asks, and images to whoever has
//! it. A thread for as long as the test's process lives.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::Arc;

/// What is at a path: its media type and its bytes.
pub type Things = BTreeMap<String, (String, Vec<u8>)>;

/// The registry.
pub struct Registry {
    /// Its name in a reference.
    pub host: String,
    /// The certificate of who signs for it.
    pub authority: String,
}

impl Registry {
    /// One with these things; to those who have no token it gives one only where `open`.
    pub fn start(things: Things, open: bool) -> Self {
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
                answer(StreamOwned::new(session, stream), &things, open, &realm);
            }
        });
        Self { host, authority }
    }
}

/// Answers one request; a client that goes away is none of our business.
fn answer(stream: impl Read + Write, things: &Things, open: bool, realm: &str) {
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
    let (status, (kind, body)) = match things.get(path) {
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
