//! Which web pages may call.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CORSRule.html>

use crate::config::Config;
use crate::settings::{incomplete, unset};
use aws_sdk_s3::Client;
use aws_sdk_s3::types::{CorsConfiguration, CorsRule};
use rd_common::Result;
use rd_common::aws::Explain;
use serde::{Deserialize, Serialize};

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// The origins.
    pub origins: Vec<String>,
    /// The methods.
    pub methods: Vec<String>,
    /// The request headers.
    pub headers: Vec<String>,
    /// The answer's headers that a page may read.
    pub expose: Vec<String>,
    /// For how many seconds a browser remembers.
    pub max_age_seconds: Option<i32>,
}

/// The rules that are wanted: one where origins are set, none elsewhere.
pub fn wanted(config: &Config) -> Vec<Rule> {
    if config.cors_origins.is_empty() {
        return Vec::new();
    }
    vec![Rule {
        origins: config.cors_origins.clone(),
        methods: config.cors_methods.clone(),
        headers: vec!["*".to_owned()],
        // A browser needs it to finish an upload in parts.
        expose: vec!["ETag".to_owned()],
        max_age_seconds: Some(config.cors_max_age_seconds),
    }]
}

/// Reads them.
pub async fn get(s3: &Client, bucket: &str) -> Result<Vec<Rule>> {
    let answer = s3.get_bucket_cors().bucket(bucket).send().await;
    let rules = unset(answer.doing("read the CORS rules"))?.and_then(|answer| answer.cors_rules);
    let rules = rules.unwrap_or_default().into_iter().map(|rule| Rule {
        origins: rule.allowed_origins,
        methods: rule.allowed_methods,
        headers: rule.allowed_headers.unwrap_or_default(),
        expose: rule.expose_headers.unwrap_or_default(),
        max_age_seconds: rule.max_age_seconds,
    });
    Ok(rules.collect())
}

/// Sets them; no rules take the setting away.
pub async fn put(s3: &Client, bucket: &str, wanted: &[Rule]) -> Result<()> {
    if wanted.is_empty() {
        return s3
            .delete_bucket_cors()
            .bucket(bucket)
            .send()
            .await
            .doing("remove the CORS rules")
            .map(|_| ());
    }
    let mut configuration = CorsConfiguration::builder();
    for rule in wanted {
        let rule = CorsRule::builder()
            .set_allowed_origins(Some(rule.origins.clone()))
            .set_allowed_methods(Some(rule.methods.clone()))
            .set_allowed_headers(Some(rule.headers.clone()))
            .set_expose_headers(Some(rule.expose.clone()))
            .set_max_age_seconds(rule.max_age_seconds)
            .build();
        configuration = configuration.cors_rules(rule.map_err(incomplete)?);
    }
    let call = s3
        .put_bucket_cors()
        .bucket(bucket)
        .cors_configuration(configuration.build().map_err(incomplete)?);
    call.send().await.doing("set the CORS rules").map(|_| ())
}
