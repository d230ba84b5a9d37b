//! The answers that earlier runs have paid for: what AWS still estimates for twelve hours, everything else for good, until
//! a backfill of tags changes the past.

use super::costs::Spent;
use jiff::{SignedDuration, Timestamp};
use rd_common::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How long an answer with estimates is used. Cost Explorer refreshes its data up to three times a day.
/// <https://docs.aws.amazon.com/cost-management/latest/userguide/ce-what-is.html>
const ESTIMATES: SignedDuration = SignedDuration::from_hours(12);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Answer {
    asked: Timestamp,
    spent: Vec<Spent>,
}

/// The kept answers of one stack, by what was asked.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    file: PathBuf,
    answers: BTreeMap<String, Answer>,
}

impl Cache {
    /// Reads the answers; none where there are none, or none that this version understands.
    pub fn open(folder: &Path, stack: &str) -> Self {
        let file = folder.join(format!("{stack}.costs.json"));
        let text = std::fs::read(&file).unwrap_or_default();
        let answers = serde_json::from_slice(&text).unwrap_or_default();
        Self { file, answers }
    }

    /// The answer to a question, if it is still good at `now`.
    pub fn get(&self, question: &str, now: Timestamp) -> Option<Vec<Spent>> {
        let answer = self.answers.get(question)?;
        let is_final = !answer.spent.is_empty() && answer.spent.iter().all(|one| !one.estimated);
        let is_fresh = now.duration_since(answer.asked) < ESTIMATES;
        (is_final || is_fresh).then(|| answer.spent.clone())
    }

    /// All answers, whatever their age: what was asked, when, and the answer.
    pub fn answers(&self) -> impl Iterator<Item = (&str, Timestamp, &[Spent])> {
        let answers = self.answers.iter();
        answers.map(|(question, answer)| (question.as_str(), answer.asked, &answer.spent[..]))
    }

    /// Keeps an answer, in the file, too.
    pub fn put(&mut self, question: String, spent: &[Spent], asked: Timestamp) -> Result<()> {
        let spent = spent.to_vec();
        self.answers.insert(question, Answer { asked, spent });
        self.write()
    }

    /// Forgets all answers, because the past has changed.
    pub fn clear(&mut self) -> Result<()> {
        self.answers.clear();
        self.write()
    }

    fn write(&self) -> Result<()> {
        let write = || -> std::io::Result<()> {
            if let Some(folder) = self.file.parent() {
                std::fs::create_dir_all(folder)?;
            }
            let part = self.file.with_extension("json.part");
            std::fs::write(&part, serde_json::to_vec(&self.answers)?)?;
            std::fs::rename(&part, &self.file)
        };
        write().map_err(|e| {
            Error::failed(format!("cannot write {}: {e}", self.file.display()))
                .hint("check the permissions of the folder; the next run asks AWS again")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::costs::Kind;
    use super::*;
    use rust_decimal::Decimal;

    fn spent(estimated: bool) -> Spent {
        Spent {
            day: jiff::civil::date(2026, 11, 1),
            key: "AmazonRDS".to_owned(),
            kind: Kind::Usage,
            amount: Decimal::ONE,
            currency: "USD".to_owned(),
            estimated,
            used: None,
        }
    }

    #[test]
    fn estimates_are_asked_for_again_and_what_is_final_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let asked = Timestamp::UNIX_EPOCH;
        let later = asked + SignedDuration::from_hours(13);
        let mut cache = Cache::open(folder.path(), "shop");
        cache
            .put("final".to_owned(), &[spent(false)], asked)
            .unwrap();
        cache
            .put("estimate".to_owned(), &[spent(true)], asked)
            .unwrap();
        cache.put("nothing".to_owned(), &[], asked).unwrap();
        let mut cache = Cache::open(folder.path(), "shop");
        assert_eq!(cache.get("final", later), Some(vec![spent(false)]));
        assert_eq!(cache.get("estimate", asked), Some(vec![spent(true)]));
        assert_eq!(cache.get("estimate", later), None);
        assert_eq!(cache.get("nothing", later), None);
        cache.clear().unwrap();
        assert_eq!(Cache::open(folder.path(), "shop").get("final", asked), None);
    }
}
