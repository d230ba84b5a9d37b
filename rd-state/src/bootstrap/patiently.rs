//! Repeating what AWS refuses for a while: what was created a moment ago is not known to every call, and some changes
//! exclude each other.

use rd_common::resource::patience::Patience;
use rd_common::resource::wait::Clock;
use rd_common::{Error, Result, Retry};
use std::time::Duration;

/// The codes with which S3 and DynamoDB refuse for now a bucket or a table that exists. A new bucket can be unknown for two
/// minutes.
/// <https://github.com/hashicorp/terraform/blob/main/internal/backend/remote-state/s3/client.go>
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeContinuousBackups.html>
const FOR_NOW: [&str; 4] = [
    "NoSuchBucket",
    "OperationAborted",
    "ResourceInUseException",
    "TableNotFoundException",
];

/// Does a step, again and again while AWS refuses it for now, for up to five minutes. The step reads before it changes
/// anything.
pub async fn patiently<T>(step: impl AsyncFn() -> Result<T>) -> Result<T> {
    let clock = Clock::from_env();
    let mut patience = Patience::new(clock, Duration::ZERO);
    loop {
        let error: Error = match step().await {
            Ok(done) => return Ok(done),
            Err(error) if error.is(&FOR_NOW) => error.retry(Retry::Later),
            Err(error) => error,
        };
        match patience.pause_after(&error) {
            Some(pause) => clock.sleep(pause).await,
            None => return Err(error),
        }
    }
}
