//! `check`: what a client sees, step by step, and what stands behind it.

use super::probe::{addresses, get, tls};
use super::records::wanted;
use super::targets::{group, read};
use crate::slice::{BALANCER, Edge};
use jiff::{Timestamp, Unit};
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::output::check_report::{CheckReport, CheckStep};
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
pub async fn run(context: &Context, args: &CheckArgs) -> Result<Exit> {
    let slice_context = SliceContext::<Edge>::open(context).await?;
    let balancer = slice_context
        .state
        .resources
        .get(BALANCER)
        .and_then(|one| one.attributes["dns_name"].as_str())
        .map(str::to_owned);
    let own = slice_context
        .state
        .outputs
        .get("url")
        .and_then(Value::as_str);
    let url = args.url.clone().or_else(|| own.map(str::to_owned));
    let https = slice_context.state.outputs.get("https") == Some(&Value::Bool(true));
    if url.is_none() && https {
        return Err(Error::usage("no name of the certificate is known")
            .hint("give --url https://…, or set `domain` in rd.toml"));
    }
    let url = url
        .or_else(|| Some(format!("http://{}", balancer.clone()?)))
        .ok_or_else(|| Error::failed("the load balancer is not there").hint("run rd-edge apply"))?;
    let front = Front::parse(&url, &slice_context.config.health_path)
        .ok_or_else(|| Error::usage(format!("`{url}` is no URL")))?;
    let mut steps = Vec::new();
    steps.extend(certificate(&slice_context).await?);
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
    steps.extend(targets(&slice_context).await?);
    let report = CheckReport {
        subject: &front.url(),
        head: json!({"url": front.url()})
            .as_object()
            .cloned()
            .unwrap_or_default(),
        verdict_key: "ok",
        passed: "check passed",
        failed: "check failed",
    };
    Ok(report.show(&context.printer, &steps))
}

/// The certificate as ACM has it.
async fn certificate(slice_context: &SliceContext<Edge>) -> Result<Option<CheckStep>> {
    let what = "certificate";
    let Some(one) = wanted(slice_context).await? else {
        let asked = !slice_context
            .config
            .hosts(&slice_context.ctx.stack)
            .is_empty()
            && slice_context.config.certificate_arn.is_none();
        return Ok(
            asked.then(|| CheckStep::new(what, false, "not requested yet: run rd-edge apply"))
        );
    };
    let till = one.valid_till.as_deref().and_then(|text| text.parse().ok());
    Ok(Some(match (one.status.as_str(), till) {
        ("ISSUED", Some(till)) => lasts(what, till, "ISSUED"),
        ("ISSUED", None) => CheckStep::new(what, true, "ISSUED"),
        (status, _) => CheckStep::new(
            what,
            false,
            format!("{status}: rd-edge records shows the DNS records to make"),
        ),
    }))
}

fn lasts(what: &str, till: Timestamp, words: &str) -> CheckStep {
    let left = Timestamp::now().until((Unit::Hour, till));
    let days = left.map_or(0, |span| span.get_hours() / 24);
    let reason = format!("{words}, {days} days left");
    if days < DAYS_LEFT {
        let more = "ACM renews 60 days before the end, if the validation record is still in DNS";
        CheckStep::new(what, false, format!("{reason}: {more}"))
    } else {
        CheckStep::new(what, true, reason)
    }
}

/// Whether the name leads to the load balancer.
async fn resolves(front: &Front, balancer: Option<&str>, given: bool) -> CheckStep {
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
            return CheckStep::new(what, false, format!("{reason}{more}"));
        }
    };
    let list = found
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    let Some(balancer) = balancer.filter(|name| !given && *name != front.host) else {
        return CheckStep::new(what, true, list);
    };
    match addresses(balancer).await {
        Ok(own) if own.is_disjoint(&found) => {
            let reason = format!("{list}: not the load balancer's: {balancer}");
            CheckStep::new(what, false, reason)
        }
        Ok(_) => CheckStep::new(what, true, format!("{list}: the load balancer's")),
        Err(reason) => CheckStep::new(what, false, format!("{list}; {balancer}: {reason}")),
    }
}

async fn handshake(front: &Front) -> Vec<CheckStep> {
    if front.scheme != "https" {
        let reason = "plain HTTP: anybody on the way can read and change it";
        return vec![CheckStep::new("TLS", true, reason)];
    }
    match tls(&front.host, front.port).await {
        Ok(tls) => vec![
            CheckStep::new("TLS", true, tls.version),
            lasts(
                "served certificate",
                tls.valid_till,
                &format!("by {}", tls.issuer),
            ),
        ],
        Err(reason) => vec![CheckStep::new("TLS", false, reason)],
    }
}

/// Whether plain HTTP is sent to HTTPS.
async fn redirects(front: &Front, given: bool) -> Option<CheckStep> {
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
            CheckStep::new(
                what,
                ok,
                format!("{plain} answers {status} {to}").trim_end(),
            )
        }
        Err(reason) => CheckStep::new(what, false, reason),
    })
}

async fn answers(front: &Front) -> CheckStep {
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
            CheckStep::new(what, ok, format!("{}{more}", answer.status))
        }
        Err(reason) => CheckStep::new(what, false, reason),
    }
}

async fn targets(slice_context: &SliceContext<Edge>) -> Result<Vec<CheckStep>> {
    let all = read(&slice_context.ctx, group(slice_context)?).await?;
    if all.is_empty() {
        let reason = "none: no task runs, or none has registered yet";
        return Ok(vec![CheckStep::new("targets", false, reason)]);
    }
    let steps = all.into_iter().map(|one| {
        let ok = matches!(one.state.as_str(), "healthy" | "draining");
        let mut reason = one.state;
        for more in [one.reason, one.description] {
            if !more.is_empty() {
                reason.push_str(&format!(": {more}"));
            }
        }
        CheckStep::new(format!("target {}:{}", one.id, one.port), ok, reason)
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
