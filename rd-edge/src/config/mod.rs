//! The table `[edge]` of `rd.toml`: its keys and their defaults. The checks of the values are in `checks.rs`.

mod checks;
pub mod rules;

use rd_common::Stack;
use rules::RuleConfig;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The keys of `[edge]`, with a default for each. A key whose default depends on the stack is optional here, and a
/// method of the same name returns its value.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The load balancer's name; by default `<project>-<environment>-alb`.
    pub name: Option<String>,
    /// The host below `domain`; empty for the domain itself.
    pub host: String,
    /// More names on the certificate, each with an alias record.
    pub names: Vec<String>,
    /// The id of the hosted zone, or [`NO_ZONE`] for records that are created manually; by default found by the domain.
    pub hosted_zone: Option<String>,
    /// Whether an existing DNS record that does not belong to the stack may be overwritten.
    pub overwrite_dns: bool,
    /// The ARN of an existing certificate; by default rd requests one.
    pub certificate_arn: Option<String>,
    /// The key algorithm of the certificate: `RSA_2048`, `EC_prime256v1` or `EC_secp384r1`.
    pub key_algorithm: String,
    /// The security policy, which sets the TLS versions and ciphers.
    pub ssl_policy: String,
    /// The seconds after which an idle connection is closed.
    pub idle_timeout_seconds: u32,
    /// Whether the load balancer offers HTTP/2.
    pub http2: bool,
    /// Whether AWS refuses to delete the load balancer; by default as `protect`.
    pub deletion_protection: Option<bool>,
    /// The bucket that access logs are written to; by default there are none.
    pub access_logs_bucket: Option<String>,
    /// The prefix of the access logs' keys in the bucket.
    pub access_logs_prefix: String,
    /// The path of the health check.
    pub health_path: String,
    /// The HTTP status codes of a healthy task: `200`, `200-299` or `200,204`.
    pub health_codes: String,
    /// The seconds between two health checks.
    pub health_interval_seconds: i32,
    /// The seconds that a response to a health check may take.
    pub health_timeout_seconds: i32,
    /// The number of successful checks after which a task is healthy.
    pub healthy_threshold: i32,
    /// The number of failed checks after which a task is unhealthy.
    pub unhealthy_threshold: i32,
    /// The seconds that a stopping task has to complete its requests.
    pub deregistration_delay_seconds: u32,
    /// The ARNs of more certificates that the HTTPS listener serves, by the name that a client asks for.
    pub certificates: Vec<String>,
    /// For how many seconds a client's requests go to the same task, by a cookie; 0 is off, and none leaves it as it is.
    pub stickiness_seconds: Option<u32>,
    /// What happens to some requests before they reach the service, by name.
    pub rules: BTreeMap<String, RuleConfig>,
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
            certificates: Vec::new(),
            stickiness_seconds: None,
            rules: BTreeMap::new(),
        }
    }
}

/// The value of `hosted_zone` with which no zone of Route 53 is used.
pub const NO_ZONE: &str = "none";

impl Config {
    /// The load balancer's name, with the stack's default.
    pub fn name(&self, stack: &Stack) -> String {
        self.name
            .clone()
            .unwrap_or_else(|| stack.name_within(checks::MAX_NAME_LENGTH, "alb"))
    }

    /// The names that clients use, the one of `host` first; none without a domain.
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

    /// The value of `deletion_protection`, with the stack's default.
    pub fn deletion_protection(&self, stack: &Stack) -> bool {
        self.deletion_protection.unwrap_or(stack.protected)
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
    fn the_name_of_the_host_comes_first() {
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
