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
use std::collections::HashMap;
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

/// A part of a lock that is there.
struct Found {
    info: LockInfo,
    /// What a write or a delete names, so that it meets nothing else: the text of an item, the ETag of a file.
    version: String,
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

    /// Takes a part of the lock, where nobody has it, or a run on this machine had it that was killed. What has the same id
    /// is an attempt whose answer was lost.
    async fn take(&self, part: Part, info: &LockInfo) -> Result<()> {
        let mut pauses = PAUSES.iter();
        let mut instead_of = None;
        loop {
            let error = match self.put(part, info, instead_of.as_ref()).await {
                Ok(true) => return Ok(()),
                Ok(false) => None,
                Err(error) if matches!(error.retry, Retry::Never | Retry::Later) => {
                    return Err(error);
                }
                Err(error) => Some(error),
            };
            match self.read(part).await {
                Ok(Some(there)) if there.info.id == info.id => return Ok(()),
                Ok(Some(there)) if there.info.is_of_killed_run() => instead_of = Some(there),
                Ok(Some(there)) => return Err(there.info.held(&self.place.url())),
                // Given back since then, or a conflict with another write.
                Ok(None) => instead_of = None,
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
                    Some(there) if there.info.id == info.id => self.delete(part, info).await,
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

    /// Writes a part of the lock. Returns whether there was none, or just the one that it is written instead of.
    async fn put(&self, part: Part, info: &LockInfo, instead_of: Option<&Found>) -> Result<bool> {
        let version = instead_of.map(|there| there.version.clone());
        let url = self.place.url();
        let doing = format!("lock Terraform's state {url}");
        match part {
            Part::File => {
                let call = self.s3.put_object().bucket(&self.place.bucket);
                let answer = call
                    .key(self.place.lock_file())
                    .content_type("application/json")
                    .set_if_none_match(version.is_none().then(|| "*".to_owned()))
                    .set_if_match(version)
                    .body(ByteStream::from(info.text().into_bytes()))
                    .send()
                    .await;
                let status = match &answer {
                    Ok(_) => return Ok(true),
                    Err(error) => error.raw_response().map(|one| one.status().as_u16()),
                };
                match answer.doing(&doing) {
                    // 404 where that one is gone.
                    Err(_) if matches!(status, Some(409 | 412)) => Ok(false),
                    Err(error) if instead_of.is_some() && error.is(&["NoSuchKey"]) => Ok(false),
                    other => other.map(|_| true),
                }
            }
            Part::Item => {
                let text = |text: String| AttributeValue::S(text);
                let condition = match version {
                    None => "attribute_not_exists(LockID)",
                    Some(_) => "Info = :before",
                };
                let before = version.map(|version| (":before".to_owned(), text(version)));
                let answer = self
                    .dynamodb
                    .put_item()
                    .table_name(self.table())
                    .item("LockID", text(self.place.path()))
                    .item("Info", text(info.text()))
                    .condition_expression(condition)
                    .set_expression_attribute_values(before.map(|one| HashMap::from([one])))
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
    async fn read(&self, part: Part) -> Result<Option<Found>> {
        let (text, version) = match part {
            Part::File => {
                let key = self.place.lock_file();
                let Some(object) = self.object(&key, "read the lock of").await? else {
                    return Ok(None);
                };
                let text = String::from_utf8_lossy(&object.bytes).into_owned();
                (text, object.etag)
            }
            Part::Item => {
                let Some(item) = self.item(&self.place.path()).await? else {
                    return Ok(None);
                };
                let text = super::read::text_of(&item, "Info");
                (text.clone(), text)
            }
        };
        let info = LockInfo::parse(&text);
        Ok(Some(Found { info, version }))
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
