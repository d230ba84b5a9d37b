//! The CORS rules: which web pages may call the bucket from a browser.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CORSRule.html>

use crate::config::Config;
use crate::s3_errors::{if_configured, incomplete_request};
use aws_sdk_s3::Client;
use aws_sdk_s3::types::{CorsConfiguration, CorsRule};
use rd_common::Result;
use rd_common::aws::Explain;
use serde::{Deserialize, Serialize};

/// One CORS rule, as it is stored in a state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Rule {
    /// The origins that may call, such as `https://app.example.com`.
    pub origins: Vec<String>,
    /// The allowed methods, such as `GET`.
    pub methods: Vec<String>,
    /// The allowed request headers; `*` allows all.
    pub headers: Vec<String>,
    /// The response headers that a page may read.
    pub expose: Vec<String>,
    /// How many seconds a browser caches the answer to a preflight request.
    pub max_age_seconds: Option<i32>,
}

impl Rule {
    fn sorted(mut self) -> Self {
        for members in [
            &mut self.origins,
            &mut self.methods,
            &mut self.headers,
            &mut self.expose,
        ] {
            members.sort();
        }
        self
    }
}

/// The rules that `[store]` asks for: one where it has origins, otherwise none.
pub fn desired(config: &Config) -> Vec<Rule> {
    if config.cors_origins.is_empty() {
        return Vec::new();
    }
    vec![Rule {
        origins: config.cors_origins.clone(),
        methods: config.cors_methods.clone(),
        headers: vec!["*".to_owned()],
        // A page needs the ETag of each part to complete a multipart upload.
        expose: vec!["ETag".to_owned()],
        max_age_seconds: Some(config.cors_max_age_seconds),
    }]
}

/// Whether both lists mean the same: rules and their members are sets to S3.
pub fn same(a: &[Rule], b: &[Rule]) -> bool {
    let sorted = |rules: &[Rule]| {
        let mut rules: Vec<Rule> = rules.iter().cloned().map(Rule::sorted).collect();
        rules.sort();
        rules
    };
    sorted(a) == sorted(b)
}

/// Reads the bucket's rules; none where CORS is not configured.
pub async fn get(s3: &Client, bucket: &str) -> Result<Vec<Rule>> {
    let answer = s3.get_bucket_cors().bucket(bucket).send().await;
    let rules =
        if_configured(answer.doing("read the CORS rules"))?.and_then(|answer| answer.cors_rules);
    let rules = rules.unwrap_or_default().into_iter().map(|rule| Rule {
        origins: rule.allowed_origins,
        methods: rule.allowed_methods,
        headers: rule.allowed_headers.unwrap_or_default(),
        expose: rule.expose_headers.unwrap_or_default(),
        max_age_seconds: rule.max_age_seconds,
    });
    Ok(rules.collect())
}

/// Replaces the bucket's rules; an empty list deletes the configuration.
pub async fn put(s3: &Client, bucket: &str, desired: &[Rule]) -> Result<()> {
    if desired.is_empty() {
        return s3
            .delete_bucket_cors()
            .bucket(bucket)
            .send()
            .await
            .doing("delete the CORS rules")
            .map(|_| ());
    }
    let mut configuration = CorsConfiguration::builder();
    for rule in desired {
        let rule = CorsRule::builder()
            .set_allowed_origins(Some(rule.origins.clone()))
            .set_allowed_methods(Some(rule.methods.clone()))
            .set_allowed_headers(Some(rule.headers.clone()))
            .set_expose_headers(Some(rule.expose.clone()))
            .set_max_age_seconds(rule.max_age_seconds)
            .build();
        configuration = configuration.cors_rules(rule.map_err(incomplete_request)?);
    }
    let call = s3
        .put_bucket_cors()
        .bucket(bucket)
        .cors_configuration(configuration.build().map_err(incomplete_request)?);
    call.send().await.doing("set the CORS rules").map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rd_testkit::canned::{answering, sdk_config};

    #[tokio::test]
    async fn rules_are_read_and_their_order_means_nothing() {
        let body = "<CORSConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><CORSRule>\
            <AllowedMethod>PUT</AllowedMethod><AllowedMethod>GET</AllowedMethod>\
            <AllowedOrigin>https://b.example.com</AllowedOrigin><AllowedOrigin>https://a.example.com</AllowedOrigin>\
            <AllowedHeader>*</AllowedHeader><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>3600</MaxAgeSeconds>\
            </CORSRule></CORSConfiguration>";
        let live = get(&Client::new(&sdk_config(answering(body))), "b")
            .await
            .unwrap();
        let config = Config {
            cors_origins: vec![
                "https://a.example.com".to_owned(),
                "https://b.example.com".to_owned(),
            ],
            ..Config::default()
        };
        assert!(same(&live, &desired(&config)), "{live:?}");
        assert!(!same(&live, &[]));
    }
}
