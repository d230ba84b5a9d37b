//! The checks of the values of `[edge]`, before any call to AWS.

use super::{Config, NO_ZONE, rules};
use crate::domain_names::{is_name, normal};
use crate::kinds::certificate::model::MAX_COMMON_NAME_LENGTH;
use rd_common::arn::Arn;
use rd_common::{Problem, Stack};

/// The key algorithms that a load balancer accepts.
/// <https://docs.aws.amazon.com/acm/latest/userguide/acm-certificate-characteristics.html>
const ALGORITHMS: [&str; 3] = ["RSA_2048", "EC_prime256v1", "EC_secp384r1"];

/// The maximum length of a load balancer's name.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html>
pub const MAX_NAME_LENGTH: usize = 32;

/// The maximum length of a hosted zone's id.
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_HostedZone.html>
const MAX_ZONE_ID_LENGTH: usize = 32;

/// The number of names that a certificate can have unless the quota is raised.
/// <https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html>
const MAX_NAMES: usize = 10;

/// The longest time that a cookie binds a client to a task: seven days.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html>
const MAX_STICKINESS_SECONDS: i64 = 604_800;

impl Config {
    /// The problems of the settings, one for each invalid value.
    pub fn problems(&self, stack: &Stack) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut add = |key: &str, what: String, allowed: &str| {
            problems.push(Problem::new(key, what, allowed));
        };
        let name = self.name(stack);
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        if !(1..=MAX_NAME_LENGTH).contains(&name.len())
            || !name.bytes().all(plain)
            || name.starts_with('-')
            || name.ends_with('-')
            || name.starts_with("internal-")
        {
            add(
                "name",
                format!("`{name}` is not a valid name of a load balancer"),
                "1 to 32 letters, digits and `-`, with no `-` at either end, and not beginning with internal-: set a shorter one here",
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
            add(
                key,
                format!("`{host}` is not a domain name"),
                "labels of a-z, 0-9 and `-`, separated by dots, such as api.example.com or *.example.com",
            );
        }
        let is_short = |host: &String| host.len() <= MAX_COMMON_NAME_LENGTH;
        if self.certificate_arn.is_none() && !hosts.is_empty() && !hosts.iter().any(is_short) {
            add(
                "host",
                format!(
                    "no name of the certificate is short enough for its common name: `{}` has {} characters",
                    hosts[0],
                    hosts[0].len()
                ),
                "a name of at most 64 characters among them: add a shorter one to `names`, such as *.example.com",
            );
        }
        if hosts.len() > MAX_NAMES {
            add(
                "names",
                format!("{} names are too many for one certificate", hosts.len()),
                "at most 10, including the first one",
            );
        }
        if stack.domain.is_none() && !self.names.is_empty() {
            add(
                "names",
                "names are set, but no `domain`".to_owned(),
                "`domain` at the top of rd.toml, or no names",
            );
        }
        let given = self
            .certificate_arn
            .iter()
            .map(|arn| ("certificate_arn", arn));
        let more = self.certificates.iter().map(|arn| ("certificates", arn));
        for (key, arn) in given.chain(more) {
            match Arn::parse(arn).filter(is_certificate) {
                None => add(
                    key,
                    format!("`{arn}` is not the ARN of a certificate"),
                    "arn:aws:acm:<region>:<account>:certificate/<id>, in the stack's region",
                ),
                Some(parsed) if parsed.region != stack.region => add(
                    key,
                    format!(
                        "`{arn}` is in another region than the stack, {}",
                        stack.region
                    ),
                    "a certificate in the stack's region, because a load balancer accepts no other",
                ),
                Some(_) => {}
            }
        }
        if !self.certificates.is_empty() && self.certificate_arn.is_none() && hosts.is_empty() {
            add(
                "certificates",
                "there are more certificates, but no HTTPS listener".to_owned(),
                "`domain` at the top of rd.toml, or certificate_arn, for its first certificate",
            );
        }
        if let Some(zone) = &self.hosted_zone
            && zone != NO_ZONE
            && !((1..=MAX_ZONE_ID_LENGTH).contains(&zone.len())
                && zone
                    .bytes()
                    .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()))
        {
            add(
                "hosted_zone",
                format!("`{zone}` is not the id of a hosted zone"),
                "an id such as Z0123456789ABCDEFGHIJ, \"none\" for records that you create, or no key, to find the zone by the domain",
            );
        }
        if !ALGORITHMS.contains(&self.key_algorithm.as_str()) {
            add(
                "key_algorithm",
                format!("a load balancer accepts no key `{}`", self.key_algorithm),
                &ALGORITHMS.join(", "),
            );
        }
        let policy = &self.ssl_policy;
        let modern = policy.starts_with("ELBSecurityPolicy-")
            && (policy.contains("TLS13-1-2") || policy.contains("TLS13-1-3"));
        if !modern {
            add(
                "ssl_policy",
                format!("`{policy}` is not a policy with TLS 1.2 and 1.3"),
                "an ELBSecurityPolicy-TLS13-1-2-… or -TLS13-1-3-… of \
                 https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html",
            );
        }
        self.add_health_problems(&mut add);
        problems.extend(rules::problems(&self.rules));
        problems
    }

    /// Adds the problems of time limits and of the health check.
    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html>
    fn add_health_problems(&self, add: &mut impl FnMut(&str, String, &str)) {
        let mut range = |key: &str, value: i64, least: i64, most: i64| {
            if !(least..=most).contains(&value) {
                add(
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
        range(
            "stickiness_seconds",
            self.stickiness_seconds.unwrap_or(0).into(),
            0,
            MAX_STICKINESS_SECONDS,
        );
        range("healthy_threshold", self.healthy_threshold.into(), 2, 10);
        range(
            "unhealthy_threshold",
            self.unhealthy_threshold.into(),
            2,
            10,
        );
        if self.health_timeout_seconds >= self.health_interval_seconds {
            add(
                "health_timeout_seconds",
                format!(
                    "{} seconds are not less than the interval of {}",
                    self.health_timeout_seconds, self.health_interval_seconds
                ),
                "less than health_interval_seconds",
            );
        }
        if !self.health_path.starts_with('/') || self.health_path.len() > 1024 {
            add(
                "health_path",
                format!("`{}` is not a path", self.health_path),
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
            add(
                "health_codes",
                format!("`{}` are not HTTP status codes", self.health_codes),
                "codes from 200 to 499: one, a range, or several with commas: 200, 200-299, 200,204",
            );
        }
    }
}

fn is_certificate(arn: &Arn) -> bool {
    arn.service == "acm" && arn.resource.starts_with("certificate/")
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
    fn the_defaults_are_valid_and_each_rule_is_checked() {
        assert_eq!(Config::default().problems(&stack()), []);
        type Spoil = fn(&mut Config);
        let wrong: [(&str, Spoil); 17] = [
            ("name", |c| {
                c.name = Some("a-name-of-more-than-32-characters".into());
            }),
            ("host", |c| c.host = "Api".into()),
            ("host", |c| c.host = "api.".into()),
            ("host", |c| c.host = format!("{}.shop", "a".repeat(60))),
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
    fn a_long_name_needs_a_short_one_beside_it_or_a_certificate_of_its_own() {
        let mut config = Config {
            host: format!("{}.shop", "a".repeat(60)),
            names: vec!["*.shop.example.com".into()],
            ..Config::default()
        };
        assert_eq!(config.problems(&stack()), []);
        config.names.clear();
        assert_eq!(config.problems(&stack()).len(), 1);
        config.certificate_arn = Some("arn:aws:acm:eu-west-1:1:certificate/x".into());
        assert_eq!(config.problems(&stack()), []);
    }
}
