//! The AWS account that the credentials belong to.

use crate::aws::{Aws, Explain};
use crate::error::{Error, Result};

/// The id of the account that the credentials belong to, from STS. Fails where the credentials do not work.
pub async fn account(aws: &Aws) -> Result<String> {
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
    let account = answer
        .account
        .ok_or_else(|| Error::failed("AWS did not return the account of the credentials"))?;
    Ok(aws.account.get_or_init(|| account).clone())
}
