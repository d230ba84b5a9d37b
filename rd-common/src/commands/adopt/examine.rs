//! Reads what is to be adopted, and finds out what each resource keeps, so that the next plan changes nothing but tags.

use crate::commands::adopt::kind_of;
use crate::error::{Error, Result};
use crate::pipe::output_resolver::OutputResolver;
use crate::pipe::slice_session::SliceSession;
use crate::plan::given::{keep_differences, put_given};
use crate::plan::planned::{Plan, Planned};
use crate::plan::read_ahead::Reading;
use crate::plan::refreshed::Refreshed;
use crate::resource::action::Action;
use crate::resource::any_kind::AnyKind;
use crate::resource::ctx::{Ctx, hide};
use crate::resource::input::{Reference, references, resolve};
use crate::resource::kind::{Found, Readiness, Wanted};
use crate::resource::slice::Slice;
use crate::stack::{ADOPTED_TAG, StackId, Tags};
use crate::state::adopted::Adopted;
use crate::state::document::{Document, OtherMembers, Phase, Resource};
use futures_util::future::try_join_all;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How many problems an error names.
const NAMED: usize = 5;

/// What was found, and would be adopted.
pub(super) struct Examined<S: Slice> {
    /// All resources of the slice, with the given values in their specs.
    pub(super) refreshed: Refreshed<S>,
    /// The entries that the state gets.
    pub(super) adopted: BTreeMap<String, Resource>,
    /// What the adopted resources have that rd does not manage, in words, by address.
    pub(super) not_managed: BTreeMap<String, Vec<String>>,
    /// The plan after the adoption, in which tags are still to be set.
    pub(super) plan: Plan,
}

/// Reads the resources in `wanted`, ids by address, and what belongs to them. Fails where AWS lacks one, where it belongs
/// to another stack, or where rd could not leave it as it is.
pub(super) async fn examine<S: Slice>(
    session: &SliceSession<S>,
    state: &Document,
    wanted: &BTreeMap<String, String>,
    outputs: &OutputResolver,
) -> Result<Examined<S>> {
    let first = read_by_id(session, wanted).await?;
    let mut problems = Problems::default();
    for one in first.values() {
        problems.refuse_other_stack(&session.stack.id(), one);
    }
    problems.refuse(&session.stack.name())?;
    let mut seeded = state.clone();
    for (address, id) in wanted {
        let found = first.get(address);
        let entry = seeded.resources.entry(address.clone());
        entry.or_insert_with(|| seed(kind_of(address), id, found));
    }
    let mut refreshed = Refreshed::read_with_parts(session, &seeded, outputs).await?;
    outputs.resolve(refreshed.parts.nodes.iter()).await?;
    let before = refreshed.plan(&seeded, outputs)?;
    let mut problems = Problems::default();
    let mut adopted: BTreeMap<String, Resource> = BTreeMap::new();
    for (address, id) in wanted {
        match before.resources.iter().find(|one| one.address == *address) {
            Some(Planned { node: None, .. }) | None => {
                problems.add(format!("no resource {address} follows from rd.toml"));
            }
            Some(Planned { live: None, .. }) => {
                let place = format!(
                    "account {}, {}",
                    session.stack.account(),
                    session.stack.region
                );
                problems.add(format!("AWS has no {} {id} ({place})", kind_of(address)));
            }
            Some(_) => {}
        }
    }
    let mut not_managed = BTreeMap::new();
    let of_wanted = before.resources.iter();
    let of_wanted = of_wanted.filter(|one| wanted.contains_key(&one.address));
    let needed: BTreeSet<&str> = of_wanted
        .flat_map(|one| one.depends_on.iter().map(String::as_str))
        .collect();
    for planned in &before.resources {
        let (Some(node), Some(live)) = (&planned.node, &planned.live) else {
            continue;
        };
        let any = refreshed.kinds.get(&planned.kind)?;
        let is_wanted = wanted.contains_key(&planned.address);
        let mut needs = references(&node.spec).into_iter();
        let belongs = needs.any(|reference| match reference {
            Reference::Attribute(address, _) => adopted.contains_key(&address),
            Reference::Output(..) => false,
        });
        // Such as a log group that AWS has created with the first message.
        let is_of_aws =
            needed.contains(planned.address.as_str()) && any.created_by_aws(&live.live)?;
        // Not what the plan refuses, such as a DNS record that points elsewhere.
        let is_part = belongs
            && planned.refused.is_none()
            && (live.tags.is_none() || any.retained() || any.is_part())
            || is_of_aws;
        if state.resources.contains_key(&planned.address) || !(is_wanted || is_part) {
            continue;
        }
        if let Readiness::Failed(why) | Readiness::Leaving(why) = any.ready(&live.live)? {
            problems.add(format!("{} cannot be adopted: {why}", live.id));
            continue;
        }
        let more = any.not_managed(&live.live)?;
        if !more.is_empty() {
            not_managed.insert(planned.address.clone(), more);
        }
        let fill = |spec: &Value| {
            resolve(spec, &|reference| {
                refreshed
                    .observed
                    .lookup(reference)
                    .or_else(|| outputs.get(reference))
            })
        };
        let mut live = live.clone();
        let mut ours = planned.tags.clone();
        ours.extend(fill_from_tags(
            any.as_ref(),
            &fill(&node.spec),
            &mut live.live,
        ));
        let live = &live;
        let (mut keeps, left) = keep_differences(any.as_ref(), &node.spec, &live.live, &fill)?;
        if let Some(vpc) = keeps.given.get("vpc_id") {
            problems.add(match references(&fill(&vpc.instead_of)).first() {
                Some(Reference::Output(slice, name)) => format!(
                    "{} is in a VPC, and {slice}.{name} does not exist yet: adopt the VPC with it",
                    live.id
                ),
                _ => format!("{} is in another VPC, {}", live.id, vpc.value),
            });
        }
        for change in left {
            problems.add(format!(
                "`{}` of {} is {}, and rd can only have {}",
                change.path, live.id, change.before, change.after
            ));
        }
        let read_first = first.get(&planned.address).and_then(|one| one.tags.clone());
        let tags = live.tags.clone().or(read_first);
        problems.refuse_other_stack(&session.stack.id(), live);
        keeps.tags_before = tags
            .as_ref()
            .map(|tags| before_ours(&ours, tags))
            .unwrap_or_default();
        let entry = entry(planned, live, tags.as_ref(), keeps, &fill);
        adopted.insert(planned.address.clone(), entry);
    }
    problems.refuse(&session.stack.name())?;
    for (address, resource) in &adopted {
        let Some(keeps) = &resource.adopted else {
            continue;
        };
        let mut nodes = refreshed.parts.nodes.iter_mut();
        if let Some(node) = nodes.find(|node| node.address == *address) {
            put_given(&mut node.spec, keeps);
        }
        if let Some(found) = refreshed.observed.live.get_mut(address) {
            found.live.clone_from(&resource.attributes);
        }
    }
    let mut after = state.clone();
    after.resources.extend(adopted.clone());
    let plan = refreshed.plan(&after, outputs)?;
    let new = plan.resources.iter();
    for one in new.filter(|one| !state.resources.contains_key(&one.address)) {
        problems.refuse_change(one);
    }
    problems.refuse(&session.stack.name())?;
    Ok(Examined {
        refreshed,
        adopted,
        not_managed,
        plan,
    })
}

/// Reads each resource by its id alone, with its tags. What is found only with its spec is missing.
async fn read_by_id<S: Slice>(
    session: &SliceSession<S>,
    wanted: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Found<Value>>> {
    let aws = session
        .aws
        .as_ref()
        .ok_or_else(|| Error::failed("an adoption needs access to AWS"))?;
    let reading: Reading<S> = Reading::new(Ctx::new(
        S::clients(aws, &session.stack, &session.config),
        S::NAME,
        session.stack.clone(),
        session.cancel.clone(),
        session.progress.clone(),
    ));
    let reads = wanted.iter().map(async |(address, id)| {
        let one = Wanted {
            address: address.clone(),
            id: Some(id.clone()),
            spec: None,
        };
        let found = reading.reader.find(kind_of(address), one).await;
        let found = found.map_err(|error| error.at(address))?;
        let found = found.into_iter().find(|one| one.id == *id);
        Ok::<_, Error>(found.map(|one| (address.clone(), one)))
    });
    Ok(try_join_all(reads).await?.into_iter().flatten().collect())
}

/// An entry with which the slice makes its list of resources as if it had the resource: in its zone, with its block.
fn seed(kind: &str, id: &str, found: Option<&Found<Value>>) -> Resource {
    let live = found.map_or(Value::Null, |found| found.live.clone());
    Resource {
        kind: kind.to_owned(),
        id: Some(id.to_owned()),
        phase: Phase::Ready,
        since: Timestamp::UNIX_EPOCH,
        token: None,
        spec: live.clone(),
        tags: found
            .and_then(|found| found.tags.clone())
            .unwrap_or_default(),
        attributes: live,
        depends_on: Vec::new(),
        deposed: Vec::new(),
        // So that a slice sees that it has not made it.
        adopted: Some(Adopted::default()),
        other: OtherMembers::new(),
    }
}

/// Fills in the fields that only tags have, as if the resource had them already, and returns these tags.
fn fill_from_tags<C: 'static>(any: &dyn AnyKind<C>, spec: &Value, live: &mut Value) -> Tags {
    let mut tags = Tags::new();
    for (field, tag) in any.in_tags() {
        let is_told = live
            .get(*field)
            .is_some_and(|value| !value.is_null() && value != "");
        let Some(value) = spec.get(*field).filter(|_| !is_told) else {
            continue;
        };
        if let Some(text) = tag_text(value) {
            tags.insert((*tag).to_owned(), text);
            live[*field] = value.clone();
        }
    }
    tags
}

/// The value of a field as a tag has it; none where it is empty or not known yet.
pub(super) fn tag_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    }
}

/// The entry of an adopted resource in the state.
fn entry(
    planned: &Planned,
    live: &Found<Value>,
    tags: Option<&Tags>,
    keeps: Adopted,
    fill: &dyn Fn(&Value) -> Value,
) -> Resource {
    let mut spec = planned
        .node
        .as_ref()
        .map_or(Value::Null, |node| node.spec.clone());
    put_given(&mut spec, &keeps);
    let mut attributes = live.live.clone();
    hide(&mut attributes, &keeps.kept);
    let mut ours = planned.tags.clone();
    if let Some(tags) = tags {
        ours.retain(|key, value| tags.get(key) == Some(value));
    }
    Resource {
        kind: planned.kind.clone(),
        id: Some(live.id.clone()),
        phase: Phase::Ready,
        since: Timestamp::now(),
        token: None,
        spec: fill(&spec),
        tags: ours,
        attributes,
        depends_on: planned.depends_on.clone(),
        deposed: Vec::new(),
        adopted: Some(keeps),
        other: OtherMembers::new(),
    }
}

/// What the tags that the adoption sets were before.
fn before_ours(ours: &Tags, live: &Tags) -> BTreeMap<String, Option<String>> {
    let changed = ours
        .iter()
        .filter(|(key, value)| live.get(*key) != Some(value));
    let keys = changed
        .map(|(key, _)| key.clone())
        .chain([ADOPTED_TAG.to_owned()]);
    keys.map(|key| {
        let before = live.get(&key).cloned();
        (key, before)
    })
    .collect()
}

/// Why nothing is adopted.
#[derive(Default)]
struct Problems(Vec<String>);

impl Problems {
    fn add(&mut self, problem: String) {
        self.0.push(problem);
    }

    /// What is tagged for another stack of rd belongs to it.
    fn refuse_other_stack(&mut self, ours: &StackId, one: &Found<Value>) {
        let theirs = one.tags.as_ref().and_then(StackId::of_tags);
        if let Some(other) = theirs.filter(|other| other != ours) {
            self.add(format!("{} belongs to the stack {other}", one.id));
        }
    }

    /// After an adoption, a plan may set tags and create what is missing, and nothing else.
    fn refuse_change(&mut self, one: &Planned) {
        if let Some(error) = &one.refused {
            self.add(format!("{}: {}", one.address, error.summary));
            return;
        }
        let mut fields = one.fields.iter();
        let change = match one.action {
            Action::Create | Action::None => None,
            Action::Replace | Action::Delete => fields.find(|field| field.replaces),
            Action::Update | Action::Import => {
                fields.find(|field| !field.path.starts_with("tags."))
            }
        };
        if let (Some(change), Some(live)) = (change, &one.live) {
            self.add(format!(
                "the next apply would change {} ({}): `{}` from {} to {}",
                one.address, live.id, change.path, change.before, change.after
            ));
        }
    }

    fn refuse(&self, stack: &str) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let more = self.0.len().saturating_sub(NAMED);
        let named: Vec<&str> = self.0.iter().take(NAMED).map(String::as_str).collect();
        let more = match more {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        Err(Error::refused(format!("{}{more}", named.join("; "))).hint(format!(
            "nothing was changed; check the state that was passed, --region, --profile and the settings of {stack}"
        )))
    }
}
