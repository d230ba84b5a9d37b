//! Whose account it is.

use crate::aws::{Aws, Explain};
use crate::error::{Error, Result};

/// The account that the credentials are of. Asked of AWS, so that credentials that do not work are found here.
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
        .doing("find out whose credentials these are")?;
    let account = answer
        .account
        .ok_or_else(|| Error::failed("AWS did not say which account the credentials are of"))?;
    Ok(aws.account.get_or_init(|| account).clone())
}
