//! Servers on loopback, each with a thread that runs as long as the test's process, and a certificate authority for
//! them.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::Arc;

/// The response of a server to every request: status line and headers, without the empty line.
pub type Answer = &'static str;

/// A certificate authority for the tests.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    /// Creates an authority with this common name.
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        Self {
            issuer: CertifiedIssuer::self_signed(params, key).unwrap(),
        }
    }

    /// The authority's own certificate in PEM, for clients that trust it.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// Starts a server for `host` with this version of TLS and a certificate that expires in `days`. Returns its port.
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

/// Starts a server for plain HTTP and returns its port; none if the address is not available.
pub fn plain(address: &str, answer: Answer) -> Option<u16> {
    accept(address, move |stream| respond(stream, answer))
}

/// A port on which no server listens.
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

/// Responds to one request, and ignores clients that close the connection first.
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
