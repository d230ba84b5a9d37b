//! What is wrong with a secret, step by step.

use crate::Form;
use crate::rotation::pending;
use crate::value::{CURRENT, Read, read};
use aws_sdk_secretsmanager::Client;
use rd_common::Result;
use rd_common::output::check_report::CheckStep;
use serde_json::Value;

/// The steps for the secret with this ARN, whose value must lead to `endpoint`; `program` mends it.
pub async fn check<F: Form>(
    client: &Client,
    arn: Option<&str>,
    endpoint: Option<&str>,
    program: &str,
) -> Result<Vec<CheckStep>> {
    let what = "secret";
    let Some(arn) = arn else {
        let reason = format!("not there: run {program} apply");
        return Ok(vec![CheckStep::new(what, false, reason)]);
    };
    let content = match read::<F>(client, arn, CURRENT).await? {
        Read::Absent => {
            let reason = format!("{arn} is gone: run {program} apply");
            return Ok(vec![CheckStep::new(what, false, reason)]);
        }
        Read::Denied => {
            let reason = "these credentials may not read it; the service's role is another matter";
            return Ok(vec![CheckStep::new(what, true, reason)]);
        }
        Read::Content(content) => content,
    };
    let host = content.fields.get("host").and_then(Value::as_str);
    let leads = match (host, endpoint) {
        (Some(host), Some(endpoint)) if host != endpoint => {
            format!("leads to {host}, and the endpoint is {endpoint}: run {program} apply")
        }
        (Some(host), _) => host.to_owned(),
        (None, _) => format!("missing: run {program} apply"),
    };
    let whole = content.generated.is_some() && content.url_fits;
    let key = F::KEY;
    let members = if whole {
        format!("url, {key} and the rest fit together")
    } else {
        format!("they do not fit together: run {program} apply; without a {key}, {program} rotate")
    };
    let rotating = pending(client, arn).await?;
    let rotation = if rotating {
        format!("one was cut off, so the {key} may be either of two: run {program} rotate")
    } else {
        "none under way".to_owned()
    };
    Ok(vec![
        CheckStep::new(what, true, arn),
        CheckStep::new("secret: host", host.is_some() && host == endpoint, leads),
        CheckStep::new("secret: members", whole, members),
        CheckStep::new("rotation", !rotating, rotation),
    ])
}
