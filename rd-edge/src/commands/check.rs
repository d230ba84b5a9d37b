//! `check`: what a client sees, and the targets behind the load balancer, step by step.

use super::client_probe::{addresses, get, tls};
use super::desired_certificate::read_desired_certificate;
use super::targets::{read_targets, target_group_arn};
use crate::manual_records::load_balancer_name;
use crate::slice::Edge;
use jiff::{Timestamp, Unit};
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::output::check_report::{CheckReport, CheckStep};
use rd_common::outputs;
use rd_common::{Error, Exit, Result};
use serde_json::json;

/// The flags of `rd-edge check`.
#[derive(clap::Args, Clone, Debug)]
pub struct CheckArgs {
    /// URL to check [default: the stack's own, with the path of the health check]
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

/// The number of days before expiry from which on a certificate fails the check: ACM renews it 60 days before.
/// <https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html>
const MIN_DAYS_LEFT: i32 = 30;

/// The URL to check, in parts.
struct Target {
    scheme: &'static str,
    host: String,
    port: u16,
    path: String,
}

impl Target {
    fn parse(url: &str, health_path: &str) -> Option<Self> {
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
                health_path
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

/// Checks every step and prints the report; exits with 0 if every step passed.
pub async fn run(context: &Context, args: &CheckArgs) -> Result<Exit> {
    let edge = SliceContext::<Edge>::open(context).await?;
    let load_balancer = load_balancer_name(&edge.state);
    let own_url = || edge.state.output(&outputs::edge::URL).flatten();
    let url = args.url.clone().or_else(own_url);
    let https = edge.state.output(&outputs::edge::HTTPS) == Some(true);
    if url.is_none() && https {
        return Err(Error::usage("the names on the certificate are not known")
            .hint("pass --url https://…, or set `domain` in rd.toml"));
    }
    let url = url
        .or_else(|| Some(format!("http://{}", load_balancer.clone()?)))
        .ok_or_else(|| {
            Error::failed("the load balancer does not exist").hint("run rd-edge apply")
        })?;
    let target = Target::parse(&url, &edge.config.health_path)
        .ok_or_else(|| Error::usage(format!("`{url}` is not a URL")))?;
    let mut steps = Vec::new();
    steps.extend(check_certificate(&edge).await?);
    let (dns, tls, redirect, health) = tokio::join!(
        check_dns(&target, load_balancer.as_deref(), args.url.is_some()),
        check_tls(&target),
        check_redirect(&target, args.url.is_some()),
        check_response(&target),
    );
    steps.push(dns);
    steps.extend(tls);
    steps.extend(redirect);
    steps.push(health);
    steps.extend(check_targets(&edge).await?);
    let report = CheckReport {
        subject: &target.url(),
        head: json!({"url": target.url()})
            .as_object()
            .cloned()
            .unwrap_or_default(),
        verdict_key: "ok",
        passed: "check passed",
        failed: "check failed",
    };
    Ok(report.show(&context.printer, &steps))
}

/// The status of the certificate in ACM; no step if rd does not request one.
async fn check_certificate(edge: &SliceContext<Edge>) -> Result<Option<CheckStep>> {
    let step = "certificate";
    let Some(certificate) = read_desired_certificate(edge).await? else {
        let is_desired =
            !edge.config.hosts(&edge.ctx.stack).is_empty() && edge.config.certificate_arn.is_none();
        let reason = "not requested yet: run rd-edge apply";
        return Ok(is_desired.then(|| CheckStep::new(step, false, reason)));
    };
    let expiry = certificate
        .valid_till
        .as_deref()
        .and_then(|text| text.parse().ok());
    Ok(Some(match (certificate.status.as_str(), expiry) {
        ("ISSUED", Some(expiry)) => check_expiry(step, expiry, "ISSUED"),
        ("ISSUED", None) => CheckStep::new(step, true, "ISSUED"),
        (status, _) => CheckStep::new(
            step,
            false,
            format!("{status}: create the DNS records that rd-edge records shows"),
        ),
    }))
}

/// A step about a certificate that expires at `expiry`. `prefix` begins the reason.
fn check_expiry(step: &str, expiry: Timestamp, prefix: &str) -> CheckStep {
    let left = Timestamp::now().until((Unit::Hour, expiry));
    let days = left.map_or(0, |span| span.get_hours() / 24);
    let reason = format!("{prefix}, {days} days left");
    if days < MIN_DAYS_LEFT {
        let more = "ACM renews it 60 days before expiry if the validation record is still in DNS";
        CheckStep::new(step, false, format!("{reason}: {more}"))
    } else {
        CheckStep::new(step, true, reason)
    }
}

/// Whether the name resolves, and, unless the URL was passed, to the load balancer.
async fn check_dns(target: &Target, load_balancer: Option<&str>, is_passed: bool) -> CheckStep {
    let step = format!("DNS of {}", target.host);
    let found = match addresses(&target.host).await {
        Ok(found) => found,
        Err(reason) => {
            let more = match load_balancer {
                Some(name) if name != target.host && !is_passed => {
                    "; without Route 53, create the record that rd-edge records shows"
                }
                _ => "",
            };
            return CheckStep::new(step, false, format!("{reason}{more}"));
        }
    };
    let list = found
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    let is_other = |name: &&str| !is_passed && *name != target.host;
    let Some(load_balancer) = load_balancer.filter(is_other) else {
        return CheckStep::new(step, true, list);
    };
    match addresses(load_balancer).await {
        Ok(own) if own.is_disjoint(&found) => {
            let reason = format!("{list}: not the load balancer {load_balancer}");
            CheckStep::new(step, false, reason)
        }
        Ok(_) => CheckStep::new(step, true, format!("{list}: the load balancer")),
        Err(reason) => CheckStep::new(step, false, format!("{list}; {load_balancer}: {reason}")),
    }
}

async fn check_tls(target: &Target) -> Vec<CheckStep> {
    if target.scheme != "https" {
        let reason = "plain HTTP: everyone on the network path can read and change it";
        return vec![CheckStep::warning("TLS", reason)];
    }
    match tls(&target.host, target.port).await {
        Ok(tls) => vec![
            CheckStep::new("TLS", true, tls.version),
            check_expiry(
                "served certificate",
                tls.valid_till,
                &format!("by {}", tls.issuer),
            ),
        ],
        Err(reason) => vec![CheckStep::new("TLS", false, reason)],
    }
}

/// Whether plain HTTP is redirected to HTTPS; no step without HTTPS, or if the URL was passed.
async fn check_redirect(target: &Target, is_passed: bool) -> Option<CheckStep> {
    if target.scheme != "https" || is_passed {
        return None;
    }
    let step = "redirect";
    let plain = format!("http://{}{}", target.host, target.path);
    Some(match get(&plain).await {
        Ok(response) => {
            let to = response.location.unwrap_or_default();
            let ok = response.status == 301 && to.starts_with("https://");
            let status = response.status;
            CheckStep::new(
                step,
                ok,
                format!("{plain} returns {status} {to}").trim_end(),
            )
        }
        Err(reason) => CheckStep::new(step, false, reason),
    })
}

async fn check_response(target: &Target) -> CheckStep {
    let step = format!("GET {}", target.path);
    match get(&target.url()).await {
        Ok(response) => {
            let ok = response.status == 200;
            let more = match response.status {
                502 => ": the tasks close the connection, or their response is not valid HTTP",
                503 => ": no task is registered",
                504 => {
                    ": the tasks do not respond in time, or a security group blocks the connection"
                }
                _ => "",
            };
            CheckStep::new(step, ok, format!("{}{more}", response.status))
        }
        Err(reason) => CheckStep::new(step, false, reason),
    }
}

async fn check_targets(edge: &SliceContext<Edge>) -> Result<Vec<CheckStep>> {
    let targets = read_targets(&edge.ctx, target_group_arn(edge)?).await?;
    if targets.is_empty() {
        let reason = "none: no task is running, or none has registered yet";
        return Ok(vec![CheckStep::new("targets", false, reason)]);
    }
    let steps = targets.into_iter().map(|one| {
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
    fn a_url_is_parsed() {
        let target = Target::parse("https://api.example.com", "/health").unwrap();
        assert_eq!(target.url(), "https://api.example.com:443/health");
        let other = Target::parse("http://127.0.0.1:8080/ready?x=1", "/health").unwrap();
        assert_eq!(other.url(), "http://127.0.0.1:8080/ready?x=1");
        assert!(Target::parse("http://host:port", "/").is_none());
        assert!(url("ftp://x").is_err() && url("https://").is_err());
    }
}
