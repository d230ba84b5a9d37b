//! `[edge]` in `rd.toml`.

use crate::names::{is_name, normal};
use rd_common::{Problem, Stack};
use serde::{Deserialize, Serialize};

/// The section, with a default for every key. Where a default depends on the stack, the key is optional here.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The load balancer's name; else made from the stack's.
    pub name: Option<String>,
    /// The host under `domain`; empty for the domain itself.
    pub host: String,
    /// More names for the certificate, each with an alias record.
    pub names: Vec<String>,
    /// The id of the hosted zone, or `none` where records are made by hand; else found by the domain.
    pub hosted_zone: Option<String>,
    /// Whether a record that is there already, and not ours, may be written over.
    pub overwrite_dns: bool,
    /// A certificate that is there already; else one is requested.
    pub certificate_arn: Option<String>,
    /// `RSA_2048`, `EC_prime256v1` or `EC_secp384r1`.
    pub key_algorithm: String,
    /// Which TLS versions and ciphers are spoken.
    pub ssl_policy: String,
    /// For how many seconds a connection may say nothing.
    pub idle_timeout_seconds: u32,
    /// Whether HTTP/2 is spoken.
    pub http2: bool,
    /// Whether AWS refuses to delete the load balancer; else as `protect`.
    pub deletion_protection: Option<bool>,
    /// The bucket that access logs go to; else none are written.
    pub access_logs_bucket: Option<String>,
    /// The prefix of their keys.
    pub access_logs_prefix: String,
    /// The path that tells whether a task is well.
    pub health_path: String,
    /// The answers that say so: `200`, `200-299` or `200,204`.
    pub health_codes: String,
    /// How often it is asked, in seconds.
    pub health_interval_seconds: i32,
    /// How long the answer may take, in seconds.
    pub health_timeout_seconds: i32,
    /// After how many good answers a task is well.
    pub healthy_threshold: i32,
    /// After how many bad ones it is not.
    pub unhealthy_threshold: i32,
    /// For how many seconds a task that goes may end what it has begun.
    pub deregistration_delay_seconds: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            name: None,
            host: "api".to_owned(),
            names: Vec::new(),
            hosted_zone: None,
            overwrite_dns: false,
            certificate_arn: None,
            key_algorithm: "RSA_2048".to_owned(),
            ssl_policy: "ELBSecurityPolicy-TLS13-1-2-Res-2021-06".to_owned(),
            idle_timeout_seconds: 60,
            http2: true,
            deletion_protection: None,
            access_logs_bucket: None,
            access_logs_prefix: String::new(),
            health_path: "/health".to_owned(),
            health_codes: "200".to_owned(),
            health_interval_seconds: 15,
            health_timeout_seconds: 5,
            healthy_threshold: 2,
            unhealthy_threshold: 3,
            deregistration_delay_seconds: 30,
        }
    }
}

/// The word that turns Route 53 off.
pub const NO_ZONE: &str = "none";

/// Keys that a load balancer takes.
/// <https://docs.aws.amazon.com/acm/latest/userguide/acm-certificate-characteristics.html>
const ALGORITHMS: [&str; 3] = ["RSA_2048", "EC_prime256v1", "EC_secp384r1"];

/// The longest name of a load balancer.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html>
const LONGEST_NAME: usize = 32;

/// The longest id of a hosted zone.
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_HostedZone.html>
const LONGEST_ZONE: usize = 32;

/// How many names a certificate has without a raised quota.
/// <https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html>
const MOST_NAMES: usize = 10;

impl Config {
    /// The load balancer's name.
    pub fn name(&self, stack: &Stack) -> String {
        self.name.clone().unwrap_or_else(|| stack.name_of("alb"))
    }

    /// The names that clients use, the first one first; none without a domain.
    pub fn hosts(&self, stack: &Stack) -> Vec<String> {
        let Some(domain) = &stack.domain else {
            return Vec::new();
        };
        let first = if self.host.is_empty() {
            domain.clone()
        } else {
            format!("{}.{domain}", self.host)
        };
        let mut hosts = vec![first];
        for name in &self.names {
            if !hosts.contains(name) {
                hosts.push(name.clone());
            }
        }
        hosts
    }

    /// Whether AWS refuses to delete the load balancer.
    pub fn deletion_protection(&self, stack: &Stack) -> bool {
        self.deletion_protection.unwrap_or(stack.protected)
    }

    /// What is wrong with it.
    pub fn problems(&self, stack: &Stack) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut wrong = |key: &str, what: String, allowed: &str| {
            problems.push(Problem::new(key, what, allowed));
        };
        let name = self.name(stack);
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        if !(1..=LONGEST_NAME).contains(&name.len())
            || !name.bytes().all(plain)
            || name.starts_with('-')
            || name.ends_with('-')
            || name.starts_with("internal-")
        {
            wrong(
                "name",
                format!("`{name}` cannot be the name of a load balancer"),
                "1 to 32 letters, digits and `-`, not at its ends, not beginning with internal-: set a shorter one here",
            );
        }
        let hosts = self.hosts(stack);
        if let Some(host) = hosts
            .iter()
            .find(|host| !is_name(host) || **host != normal(host))
        {
            let key = if self.names.contains(host) {
                "names"
            } else {
                "host"
            };
            wrong(
                key,
                format!("`{host}` is no domain name"),
                "labels of a-z, 0-9 and `-` with dots between them, such as api.example.com or *.example.com",
            );
        }
        if hosts.len() > MOST_NAMES {
            wrong(
                "names",
                format!("{} names are too many for a certificate", hosts.len()),
                "10 with the first one",
            );
        }
        if stack.domain.is_none() && !self.names.is_empty() {
            wrong(
                "names",
                "there are names, and no `domain`".to_owned(),
                "`domain` at the top of rd.toml, or no names",
            );
        }
        if let Some(arn) = &self.certificate_arn
            && !(arn.starts_with("arn:") && arn.contains(":acm:") && arn.contains(":certificate/"))
        {
            wrong(
                "certificate_arn",
                format!("`{arn}` is no certificate's ARN"),
                "arn:aws:acm:<region>:<account>:certificate/<id>, of the stack's region",
            );
        } else if let Some(arn) = &self.certificate_arn
            && arn.split(':').nth(3) != Some(stack.region.as_str())
        {
            wrong(
                "certificate_arn",
                format!(
                    "`{arn}` is of another region than the stack's, {}",
                    stack.region
                ),
                "a certificate of the stack's region: a load balancer takes no other",
            );
        }
        if let Some(zone) = &self.hosted_zone
            && zone != NO_ZONE
            && !((1..=LONGEST_ZONE).contains(&zone.len())
                && zone
                    .bytes()
                    .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()))
        {
            wrong(
                "hosted_zone",
                format!("`{zone}` is no hosted zone's id"),
                "an id such as Z0123456789ABCDEFGHIJ, \"none\" for records made by hand, or no key: found by the domain",
            );
        }
        if !ALGORITHMS.contains(&self.key_algorithm.as_str()) {
            wrong(
                "key_algorithm",
                format!("a load balancer takes no key `{}`", self.key_algorithm),
                &ALGORITHMS.join(", "),
            );
        }
        let policy = &self.ssl_policy;
        let modern = policy.starts_with("ELBSecurityPolicy-")
            && (policy.contains("TLS13-1-2") || policy.contains("TLS13-1-3"));
        if !modern {
            wrong(
                "ssl_policy",
                format!("`{policy}` is no policy of TLS 1.2 and 1.3"),
                "an ELBSecurityPolicy-TLS13-1-2-… or -TLS13-1-3-… of \
                 https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html",
            );
        }
        self.health_problems(&mut wrong);
        problems
    }

    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html>
    fn health_problems(&self, wrong: &mut impl FnMut(&str, String, &str)) {
        let mut range = |key: &str, value: i64, least: i64, most: i64| {
            if !(least..=most).contains(&value) {
                wrong(
                    key,
                    format!("{value} is out of range"),
                    &format!("{least} to {most}"),
                );
            }
        };
        range(
            "idle_timeout_seconds",
            self.idle_timeout_seconds.into(),
            1,
            4000,
        );
        range(
            "deregistration_delay_seconds",
            self.deregistration_delay_seconds.into(),
            0,
            3600,
        );
        range(
            "health_interval_seconds",
            self.health_interval_seconds.into(),
            5,
            300,
        );
        range(
            "health_timeout_seconds",
            self.health_timeout_seconds.into(),
            2,
            120,
        );
        range("healthy_threshold", self.healthy_threshold.into(), 2, 10);
        range(
            "unhealthy_threshold",
            self.unhealthy_threshold.into(),
            2,
            10,
        );
        if self.health_timeout_seconds >= self.health_interval_seconds {
            wrong(
                "health_timeout_seconds",
                format!(
                    "{} seconds do not fit into an interval of {}",
                    self.health_timeout_seconds, self.health_interval_seconds
                ),
                "less than health_interval_seconds",
            );
        }
        if !self.health_path.starts_with('/') || self.health_path.len() > 1024 {
            wrong(
                "health_path",
                format!("`{}` is no path", self.health_path),
                "a path beginning with `/`, of at most 1024 characters",
            );
        }
        let code = |text: &str| {
            text.parse::<u16>()
                .is_ok_and(|code| (200..=499).contains(&code))
        };
        let fits = self
            .health_codes
            .split(',')
            .all(|part| match part.split_once('-') {
                Some((first, last)) => code(first) && code(last) && first <= last,
                None => code(part),
            });
        if !fits {
            wrong(
                "health_codes",
                format!("`{}` are no HTTP codes", self.health_codes),
                "codes of 200 to 499: one, several with commas, or ranges: 200, 200-299, 200,204",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack() -> Stack {
        Stack {
            project: "shop".into(),
            environment: "test".into(),
            region: "eu-west-1".into(),
            domain: Some("example.com".into()),
            ..Stack::default()
        }
    }

    #[test]
    fn the_defaults_are_right_and_each_rule_is_checked() {
        assert_eq!(Config::default().problems(&stack()), []);
        type Spoil = fn(&mut Config);
        let wrong: [(&str, Spoil); 15] = [
            ("name", |c| {
                c.name = Some("a-name-of-more-than-32-characters".into());
            }),
            ("host", |c| c.host = "Api".into()),
            ("names", |c| c.names = vec!["nodots".into()]),
            ("certificate_arn", |c| {
                c.certificate_arn = Some("mine".into());
            }),
            ("certificate_arn", |c| {
                c.certificate_arn = Some("arn:aws:acm:us-east-1:1:certificate/x".into());
            }),
            ("hosted_zone", |c| {
                c.hosted_zone = Some("example.com".into());
            }),
            ("key_algorithm", |c| c.key_algorithm = "RSA_1024".into()),
            ("ssl_policy", |c| {
                c.ssl_policy = "ELBSecurityPolicy-2016-08".into();
            }),
            ("idle_timeout_seconds", |c| c.idle_timeout_seconds = 0),
            ("health_timeout_seconds", |c| c.health_timeout_seconds = 15),
            ("healthy_threshold", |c| c.healthy_threshold = 1),
            ("unhealthy_threshold", |c| c.unhealthy_threshold = 11),
            ("health_path", |c| c.health_path = "health".into()),
            ("health_codes", |c| c.health_codes = "200-".into()),
            ("deregistration_delay_seconds", |c| {
                c.deregistration_delay_seconds = 3601;
            }),
        ];
        for (key, spoil) in wrong {
            let mut config = Config::default();
            spoil(&mut config);
            let problems = config.problems(&stack());
            let keys: Vec<&str> = problems.iter().map(|p| p.key.as_str()).collect();
            assert_eq!(keys, [key]);
        }
    }

    #[test]
    fn the_first_name_is_the_host_s() {
        let config = Config {
            names: vec!["api.example.com".into(), "*.example.org".into()],
            ..Config::default()
        };
        assert_eq!(config.hosts(&stack()), ["api.example.com", "*.example.org"]);
        let apex = Config {
            host: String::new(),
            ..Config::default()
        };
        assert_eq!(apex.hosts(&stack()), ["example.com"]);
    }
}
