//! Reads that lag behind writes, as in AWS.

use super::call::{Call, Protocol};
use super::refusal::refusal;
use crate::http::Message;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// How far reads are behind.
#[derive(Clone, Copy, Debug)]
enum Behind {
    /// Each read gets the response that was true so many reads ago.
    Reads(usize),
    /// Each read gets the response that was true so long ago.
    Time(Duration),
}

/// A lag of reads behind writes.
#[derive(Debug)]
pub struct Lag {
    behind: Behind,
    /// Whether every second read is up to date, so that reads go back in time.
    back: bool,
    /// By call: the responses of AWS, oldest first, as far back as they are still returned.
    said: BTreeMap<String, VecDeque<(Instant, Message)>>,
    /// By call: how often it was made.
    times: BTreeMap<String, usize>,
    /// The ids and ARNs of created resources, which the response to a new read would not have contained.
    made: BTreeMap<String, Instant>,
    /// By operation and such an id: how often it was read since.
    asked: BTreeMap<(String, String), usize>,
    /// When AWS last changed something.
    changed: Instant,
}

impl Lag {
    /// A lag of this many reads.
    pub fn of(reads: usize) -> Self {
        Self::new(Behind::Reads(reads), false)
    }

    /// A lag of this many reads, in which every second read is up to date: what was seen is not seen again, and then it
    /// is.
    pub fn going_back(reads: usize) -> Self {
        Self::new(Behind::Reads(reads), true)
    }

    /// A lag of this time.
    pub fn lasting(time: Duration) -> Self {
        Self::new(Behind::Time(time), false)
    }

    fn new(behind: Behind, back: bool) -> Self {
        Self {
            behind,
            back,
            said: BTreeMap::new(),
            times: BTreeMap::new(),
            made: BTreeMap::new(),
            asked: BTreeMap::new(),
            changed: Instant::now(),
        }
    }

    /// Notes that AWS changed something.
    pub(super) fn changed(&mut self, call: &Call, answer: &Message) {
        self.changed = Instant::now();
        let asked = String::from_utf8_lossy(&call.body).into_owned();
        for id in ids(&answer.text()) {
            if !asked.contains(&id) && !asked.contains(&percent(&id)) {
                self.made.entry(id).or_insert_with(Instant::now);
            }
        }
    }

    /// What a read gets where AWS responds with `answer`.
    pub(super) fn heard(&mut self, call: &Call, answer: Message) -> Message {
        let unseen = self.unseen(call);
        let key = call.key();
        let times = self.times.entry(key.clone()).or_default();
        *times += 1;
        let up_to_date = match self.behind {
            Behind::Reads(_) => self.back && *times % 2 == 1,
            Behind::Time(time) => self.changed.elapsed() >= time,
        };
        let first = !self.said.contains_key(&key);
        let said = self.said.entry(key).or_default();
        if first {
            // Long ago, as far as this call is concerned.
            said.push_back((self.changed, before(call, &answer, &unseen)));
        }
        said.push_back((Instant::now(), answer));
        match self.behind {
            Behind::Reads(reads) => {
                while said.len() > reads + 1 {
                    said.pop_front();
                }
            }
            Behind::Time(time) => {
                // The newest response that is old enough stays, since it is the one that is returned.
                while said.len() > 1 && said[1].0.elapsed() >= time {
                    said.pop_front();
                }
            }
        }
        let chosen = if up_to_date {
            said.back()
        } else {
            said.front()
        };
        chosen
            .map(|(_, answer)| answer.clone())
            .unwrap_or_else(|| Message::answer(500, "", Vec::new()))
    }

    /// The created resources that the response to a new read would not have contained.
    fn unseen(&mut self, call: &Call) -> Vec<String> {
        let mut unseen = Vec::new();
        for (id, made) in &self.made {
            let is_unseen = match self.behind {
                Behind::Reads(reads) => {
                    let asked = (call.operation.clone(), id.clone());
                    let times = self.asked.entry(asked).or_default();
                    *times += 1;
                    *times <= reads
                }
                Behind::Time(time) => made.elapsed() < time,
            };
            if is_unseen {
                unseen.push(id.clone());
            }
        }
        unseen
    }
}

/// The response to a read before the resources `unseen` were created. A body that is not text, such as CBOR, stays as it
/// is.
fn before(call: &Call, answer: &Message, unseen: &[String]) -> Message {
    let asked = String::from_utf8_lossy(&call.body).into_owned();
    let named = |id: &String| asked.contains(id.as_str()) || asked.contains(&percent(id));
    let missing = match call.operation.as_str() {
        "DescribeLoadBalancers" => Some("LoadBalancerNotFound"),
        "DescribeTargetGroups" => Some("TargetGroupNotFound"),
        "DescribeListeners" => Some("ListenerNotFound"),
        "DescribeCertificate" => Some("ResourceNotFoundException"),
        _ => None,
    };
    if let Some(code) = missing
        && unseen.iter().any(named)
    {
        return refusal(call.protocol, 400, code);
    }
    let mut before = answer.clone();
    let text = answer.text();
    let without = match call.protocol {
        Protocol::Json | Protocol::RestJson => without_elements(&text, unseen),
        _ => {
            let items = without_items(&text, "item", unseen);
            without_items(&items, "member", unseen)
        }
    };
    if without != text {
        before.body = without.into_bytes();
    }
    before
}

/// A text as it stands in a form.
fn percent(text: &str) -> String {
    text.replace(':', "%3A").replace('/', "%2F")
}

/// EC2's ids in a text, and the ARNs of load balancing and certificates.
fn ids(text: &str) -> Vec<String> {
    let is_id = |word: &&str| {
        word.split_once('-').is_some_and(|(kind, id)| {
            kind.bytes().all(|b| b.is_ascii_lowercase())
                && id.len() == 17
                && id.bytes().all(|b| b.is_ascii_hexdigit())
        }) || word.starts_with("arn:aws:elasticloadbalancing:")
            || word.starts_with("arn:aws:acm:")
    };
    text.split(['<', '>', '"'])
        .filter(is_id)
        .map(str::to_owned)
        .collect()
}

/// JSON without the elements of lists that contain one of these ids.
fn without_elements(json: &str, ids: &[String]) -> String {
    fn clean(value: &mut Value, ids: &[String]) {
        match value {
            Value::Array(items) => {
                items.retain(|item| {
                    let text = item.to_string();
                    !ids.iter().any(|id| text.contains(&format!("\"{id}\"")))
                });
                items.iter_mut().for_each(|item| clean(item, ids));
            }
            Value::Object(members) => members.values_mut().for_each(|member| clean(member, ids)),
            _ => {}
        }
    }
    let Ok(mut value) = serde_json::from_str::<Value>(json) else {
        return json.to_owned();
    };
    let whole = value.clone();
    clean(&mut value, ids);
    if value == whole {
        return json.to_owned();
    }
    value.to_string()
}

/// The response of a list without the items, elements named `name`, that contain one of these ids.
fn without_items(xml: &str, name: &str, ids: &[String]) -> String {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let (open, close) = (open.as_str(), close.as_str());
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
            without_items(xml, "item", &["a-1".into()]),
            "<r><s><item><id>b-2</id></item></s></r>"
        );
        assert_eq!(without_items(xml, "item", &["c-3".into()]), xml);
        let json = r#"{"list":[{"arn":"a","tags":[1]},{"arn":"b"}]}"#;
        assert_eq!(
            without_elements(json, &["a".into()]),
            r#"{"list":[{"arn":"b"}]}"#
        );
    }

    #[test]
    fn reads_that_go_back_show_the_old_and_the_new_in_turn() {
        let call = Call {
            service: "ec2".into(),
            operation: "DescribeVpcs".into(),
            protocol: Protocol::Ec2,
            mutates: false,
            path: "/".into(),
            body: b"Action=DescribeVpcs".to_vec(),
        };
        let answer = |id: &str| Message::answer(200, "text/xml", id.as_bytes().to_vec());
        let mut lag = Lag::going_back(2);
        let told: Vec<String> = ["old", "old", "new", "new", "new", "new"]
            .iter()
            .map(|truth| lag.heard(&call, answer(truth)).text())
            .collect();
        assert_eq!(told, ["old", "old", "new", "old", "new", "new"]);
        let mut lag = Lag::lasting(Duration::from_secs(60));
        lag.heard(&call, answer("old"));
        lag.changed(&call, &answer(""));
        assert_eq!(lag.heard(&call, answer("new")).text(), "old");
    }
}
