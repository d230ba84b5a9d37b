//! Takes Terraform's lock and gives it back: the lock file beside the state, and the item in the table of the locks.
//! <https://github.com/hashicorp/terraform/blob/main/internal/backend/remote-state/s3/client.go>

use super::Backend;
use super::lock_info::LockInfo;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::primitives::ByteStream;
use rd_common::aws::Explain;
use rd_common::output::printer::print_warning;
use rd_common::state::store::Holder;
use rd_common::{Error, Result, Retry};
use std::time::Duration;

/// The pauses before a change whose answer was lost, or that was not carried out, is sent again.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(3),
];

/// The two places of a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    File,
    Item,
}

/// A lock that this run holds.
#[derive(Debug)]
pub struct HeldLock(LockInfo);

impl Backend {
    /// Takes the lock. Fails where somebody else holds it, and says who.
    pub async fn lock(&self, holder: &Holder) -> Result<HeldLock> {
        let info = LockInfo::of(holder, &self.place.path());
        self.take(Part::File, &info).await?;
        if self.place.table.is_some()
            && let Err(error) = self.take(Part::Item, &info).await
        {
            self.give_back(Part::File, &info).await;
            return Err(error);
        }
        Ok(HeldLock(info))
    }

    /// Gives the lock back. Where that fails, it says how to do it.
    pub async fn unlock(&self, held: HeldLock) {
        if self.place.table.is_some() {
            self.give_back(Part::Item, &held.0).await;
        }
        self.give_back(Part::File, &held.0).await;
    }

    /// Takes a part of the lock, where nobody has it. What has the same id is an attempt whose answer was lost.
    async fn take(&self, part: Part, info: &LockInfo) -> Result<()> {
        let mut pauses = PAUSES.iter();
        loop {
            let error = match self.put(part, info).await {
                Ok(true) => return Ok(()),
                Ok(false) => None,
                Err(error) if matches!(error.retry, Retry::Never | Retry::Later) => {
                    return Err(error);
                }
                Err(error) => Some(error),
            };
            match self.read(part).await {
                Ok(Some(there)) if there.id == info.id => return Ok(()),
                Ok(Some(there)) => return Err(there.held(&self.place.url())),
                // Given back since then, or a conflict with another write.
                Ok(None) => {}
                Err(unread) => return Err(error.unwrap_or(unread)),
            }
            let Some(pause) = pauses.next() else {
                return Err(error.unwrap_or_else(|| {
                    Error::failed(format!(
                        "cannot take the lock of Terraform's state {}: others take and release it all the time",
                        self.place.url()
                    ))
                    .hint("nothing was changed; run the command again")
                }));
            };
            tokio::time::sleep(*pause).await;
        }
    }

    /// Gives a part of the lock back, unless it is somebody else's by now.
    async fn give_back(&self, part: Part, info: &LockInfo) {
        let mut pauses = PAUSES.iter();
        loop {
            let done = async {
                match self.read(part).await? {
                    Some(there) if there.id == info.id => self.delete(part, info).await,
                    _ => Ok(()),
                }
            };
            let Err(error) = done.await else { return };
            match pauses.next().filter(|_| error.retry != Retry::Never) {
                Some(pause) => tokio::time::sleep(*pause).await,
                None => {
                    return print_warning(
                        &format!(
                            "the lock of Terraform's state {} was not given back: {}",
                            self.place.url(),
                            error.summary
                        ),
                        &format!("run terraform force-unlock {}", info.id),
                    );
                }
            }
        }
    }

    /// Writes a part of the lock. Returns whether there was none.
    async fn put(&self, part: Part, info: &LockInfo) -> Result<bool> {
        let url = self.place.url();
        let doing = format!("lock Terraform's state {url}");
        match part {
            Part::File => {
                let call = self.s3.put_object().bucket(&self.place.bucket);
                let answer = call
                    .key(self.place.lock_file())
                    .content_type("application/json")
                    .if_none_match("*")
                    .body(ByteStream::from(info.text().into_bytes()))
                    .send()
                    .await;
                let status = match &answer {
                    Ok(_) => return Ok(true),
                    Err(error) => error.raw_response().map(|one| one.status().as_u16()),
                };
                match answer.doing(&doing) {
                    Err(_) if matches!(status, Some(409 | 412)) => Ok(false),
                    other => other.map(|_| true),
                }
            }
            Part::Item => {
                let text = |text: String| AttributeValue::S(text);
                let answer = self
                    .dynamodb
                    .put_item()
                    .table_name(self.table())
                    .item("LockID", text(self.place.path()))
                    .item("Info", text(info.text()))
                    .condition_expression("attribute_not_exists(LockID)")
                    .send()
                    .await;
                match answer.doing(&doing) {
                    Err(error) if error.is(&["ConditionalCheckFailedException"]) => Ok(false),
                    other => other.map(|_| true),
                }
            }
        }
    }

    /// The part of the lock that is there; none where nobody holds it.
    async fn read(&self, part: Part) -> Result<Option<LockInfo>> {
        let text = match part {
            Part::File => {
                let object = self
                    .object(&self.place.lock_file(), "read the lock of")
                    .await?;
                object.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            }
            Part::Item => {
                let item = self.item(&self.place.path()).await?;
                item.map(|item| super::read::text_of(&item, "Info"))
            }
        };
        Ok(text.map(|text| LockInfo::parse(&text)))
    }

    /// Deletes a part of the lock.
    async fn delete(&self, part: Part, info: &LockInfo) -> Result<()> {
        let doing = format!("unlock Terraform's state {}", self.place.url());
        match part {
            Part::File => {
                let call = self.s3.delete_object().bucket(&self.place.bucket);
                let answer = call.key(self.place.lock_file()).send().await;
                answer.doing(&doing).map(|_| ())
            }
            Part::Item => {
                let answer = self
                    .dynamodb
                    .delete_item()
                    .table_name(self.table())
                    .key("LockID", AttributeValue::S(self.place.path()))
                    .condition_expression("Info = :info")
                    .expression_attribute_values(":info", AttributeValue::S(info.text()))
                    .send()
                    .await;
                match answer.doing(&doing) {
                    // Somebody else's by now.
                    Err(error) if error.is(&["ConditionalCheckFailedException"]) => Ok(()),
                    other => other.map(|_| ()),
                }
            }
        }
    }
}
