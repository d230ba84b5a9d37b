//! Reads that lag behind writes, as in AWS.

use super::call::Call;
use crate::http::Message;
use std::collections::{BTreeMap, VecDeque};

/// A lag: each read gets the response that was true so many reads ago.
#[derive(Debug)]
pub struct Lag {
    reads: usize,
    /// By call: the responses of AWS, oldest first, as far back as they are still returned.
    said: BTreeMap<String, VecDeque<Message>>,
    /// The ids of created resources, which the response to a new read would not have contained.
    made: Vec<String>,
    /// By operation and such an id: how often it was read since.
    asked: BTreeMap<(String, String), usize>,
}

impl Lag {
    /// A lag of this many reads.
    pub fn of(reads: usize) -> Self {
        Self {
            reads,
            said: BTreeMap::new(),
            made: Vec::new(),
            asked: BTreeMap::new(),
        }
    }

    /// Notes that AWS changed something.
    pub(super) fn changed(&mut self, call: &Call, answer: &Message) {
        let asked = String::from_utf8_lossy(&call.body).into_owned();
        let mut named = ids(&answer.text());
        named.retain(|id| !asked.contains(id.as_str()));
        self.made.extend(named);
    }

    /// What a read gets where AWS responds with `answer`.
    pub(super) fn heard(&mut self, call: &Call, answer: Message) -> Message {
        let mut unseen = Vec::new();
        for id in &self.made {
            let asked = (call.operation.clone(), id.clone());
            let times = self.asked.entry(asked).or_default();
            *times += 1;
            if *times <= self.reads {
                unseen.push(id.clone());
            }
        }
        let said = self.said.entry(call.key()).or_insert_with(|| {
            let mut before = answer.clone();
            // A body that is not text, such as CBOR, stays as it is.
            let text = answer.text();
            let without = without_items(&text, &unseen);
            if without != text {
                before.body = without.into_bytes();
            }
            VecDeque::from([before])
        });
        said.push_back(answer);
        while said.len() > self.reads + 1 {
            said.pop_front();
        }
        said[0].clone()
    }
}

/// EC2's ids in a text.
fn ids(text: &str) -> Vec<String> {
    let is_id = |word: &&str| {
        word.split_once('-').is_some_and(|(kind, id)| {
            kind.bytes().all(|b| b.is_ascii_lowercase())
                && id.len() == 17
                && id.bytes().all(|b| b.is_ascii_hexdigit())
        })
    };
    text.split(['<', '>'])
        .filter(is_id)
        .map(str::to_owned)
        .collect()
}

/// The response of a list without the items that contain one of these ids.
fn without_items(xml: &str, ids: &[String]) -> String {
    let (open, close) = ("<item>", "</item>");
    let mut kept = String::new();
    let mut rest = xml;
    while let Some(start) = rest.find(open) {
        kept.push_str(&rest[..start]);
        let mut depth = 0;
        let mut end = start;
        loop {
            let next_open = rest[end..].find(open).map(|at| end + at);
            let next_close = rest[end..].find(close).map(|at| end + at);
            match (next_open, next_close) {
                (Some(at), Some(other)) if at < other => {
                    depth += 1;
                    end = at + open.len();
                }
                (_, Some(at)) => {
                    depth -= 1;
                    end = at + close.len();
                }
                _ => return xml.to_owned(),
            }
            if depth == 0 {
                break;
            }
        }
        let item = &rest[start..end];
        if !ids.iter().any(|id| item.contains(&format!(">{id}<"))) {
            kept.push_str(item);
        }
        rest = &rest[end..];
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_goes_with_all_that_is_in_it() {
        let xml =
            "<r><s><item><id>a-1</id><t><item>x</item></t></item><item><id>b-2</id></item></s></r>";
        assert_eq!(
            without_items(xml, &["a-1".into()]),
            "<r><s><item><id>b-2</id></item></s></r>"
        );
        assert_eq!(without_items(xml, &["c-3".into()]), xml);
    }
}
