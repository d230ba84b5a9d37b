//! Whom the credentials belong to.

use crate::aws::{Aws, Explain};
use crate::error::{Error, Result};

/// The id of the account that the credentials belong to, from STS. Fails where the credentials do not work.
pub async fn account(aws: &Aws) -> Result<String> {
    caller(aws).await?;
    let account = aws.account.get().cloned();
    account.ok_or_else(|| Error::failed("AWS did not return the account of the credentials"))
}

/// The ARN of the user, or of the session of a role, that the credentials belong to, from STS:
/// `arn:aws:iam::123456789012:user/ann` or `arn:aws:sts::123456789012:assumed-role/deploy/ci`. Fails where the credentials
/// do not work.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
pub async fn caller(aws: &Aws) -> Result<String> {
    aws.check_credentials().await?;
    let sts = aws_sdk_sts::Client::from_conf(
        aws_sdk_sts::config::Builder::from(&aws.config)
            .interceptor(aws.interceptor())
            .build(),
    );
    let answer = sts
        .get_caller_identity()
        .send()
        .await
        .doing("find the account of the credentials")?;
    if let Some(account) = answer.account {
        let _ = aws.account.set(account);
    }
    Ok(answer.arn.unwrap_or_default())
}
