//! Redirects of a load balancer: as AWS has them, as a URL in the settings, and as one line in states and plans.
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RedirectActionConfig.html>

use aws_sdk_elasticloadbalancingv2::types::{RedirectActionConfig, RedirectActionStatusCodeEnum};
use std::fmt;

/// A redirect. Its text form, in states and plans, is `301 HTTPS:443 host/path?query`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// Whether clients may remember it: status 301, otherwise 302.
    pub permanent: bool,
    /// `HTTP` or `HTTPS`, or `#{protocol}`.
    pub protocol: String,
    /// The port, or `#{port}`.
    pub port: String,
    /// The host, or `#{host}`.
    pub host: String,
    /// The path, with the `/` at its beginning.
    pub path: String,
    /// The query without its `?`.
    pub query: String,
}

impl Redirect {
    /// The redirect that AWS describes. What it leaves out is that of the request.
    pub fn of_aws(to: &RedirectActionConfig) -> Self {
        let text = |value: Option<&str>, default: &str| value.unwrap_or(default).to_owned();
        Self {
            permanent: to.status_code() != Some(&RedirectActionStatusCodeEnum::Http302),
            protocol: text(to.protocol(), "#{protocol}"),
            port: text(to.port(), "#{port}"),
            host: text(to.host(), "#{host}"),
            path: text(to.path(), "/#{path}"),
            query: text(to.query(), "#{query}"),
        }
    }

    /// The redirect as AWS takes it.
    pub fn to_aws(&self) -> RedirectActionConfig {
        let code = if self.permanent {
            RedirectActionStatusCodeEnum::Http301
        } else {
            RedirectActionStatusCodeEnum::Http302
        };
        RedirectActionConfig::builder()
            .protocol(&self.protocol)
            .port(&self.port)
            .host(&self.host)
            .path(&self.path)
            .query(&self.query)
            .status_code(code)
            .build()
    }

    /// The permanent redirect to the same URL with HTTPS.
    pub fn to_https() -> Self {
        Self {
            permanent: true,
            protocol: "HTTPS".to_owned(),
            port: "443".to_owned(),
            host: "#{host}".to_owned(),
            path: "/#{path}".to_owned(),
            query: "#{query}".to_owned(),
        }
    }

    /// A temporary redirect to a URL of the settings; none if it is not one. Without a query it keeps that of the request.
    pub fn of_url(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let (protocol, port) = match scheme {
            "https" => ("HTTPS", "443"),
            "http" => ("HTTP", "80"),
            _ => return None,
        };
        let (place, query) = rest.split_once('?').unwrap_or((rest, "#{query}"));
        let (authority, path) = match place.find('/') {
            Some(at) => place.split_at(at),
            None => (place, "/#{path}"),
        };
        let (host, port) = authority.rsplit_once(':').unwrap_or((authority, port));
        let is_port = port.parse::<u16>().is_ok_and(|port| port > 0);
        (!host.is_empty() && is_port).then(|| Self {
            permanent: false,
            protocol: protocol.to_owned(),
            port: port.to_owned(),
            host: host.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
        })
    }

    /// The redirect with this text form; none if it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let (code, rest) = text.split_once(' ')?;
        let (origin, url) = rest.split_once(' ')?;
        let (protocol, port) = origin.rsplit_once(':')?;
        let (place, query) = url.split_once('?')?;
        let (host, path) = place.split_at(place.find('/')?);
        Some(Self {
            permanent: code == "301",
            protocol: protocol.to_owned(),
            port: port.to_owned(),
            host: host.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
        })
    }
}

impl fmt::Display for Redirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = if self.permanent { 301 } else { 302 };
        let Self {
            protocol,
            port,
            host,
            path,
            query,
            ..
        } = self;
        write!(f, "{code} {protocol}:{port} {host}{path}?{query}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_becomes_a_redirect_and_its_text_is_read_back() {
        for (url, text) in [
            (
                "https://www.example.com",
                "302 HTTPS:443 www.example.com/#{path}?#{query}",
            ),
            (
                "https://#{host}:8443/v2/#{path}?a=1",
                "302 HTTPS:8443 #{host}/v2/#{path}?a=1",
            ),
            ("http://example.com/", "302 HTTP:80 example.com/?#{query}"),
        ] {
            let redirect = Redirect::of_url(url).unwrap();
            assert_eq!(redirect.to_string(), text);
            assert_eq!(Redirect::parse(text), Some(redirect));
        }
        for wrong in ["www.example.com", "ftp://x", "https://", "https://x:0/"] {
            assert_eq!(Redirect::of_url(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_redirect_to_https_is_the_same_after_aws() {
        let redirect = Redirect::to_https();
        assert_eq!(
            redirect.to_string(),
            "301 HTTPS:443 #{host}/#{path}?#{query}"
        );
        assert_eq!(Redirect::of_aws(&redirect.to_aws()), redirect);
    }
}
