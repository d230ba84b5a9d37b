//! Servers on loopback, each a thread for as long as the test's process lives, and an authority that signs for them.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::Arc;

/// What a server answers to every request: status line and headers, without the empty line.
pub type Answer = &'static str;

/// A certificate authority.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    /// One of this name.
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        Self {
            issuer: CertifiedIssuer::self_signed(params, key).unwrap(),
        }
    }

    /// Its own certificate, for those who are to trust it.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A server for `host` that speaks this version of TLS, with a certificate that ends in so many days. Returns its
    /// port.
    pub fn serve(
        &self,
        host: &str,
        days: i64,
        version: &'static SupportedProtocolVersion,
        answer: Answer,
    ) -> u16 {
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        let now = Timestamp::now().to_zoned(TimeZone::UTC);
        let end = now.checked_add(days.days()).unwrap().date();
        let [month, day] = [end.month(), end.day()].map(|part| u8::try_from(part).unwrap());
        params.not_after = rcgen::date_time_ymd(end.year().into(), month, day);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
            )
            .unwrap();
        let config = Arc::new(config);
        accept("127.0.0.1:0", move |stream| {
            let session = ServerConnection::new(config.clone()).unwrap();
            respond(StreamOwned::new(session, stream), answer);
        })
        .unwrap()
    }
}

/// A server that speaks plain HTTP. Returns its port; none where the address cannot be had.
pub fn plain(address: &str, answer: Answer) -> Option<u16> {
    accept(address, move |stream| respond(stream, answer))
}

/// A port at which nobody answers.
pub fn closed() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn accept(address: &str, each: impl Fn(std::net::TcpStream) + Send + 'static) -> Option<u16> {
    let listener = TcpListener::bind(address).ok()?;
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || listener.incoming().flatten().for_each(each));
    Some(port)
}

/// Answers one request; a client that goes away before it asked is none of our business.
fn respond(stream: impl Read + Write, answer: Answer) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = String::new();
        match reader.read_line(&mut line) {
            Ok(1..) if line.trim().is_empty() => break,
            Ok(1..) => {}
            _ => return,
        }
    }
    let text = format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let stream = reader.get_mut();
    let _ = stream.write_all(text.as_bytes());
    let _ = stream.flush();
}
