//! Checking a secret: whether it exists, has the right host, is consistent, and is not in the middle of a rotation.

use crate::form::Form;
use crate::rotation::is_in_progress;
use crate::value::{CURRENT, Read, read};
use crate::{SecretForm, Secrets};
use rd_common::Result;
use rd_common::output::check_report::CheckStep;
use serde_json::Value;

/// Checks the secret with this ARN, whose host must be `endpoint`. The reasons name `program`, such as `rd-data`, as
/// the program to fix it with. An adopted secret has another `form` than that of rd.
pub async fn check_secret<F: SecretForm>(
    secrets: &impl Secrets,
    arn: Option<&str>,
    form: Form,
    endpoint: Option<&str>,
    program: &str,
) -> Result<Vec<CheckStep>> {
    let step = "secret";
    let Some(arn) = arn else {
        let reason = format!("not found: run {program} apply");
        return Ok(vec![CheckStep::new(step, false, reason)]);
    };
    let content = match read::<F>(secrets, arn, CURRENT).await? {
        Read::Absent => {
            let reason = format!("{arn} no longer exists: run {program} apply");
            return Ok(vec![CheckStep::new(step, false, reason)]);
        }
        Read::Denied => {
            let reason = "not checked: these credentials may not read it (the service's role may)";
            return Ok(vec![CheckStep::warning(step, reason)]);
        }
        Read::Content(content) => content,
    };
    let host = content.fields.get("host").and_then(Value::as_str);
    let host_reason = match (host, endpoint) {
        (Some(host), Some(endpoint)) if host != endpoint => {
            format!("points to {host} instead of {endpoint}: run {program} apply")
        }
        (Some(host), _) => host.to_owned(),
        (None, _) => format!("missing: run {program} apply"),
    };
    let is_consistent = match form {
        Form::Own => content.generated.is_some() && content.url_matches,
        _ => content.form == form,
    };
    let key = F::KEY;
    let members = if form != Form::Own && is_consistent {
        let known = if content.can_hold(form) || form != Form::Json {
            String::new()
        } else {
            format!(
                "; {program} rotate needs {}, the member with the {key}",
                F::SETTING
            )
        };
        format!("{}, as it was adopted{known}", form.words())
    } else if form != Form::Own {
        format!("{}, and no longer {}", content.form.words(), form.words())
    } else if is_consistent {
        format!("url, {key} and the others are consistent")
    } else {
        format!("inconsistent: run {program} apply or, if {key} is missing, {program} rotate")
    };
    let rotating = is_in_progress(secrets.secrets(), arn).await?;
    let rotation = if rotating {
        format!("interrupted; the {key} may be the old or the new one: run {program} rotate")
    } else {
        "none in progress".to_owned()
    };
    let mut steps = vec![CheckStep::new(step, true, arn)];
    if form == Form::Own || host.is_some() {
        let is_right = host.is_some() && host == endpoint;
        steps.push(CheckStep::new("secret: host", is_right, host_reason));
    }
    steps.extend([
        CheckStep::new("secret: members", is_consistent, members),
        CheckStep::new("rotation", !rotating, rotation),
    ]);
    Ok(steps)
}
