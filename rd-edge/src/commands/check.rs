//! `check`: what a client sees, step by step, and what stands behind it.

use super::probe::{addresses, get, tls};
use super::records::wanted;
use super::targets::{group, read};
use crate::slice::{BALANCER, Edge};
use jiff::{Timestamp, Unit};
use rd_common::check::{Report, Step};
use rd_common::cli::Program;
use rd_common::verbs::desk::Desk;
use rd_common::{Error, Exit, Result};
use serde_json::{Value, json};

/// Flags of `check`.
#[derive(clap::Args, Clone, Debug)]
pub struct CheckArgs {
    /// What to check; else the stack's own address. A path in it takes the place of the health check's
    #[arg(long, value_name = "URL", value_parser = url)]
    url: Option<String>,
}

fn url(text: &str) -> std::result::Result<String, String> {
    let fits = ["http://", "https://"].iter().any(|scheme| {
        text.strip_prefix(scheme)
            .is_some_and(|rest| !rest.is_empty())
    });
    if fits {
        Ok(text.to_owned())
    } else {
        Err("a URL begins with http:// or https://".to_owned())
    }
}

/// From how many days on a certificate that is not renewed is a fault: ACM renews 60 days before the end.
/// <https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html>
const DAYS_LEFT: i32 = 30;

/// What is asked.
struct Front {
    scheme: &'static str,
    host: String,
    port: u16,
    path: String,
}

impl Front {
    fn parse(url: &str, health: &str) -> Option<Self> {
        let (scheme, rest) = match url.strip_prefix("https://") {
            Some(rest) => ("https", rest),
            None => ("http", url.strip_prefix("http://")?),
        };
        let (authority, path) = match rest.find('/') {
            Some(slash) => (&rest[..slash], &rest[slash..]),
            None => (rest, ""),
        };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (authority, if scheme == "https" { 443 } else { 80 }),
        };
        Some(Self {
            scheme,
            host: host.to_owned(),
            port,
            path: if matches!(path, "" | "/") {
                health
            } else {
                path
            }
            .to_owned(),
        })
    }

    fn url(&self) -> String {
        format!("{}://{}:{}{}", self.scheme, self.host, self.port, self.path)
    }
}

/// Runs it: exit 0 where every step is right.
pub async fn run(program: &Program, args: &CheckArgs) -> Result<Exit> {
    let desk = Desk::<Edge>::open(program).await?;
    let balancer = desk
        .state
        .resources
        .get(BALANCER)
        .and_then(|one| one.attributes["dns_name"].as_str())
        .map(str::to_owned);
    let own = desk.state.outputs.get("url").and_then(Value::as_str);
    let url = args.url.clone().or_else(|| own.map(str::to_owned));
    let https = desk.state.outputs.get("https") == Some(&Value::Bool(true));
    if url.is_none() && https {
        return Err(Error::usage("no name of the certificate is known")
            .hint("give --url https://…, or set `domain` in rd.toml"));
    }
    let url = url
        .or_else(|| Some(format!("http://{}", balancer.clone()?)))
        .ok_or_else(|| Error::failed("the load balancer is not there").hint("run rd-edge apply"))?;
    let front = Front::parse(&url, &desk.config.health_path)
        .ok_or_else(|| Error::usage(format!("`{url}` is no URL")))?;
    let mut steps = Vec::new();
    steps.extend(certificate(&desk).await?);
    let (dns, tls, redirect, health) = tokio::join!(
        resolves(&front, balancer.as_deref(), args.url.is_some()),
        handshake(&front),
        redirects(&front, args.url.is_some()),
        answers(&front),
    );
    steps.push(dns);
    steps.extend(tls);
    steps.extend(redirect);
    steps.push(health);
    steps.extend(targets(&desk).await?);
    let report = Report {
        what: &front.url(),
        head: json!({"url": front.url()})
            .as_object()
            .cloned()
            .unwrap_or_default(),
        verdict: "ok",
        well: "all is well",
        ill: "not as it must be",
    };
    Ok(report.show(&program.printer, &steps))
}

/// The certificate as ACM has it.
async fn certificate(desk: &Desk<Edge>) -> Result<Option<Step>> {
    let what = "certificate";
    let Some(one) = wanted(desk).await? else {
        let asked =
            !desk.config.hosts(&desk.cx.stack).is_empty() && desk.config.certificate_arn.is_none();
        return Ok(asked.then(|| Step::new(what, false, "not requested yet: run rd-edge apply")));
    };
    let till = one.valid_till.as_deref().and_then(|text| text.parse().ok());
    Ok(Some(match (one.status.as_str(), till) {
        ("ISSUED", Some(till)) => lasts(what, till, "ISSUED"),
        ("ISSUED", None) => Step::new(what, true, "ISSUED"),
        (status, _) => Step::new(
            what,
            false,
            format!("{status}: rd-edge records shows the DNS records to make"),
        ),
    }))
}

fn lasts(what: &str, till: Timestamp, words: &str) -> Step {
    let left = Timestamp::now().until((Unit::Hour, till));
    let days = left.map_or(0, |span| span.get_hours() / 24);
    let reason = format!("{words}, {days} days left");
    if days < DAYS_LEFT {
        let more = "ACM renews 60 days before the end, if the validation record is still in DNS";
        Step::new(what, false, format!("{reason}: {more}"))
    } else {
        Step::new(what, true, reason)
    }
}

/// Whether the name leads to the load balancer.
async fn resolves(front: &Front, balancer: Option<&str>, given: bool) -> Step {
    let what = format!("DNS of {}", front.host);
    let found = match addresses(&front.host).await {
        Ok(found) => found,
        Err(reason) => {
            let more = match balancer {
                Some(name) if name != front.host && !given => {
                    "; without Route 53, rd-edge records shows the record to make"
                }
                _ => "",
            };
            return Step::new(what, false, format!("{reason}{more}"));
        }
    };
    let list = found
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    let Some(balancer) = balancer.filter(|name| !given && *name != front.host) else {
        return Step::new(what, true, list);
    };
    match addresses(balancer).await {
        Ok(own) if own.is_disjoint(&found) => {
            let reason = format!("{list}: not the load balancer's: {balancer}");
            Step::new(what, false, reason)
        }
        Ok(_) => Step::new(what, true, format!("{list}: the load balancer's")),
        Err(reason) => Step::new(what, false, format!("{list}; {balancer}: {reason}")),
    }
}

async fn handshake(front: &Front) -> Vec<Step> {
    if front.scheme != "https" {
        let reason = "plain HTTP: anybody on the way can read and change it";
        return vec![Step::new("TLS", true, reason)];
    }
    match tls(&front.host, front.port).await {
        Ok(tls) => vec![
            Step::new("TLS", true, tls.version),
            lasts(
                "served certificate",
                tls.valid_till,
                &format!("by {}", tls.issuer),
            ),
        ],
        Err(reason) => vec![Step::new("TLS", false, reason)],
    }
}

/// Whether plain HTTP is sent to HTTPS.
async fn redirects(front: &Front, given: bool) -> Option<Step> {
    if front.scheme != "https" || given {
        return None;
    }
    let what = "redirect";
    let plain = format!("http://{}{}", front.host, front.path);
    Some(match get(&plain).await {
        Ok(answer) => {
            let to = answer.location.unwrap_or_default();
            let ok = answer.status == 301 && to.starts_with("https://");
            let status = answer.status;
            Step::new(
                what,
                ok,
                format!("{plain} answers {status} {to}").trim_end(),
            )
        }
        Err(reason) => Step::new(what, false, reason),
    })
}

async fn answers(front: &Front) -> Step {
    let what = format!("GET {}", front.path);
    match get(&front.url()).await {
        Ok(answer) => {
            let ok = answer.status == 200;
            let more = match answer.status {
                502 => ": the tasks close the connection or answer nonsense",
                503 => ": no task is registered",
                504 => ": the tasks do not answer in time, or a security group is in the way",
                _ => "",
            };
            Step::new(what, ok, format!("{}{more}", answer.status))
        }
        Err(reason) => Step::new(what, false, reason),
    }
}

async fn targets(desk: &Desk<Edge>) -> Result<Vec<Step>> {
    let all = read(&desk.cx, group(desk)?).await?;
    if all.is_empty() {
        let reason = "none: no task runs, or none has registered yet";
        return Ok(vec![Step::new("targets", false, reason)]);
    }
    let steps = all.into_iter().map(|one| {
        let ok = matches!(one.state.as_str(), "healthy" | "draining");
        let mut reason = one.state;
        for more in [one.reason, one.description] {
            if !more.is_empty() {
                reason.push_str(&format!(": {more}"));
            }
        }
        Step::new(format!("target {}:{}", one.id, one.port), ok, reason)
    });
    Ok(steps.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart() {
        let front = Front::parse("https://api.example.com", "/health").unwrap();
        assert_eq!(front.url(), "https://api.example.com:443/health");
        let other = Front::parse("http://127.0.0.1:8080/ready?x=1", "/health").unwrap();
        assert_eq!(other.url(), "http://127.0.0.1:8080/ready?x=1");
        assert!(Front::parse("http://host:port", "/").is_none());
        assert!(url("ftp://x").is_err() && url("https://").is_err());
    }
}
