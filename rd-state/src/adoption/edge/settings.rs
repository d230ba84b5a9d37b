//! What `rd.toml` says about the load balancer where it is not as by default.

use crate::adoption::mapping::Mapping;
use crate::terraform::Resource;

const TABLE: &str = "edge";

/// The settings of the load balancer itself.
pub fn of_load_balancer(mapping: &mut Mapping, balancer: &Resource) {
    mapping.set_text(TABLE, "name", balancer.text("name"));
    if let Some(seconds) = balancer.number("idle_timeout") {
        mapping.set_unless_default(TABLE, "idle_timeout_seconds", seconds.to_string());
    }
    if let Some(on) = balancer.flag("enable_http2") {
        mapping.set_unless_default(TABLE, "http2", on.to_string());
    }
    // Its default depends on the environment.
    if let Some(on) = balancer.flag("enable_deletion_protection") {
        mapping.set(TABLE, "deletion_protection", on.to_string());
    }
    for logs in balancer.blocks("access_logs") {
        if logs.flag("enabled") == Some(true) && !logs.text("bucket").is_empty() {
            mapping.set_text(TABLE, "access_logs_bucket", logs.text("bucket"));
            if !logs.text("prefix").is_empty() {
                mapping.set_text(TABLE, "access_logs_prefix", logs.text("prefix"));
            }
        }
    }
}

/// The settings of the HTTPS listener. A policy that rd does not accept for new listeners becomes a given value.
pub fn of_https(mapping: &mut Mapping, https: &Resource) {
    let policy = https.text("ssl_policy");
    if ["TLS13-1-2", "TLS13-1-3"]
        .iter()
        .any(|tls| policy.contains(tls))
    {
        mapping.set_text(TABLE, "ssl_policy", policy);
    }
}

/// The settings of the target group: its health check, and how long its targets may complete requests.
pub fn of_target_group(mapping: &mut Mapping, group: &Resource) {
    for check in group.blocks("health_check") {
        let (path, codes) = (check.text("path"), check.text("matcher"));
        let texts = [
            ("health_path", path, path.starts_with('/')),
            ("health_codes", codes, codes.starts_with(['2', '3', '4'])),
        ];
        for (key, value, fits) in texts {
            if fits {
                let value = serde_json::Value::from(value).to_string();
                mapping.set_unless_default(TABLE, key, value);
            }
        }
        let numbers = [
            ("interval", "health_interval_seconds"),
            ("timeout", "health_timeout_seconds"),
            ("healthy_threshold", "healthy_threshold"),
            ("unhealthy_threshold", "unhealthy_threshold"),
        ];
        for (name, key) in numbers {
            if let Some(value) = check.number(name) {
                mapping.set_unless_default(TABLE, key, value.to_string());
            }
        }
    }
    if let Some(seconds) = group.number("deregistration_delay") {
        mapping.set_unless_default(TABLE, "deregistration_delay_seconds", seconds.to_string());
    }
}
