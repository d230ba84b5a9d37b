//! The bucket in which Terraform keeps a state, and its lock there: taken in Terraform's own form, so that neither program
//! works while the other one does.
//! <https://developer.hashicorp.com/terraform/language/backend/s3>

mod lock;
mod lock_info;
mod read;

use rd_common::context::Context;
use rd_common::settings::StateSettings;
use rd_common::state::shared;
use rd_common::{Error, Result, client};

/// The end of the key of a lock file, beside the state.
const LOCK_FILE: &str = ".tflock";

/// The end of the id of the item with the state's digest, in the table of the locks.
pub const DIGEST: &str = "-md5";

/// Where Terraform has a state, and its locks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The name of the bucket.
    pub bucket: String,
    /// The key of the state in the bucket.
    pub key: String,
    /// The DynamoDB table of the locks; none where there are only lock files.
    pub table: Option<String>,
}

impl Place {
    /// Reads `s3://BUCKET/KEY`. The key of a workspace is `env:/NAME/KEY`. `table` is the DynamoDB table of the locks.
    pub fn parse(url: &str, table: Option<&str>) -> Result<Self> {
        let rest = url.strip_prefix("s3://");
        let parts = rest.and_then(|rest| rest.split_once('/'));
        match parts.filter(|(bucket, key)| !bucket.is_empty() && !key.is_empty()) {
            Some((bucket, key)) => Ok(Self {
                bucket: bucket.to_owned(),
                key: key.to_owned(),
                table: table.map(str::to_owned),
            }),
            None => Err(Error::usage(format!(
                "--backend {url} is not the place of a state"
            ))
            .hint("s3://BUCKET/KEY, with `bucket` and `key` of the backend; in a workspace s3://BUCKET/env:/WORKSPACE/KEY")),
        }
    }

    /// The place as people and errors write it.
    pub fn url(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.key)
    }

    /// The path by which Terraform knows the lock: the id of its item in the table.
    pub fn path(&self) -> String {
        format!("{}/{}", self.bucket, self.key)
    }

    /// The key of the lock file.
    pub fn lock_file(&self) -> String {
        format!("{}{LOCK_FILE}", self.key)
    }
}

/// A place with clients of its region.
#[derive(Debug)]
pub struct Backend {
    place: Place,
    s3: aws_sdk_s3::Client,
    dynamodb: aws_sdk_dynamodb::Client,
}

impl Backend {
    /// Connects to the region of the bucket and the table, with the profile of the program.
    pub async fn connect(context: &Context, place: Place, region: Option<&str>) -> Result<Self> {
        let region = region.unwrap_or(&context.stack.region);
        let settings = StateSettings {
            region: Some(region.to_owned()),
            ..StateSettings::default()
        };
        let aws = shared::access(&settings, &context.access).await?;
        let s3 = aws_sdk_s3::config::Builder::from(&aws.config)
            .force_path_style(aws.config.endpoint_url().is_some())
            .interceptor(aws.interceptor())
            .build();
        Ok(Self {
            place,
            s3: aws_sdk_s3::Client::from_conf(s3),
            dynamodb: client!(aws_sdk_dynamodb, aws.config),
        })
    }
}

impl Backend {
    /// The place of the state, for people.
    pub fn url(&self) -> String {
        self.place.url()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_a_bucket_and_a_key() {
        let place = Place::parse("s3://states/env:/live/shop.tfstate", Some("locks")).unwrap();
        assert_eq!(place.path(), "states/env:/live/shop.tfstate");
        assert_eq!(place.lock_file(), "env:/live/shop.tfstate.tflock");
        for wrong in [
            "states/key",
            "s3://states",
            "s3:///key",
            "s3://states/",
            "gcs://a/b",
        ] {
            let error = Place::parse(wrong, None).unwrap_err();
            assert!(error.summary.contains(wrong), "{}", error.summary);
        }
    }
}
