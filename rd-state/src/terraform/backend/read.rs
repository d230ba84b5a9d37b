//! Reads the state, as Terraform does: where its table has a digest, the state must have it.

use super::{Backend, DIGEST};
use aws_sdk_dynamodb::types::AttributeValue;
use md5::{Digest, Md5};
use rd_common::aws::Explain;
use rd_common::resource::wait::Clock;
use rd_common::{Error, Result};
use std::collections::HashMap;
use std::time::Duration;

/// How often the state is read until it has the digest of the table, and the pause in between.
/// <https://github.com/hashicorp/terraform/blob/main/internal/backend/remote-state/s3/client.go>
const READS: u32 = 5;
const PAUSE: Duration = Duration::from_secs(2);

type Item = HashMap<String, AttributeValue>;

/// An attribute of an item as a text; empty where it has none.
pub(super) fn text_of(item: &Item, name: &str) -> String {
    let value = item.get(name).and_then(|value| value.as_s().ok());
    value.cloned().unwrap_or_default()
}

/// An object of the bucket.
pub(super) struct Object {
    pub(super) bytes: Vec<u8>,
    /// Its ETag, which conditional writes name.
    pub(super) etag: String,
}

impl Backend {
    /// The name of the table of the locks; empty without one.
    pub(super) fn table(&self) -> &str {
        self.place.table.as_deref().unwrap_or_default()
    }

    /// The bytes of the state.
    pub async fn state(&self) -> Result<Vec<u8>> {
        let url = self.place.url();
        for attempt in 1.. {
            let state = self.object(&self.place.key, "read").await?;
            let Some(Object { bytes: state, .. }) = state else {
                return Err(Error::refused(format!("Terraform has no state at {url}"))
                    .hint("nothing was changed; check bucket and key of the backend, and --backend-region; in a workspace the key is env:/WORKSPACE/KEY"));
            };
            let item = match self.place.table {
                Some(_) => self.item(&format!("{}{DIGEST}", self.place.path())).await?,
                None => None,
            };
            let expected = item.map(|item| text_of(&item, "Digest"));
            let expected = expected.filter(|digest| !digest.is_empty());
            if expected.is_none_or(|digest| digest.eq_ignore_ascii_case(&hex(&Md5::digest(&state))))
            {
                return Ok(state);
            }
            if attempt == READS {
                break;
            }
            Clock::from_env().sleep(PAUSE).await;
        }
        Err(Error::refused(format!(
            "the state {url} is not the one whose digest the table {} has",
            self.table()
        ))
        .hint("nothing was changed; an apply of Terraform may have failed while it wrote the state: terraform plan says what to do"))
    }

    /// An object; none where it does not exist.
    pub(super) async fn object(&self, key: &str, doing: &str) -> Result<Option<Object>> {
        let call = self.s3.get_object().bucket(&self.place.bucket).key(key);
        let doing = format!("{doing} Terraform's state {}", self.place.url());
        let answer = match call.send().await.doing(&doing) {
            Err(error) if error.is(&["NoSuchKey"]) => return Ok(None),
            other => other?,
        };
        let etag = answer.e_tag.unwrap_or_default();
        let bytes = answer.body.collect().await.map_err(|e| {
            Error::failed(format!("cannot {doing}: the answer was cut off"))
                .hint("nothing was changed; run the command again")
                .caused_by(e)
        })?;
        let bytes = bytes.to_vec();
        Ok(Some(Object { bytes, etag }))
    }

    /// An item of the table of the locks; none where it does not exist.
    pub(super) async fn item(&self, id: &str) -> Result<Option<Item>> {
        let answer = self
            .dynamodb
            .get_item()
            .table_name(self.table())
            .key("LockID", AttributeValue::S(id.to_owned()))
            .consistent_read(true)
            .send()
            .await;
        let doing = format!("read the lock table {}", self.table());
        Ok(answer.doing(&doing)?.item)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_written_as_terraform_writes_it() {
        assert_eq!(hex(&Md5::digest(b"{}")), "99914b932bd37a50b983c5e7c90ae93b");
    }
}
