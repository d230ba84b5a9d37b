//! Which local port is forwarded to which host and port: `LOCAL:HOST:PORT`, as `ssh -L` has it.

use rd_common::{Error, Result};
use std::collections::HashMap;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::str::FromStr;

/// A local port, and where it leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forwarding {
    /// The port on this machine; 0 for any free one.
    pub local: u16,
    /// The name or IPv4 address of the host, as the task resolves it.
    pub host: String,
    /// The TCP port of the host.
    pub port: u16,
}

impl FromStr for Forwarding {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let parts: Vec<&str> = text.split(':').collect();
        let (local, host, port) = match parts[..] {
            [local, host, port] => (local, host, port),
            [host, port] => ("0", host, port),
            _ => return Err("not in the form LOCAL:HOST:PORT or HOST:PORT".to_owned()),
        };
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        // The document's pattern for a host has a least length of 3.
        if host.len() < 3 || !host.chars().all(allowed) {
            return Err(format!("`{host}` is not a host name or an IPv4 address"));
        }
        let number = |what: &str, text: &str| {
            text.parse::<u16>()
                .map_err(|_| format!("the {what} port `{text}` is not a number up to 65535"))
        };
        match number("remote", port)? {
            0 => Err("the remote port cannot be 0".to_owned()),
            port => Ok(Self {
                local: number("local", local)?,
                host: host.to_owned(),
                port,
            }),
        }
    }
}

impl Forwarding {
    /// The local port, a free one where none is named. Fails where it is in use, or not for this user.
    pub fn free_local_port(&self) -> Result<u16> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.local));
        let port = listener.and_then(|listener| listener.local_addr());
        port.map(|address| address.port()).map_err(|why| {
            let what = match why.kind() {
                ErrorKind::AddrInUse => "is in use".to_owned(),
                ErrorKind::PermissionDenied => "is not for you: it needs root".to_owned(),
                _ => format!("cannot be used: {why}"),
            };
            Error::failed(format!("the local port {} {what}", self.local))
                .hint("name another one, or 0 for any that is free")
        })
    }

    /// The document's parameters, with a local port.
    pub fn parameters(&self, local: u16) -> HashMap<String, Vec<String>> {
        let all = [
            ("host", self.host.clone()),
            ("portNumber", self.port.to_string()),
            ("localPortNumber", local.to_string()),
        ];
        all.into_iter()
            .map(|(name, value)| (name.to_owned(), vec![value]))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_local_port_may_be_left_out() {
        let parsed = |text: &str| text.parse::<Forwarding>();
        let expected = |local| Forwarding {
            local,
            host: "db.internal".to_owned(),
            port: 5432,
        };
        assert_eq!(parsed("15432:db.internal:5432"), Ok(expected(15432)));
        for text in ["db.internal:5432", "0:db.internal:5432"] {
            assert_eq!(parsed(text), Ok(expected(0)), "{text}");
        }
        for wrong in [
            "5432",
            "5432:db:5432",
            "db.internal:0",
            "db.internal:65536",
            "x:db.internal:1",
            "1:db$(id):1",
            "::1:5432",
        ] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_port_that_is_in_use_is_refused_and_none_is_a_free_one() {
        let used = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let mut forwarding: Forwarding = "db.internal:5432".parse().unwrap();
        assert_ne!(forwarding.free_local_port().unwrap(), 0);
        forwarding.local = used.local_addr().unwrap().port();
        let error = forwarding.free_local_port().unwrap_err();
        assert!(error.summary.contains("is in use"), "{error}");
    }
}
