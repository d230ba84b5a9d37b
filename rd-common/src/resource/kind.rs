//! The seam between the engine and AWS: each type of AWS resource implements [`Kind`].

use crate::error::Result;
use crate::resource::change::Change;
use crate::resource::ctx::Ctx;
use crate::resource::deletion::Deletion;
use crate::resource::slice::Note;
use crate::stack::{ADDRESS_TAG, Stack, Tags};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::future::Future;
use std::time::Duration;

/// A resource that [`Kind::find`] looks for.
#[derive(Clone, Debug)]
pub struct Wanted<S> {
    /// The address, which is also the value of the resource's tag `rd:address`.
    pub address: String,
    /// The id, where the state has one.
    pub id: Option<String>,
    /// The spec, or the one last applied. Kinds without tags are found by what it names.
    pub spec: Option<S>,
}

impl<S> Wanted<S> {
    /// Asks for every resource with the tags of the slice, whatever its address. Resources that are in no state are
    /// found in this way.
    pub fn any() -> Self {
        Self {
            address: String::new(),
            id: None,
            spec: None,
        }
    }

    /// The id; without one, the name in the spec, for kinds whose id is their name.
    pub fn id_or(&self, name: impl FnOnce(&S) -> &String) -> Option<String> {
        let from_spec = || Some(name(self.spec.as_ref()?).clone());
        self.id.clone().or_else(from_spec)
    }

    /// The address of what was found with these tags: the one that was asked for. For [`Wanted::any`], the one in the tags of
    /// what the slice owns, and none for everything else.
    pub fn address_of(&self, stack: &Stack, slice: &str, tags: &Tags) -> Option<String> {
        if !self.is_any() {
            return Some(self.address.clone());
        }
        let is_ours = stack.owns(slice, tags);
        is_ours.then(|| tags.get(ADDRESS_TAG).cloned().unwrap_or_default())
    }

    /// Whether this is [`Wanted::any`], which has no address.
    pub fn is_any(&self) -> bool {
        self.address.is_empty()
    }
}

/// A resource that exists in AWS.
#[derive(Clone, Debug)]
pub struct Found<L> {
    /// The address that it was found for; for [`Wanted::any`], the one in its tag.
    pub address: String,
    /// The id in AWS, unique among the resources of its kind.
    pub id: String,
    /// The resource as AWS reports it.
    pub live: L,
    /// The tags; none where the kind has no tags, or `find` did not read them.
    pub tags: Option<Tags>,
}

/// The arguments of [`Kind::create`].
#[derive(Clone, Debug)]
pub struct CreateRequest<'a, S> {
    /// The address of the new resource.
    pub address: &'a str,
    /// The spec, in which every input is known.
    pub spec: &'a S,
    /// All tags. The create call itself must set them, so that a resource is never without.
    pub tags: &'a Tags,
    /// The same for every attempt to create this resource: AWS's idempotency token, where the call has one.
    pub token: &'a str,
}

/// Whether a resource is ready for use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// It can be used.
    Ready,
    /// AWS is still working on it, with AWS's status.
    Pending(String),
    /// It failed for good, with AWS's reason. The next apply replaces it.
    Failed(String),
    /// It cannot be used as it is, but holds something of value, such as a database whose disk is full, so that it is
    /// not replaced. AWS's reason, and what to do about it.
    Impaired(String, &'static str),
    /// AWS is deleting it, with AWS's status. A plan treats it as deleted; a delete waits until it is.
    Leaving(String),
}

/// What a usable resource reports about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It is well, and needs no look.
    Healthy,
    /// Nothing bad so far: what it waits for, or why nothing is known yet.
    Waiting(String),
    /// Something bad that no apply can fix, such as an alarm that has gone off, with AWS's reason.
    Unhealthy(String),
}

/// What `status` shows of a resource beyond its health, in this order: values by name.
pub type Details = serde_json::Map<String, serde_json::Value>;

/// The order of the two halves of a replacement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplaceOrder {
    /// Create the new resource, move its dependents over, then delete the old one.
    CreateFirst,
    /// Delete the old resource first, because both cannot exist at once (same name, same CIDR block).
    DeleteFirst,
}

/// How long a kind takes to become ready, and how often to read it meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// The shortest time that it can take: the first read comes after it.
    pub first: Duration,
    /// The shortest pause between two reads; longer for a kind that takes minutes.
    pub pause: Duration,
    /// The time after which a wait fails.
    pub limit: Duration,
}

/// A type of AWS resource: how to find, create, update and delete it. Every method is one AWS operation, or a batch of
/// reads. The engine does the rest: order, waiting, retries, the state, and recovery after a kill.
pub trait Kind: 'static {
    /// The name in addresses: AWS's term in snake case, such as `nat_gateway`.
    const NAME: &'static str;
    /// The settings of a resource. An id that AWS gives to another resource is a [`crate::Input`].
    type Spec: Serialize + DeserializeOwned + Clone;
    /// The resource as AWS reports it, normalised when it is read. Its members are the attributes of the resource.
    type Live: Serialize + DeserializeOwned + Clone;
    /// The AWS clients of the slice that has this kind.
    type Clients;

    /// How long to wait for a resource of this kind.
    const TIMEOUTS: Timeouts = Timeouts {
        first: Duration::ZERO,
        pause: Duration::from_millis(400),
        limit: Duration::from_secs(300),
    };

    /// How many reads in a row must show a created or updated resource ready and as desired before it is believed: reads of
    /// some services show the old values again for a while after they have shown the new ones.
    const READS_IN_A_ROW: u32 = 1;

    /// Whether AWS owns the resource and rd only configures it, such as a VPC's default security group. Its delete
    /// resets it; it remains in AWS.
    const RETAINED: bool = false;

    /// Whether it is a part of the resource that its spec names and has no owner of its own, such as a rule of a security
    /// group. Who adopts that one adopts it.
    const IS_PART: bool = false;

    /// The fields that are maps of which the settings say only some members, such as the variables of a container. The other
    /// members of a resource that is adopted are kept by their names: their values, which may be secret, are nowhere in rd.
    const KEEPS_MEMBERS: &'static [&'static str] = &[];

    /// The fields of the spec whose value AWS knows only as a tag of the resource, each with its tag. What was adopted gets
    /// these tags with its others.
    const IN_TAGS: &'static [(&'static str, &'static str)] = &[];

    /// Whether a resource that the settings no longer have is deleted only after all creates and updates, such as a DNS
    /// record that clients still use. Only what cannot be created or updated before this delete, such as the successor of
    /// a resource that it needs, comes after it.
    const DELETE_LAST: bool = false;

    /// Whether `find` does not read the tags of a resource that the state has, because each read would be a call. Tags
    /// are then compared with those last applied.
    const TAGS_NOT_READ: bool = false;

    /// Whether `find` reads something else for another spec, even where the id is known. What was read with the spec last
    /// applied is then read again where the settings have changed.
    const READS_BY_SPEC: bool = false;

    /// Whether AWS accepts two resources of one address, since neither a name nor a place can be taken: two first applies
    /// at the same time create two. An apply looks for the other one by its tags.
    const NO_UNIQUE_NAME: bool = false;

    /// Whether AWS bills each hour of its existence. Before an apply creates the first one, it looks again whether another
    /// run creates the same resources.
    const COSTS: bool = false;

    /// What is lost with the resource, such as `the objects in it`: a plan says so where it deletes or replaces one.
    const DATA: Option<&'static str> = None;

    /// What does not work while the resource does not exist, such as `nobody reaches the service`: a plan says so where it
    /// deletes one, or deletes it before its successor exists. None where nobody notices. docs/risks.md lists all.
    const WHILE_GONE: Option<&'static str> = None;

    /// The fields about which [`Kind::check_with_aws`] asks. An offline plan says that they were not checked.
    const CHECKED_WITH_AWS: &'static [&'static str] = &[];

    /// For how long AWS may refuse the delete of a predecessor, one that has a successor, until an apply leaves it to a
    /// later one with a warning. Without this an apply fails then, as a destroy does.
    const PREDECESSOR_MAY_STAY_AFTER: Option<Duration> = None;

    /// Finds all of `wanted` in as few calls as AWS allows: by id where one is known, otherwise by the ownership tags
    /// or by what the spec names. Leaves out what does not exist, and returns every match where there are several. For
    /// [`Wanted::any`], a kind that is found by tags returns all of its resources, each under the address in its tag; a
    /// kind that is found by its spec returns none.
    fn find(
        ctx: &Ctx<Self::Clients>,
        wanted: &[Wanted<Self::Spec>],
    ) -> impl Future<Output = Result<Vec<Found<Self::Live>>>>;

    /// Creates the resource with its tags in one call, and returns its id without waiting. What the create call cannot
    /// set, `diff` reports afterwards and `update` sets. Neither the SDK nor this method retries the call: the engine
    /// first reads whether it succeeded.
    fn create(
        ctx: &Ctx<Self::Clients>,
        request: CreateRequest<'_, Self::Spec>,
    ) -> impl Future<Output = Result<String>>;

    /// Makes what a create needs beyond its call, whatever reads show: what AWS adds to a new resource by itself and reads may
    /// not show yet, such as the default rules of a security group, is taken away. Called after each create, and by the
    /// next run where the last one ended before the resource was ready. Must be idempotent.
    fn complete(
        ctx: &Ctx<Self::Clients>,
        id: &str,
        spec: &Self::Spec,
    ) -> impl Future<Output = Result<()>> {
        let _ = (ctx, id, spec);
        async { Ok(()) }
    }

    /// Makes the changes that `diff` found, none of which needs a replacement. Must be idempotent.
    fn update(
        ctx: &Ctx<Self::Clients>,
        id: &str,
        live: &Self::Live,
        spec: &Self::Spec,
        changes: &[Change],
    ) -> impl Future<Output = Result<()>>;

    /// Deletes the resource, or reports that AWS does not know it; see [`Deletion::of`].
    fn delete(ctx: &Ctx<Self::Clients>, id: &str) -> impl Future<Output = Result<Deletion>>;

    /// Sets the tags `set` and removes the keys `remove`. Never called for a kind without tags.
    fn tag(
        ctx: &Ctx<Self::Clients>,
        id: &str,
        set: &Tags,
        remove: &[String],
    ) -> impl Future<Output = Result<()>> {
        let _ = (ctx, id, set, remove);
        async { Ok(()) }
    }

    /// The fields in which the live resource differs from the spec. Pure. `last` is the spec last applied, which is
    /// compared where AWS does not report a field.
    fn diff(spec: &Self::Spec, live: &Self::Live, last: Option<&Self::Spec>) -> Vec<Change>;

    /// The fields of the spec that a resource which another tool has made keeps, with its values, although `diff` does not
    /// compare them: such as the name of an instance, or the form of a secret's value. Pure.
    fn keeps(live: &Self::Live) -> Vec<(&'static str, Value)> {
        let _ = live;
        Vec::new()
    }

    /// Whether the resource can be used. Pure.
    fn ready(live: &Self::Live) -> Readiness {
        let _ = live;
        Readiness::Ready
    }

    /// Refuses changes that must not be made, such as a replacement that would lose data: the error says why, and what
    /// to do instead. Pure. `last` is the spec last applied; none where the state does not have the resource.
    fn validate(
        spec: &Self::Spec,
        live: &Self::Live,
        last: Option<&Self::Spec>,
        changes: &[Change],
    ) -> Result<()> {
        let _ = (spec, live, last, changes);
        Ok(())
    }

    /// Asks what only AWS knows about a create, or about these changes: an error refuses them, a note is a warning. Called
    /// by a plan and an apply where one of [`Kind::CHECKED_WITH_AWS`] is set or changes, never where nothing does.
    /// `live` is none for a create. Where the credentials do not allow a call, nothing is checked.
    fn check_with_aws(
        ctx: &Ctx<Self::Clients>,
        spec: &Self::Spec,
        live: Option<&Self::Live>,
        changes: &[Change],
    ) -> impl Future<Output = Result<Vec<Note>>> {
        let _ = (ctx, spec, live, changes);
        async { Ok(Vec::new()) }
    }

    /// What the resource has that rd neither compares nor changes, in words: an adoption tells it. Pure.
    fn not_managed(live: &Self::Live) -> Vec<String> {
        let _ = live;
        Vec::new()
    }

    /// Whether AWS itself may have created the resource for another one of this stack, and so without tags, such as the
    /// log group of a database.
    fn created_by_aws(live: &Self::Live) -> bool {
        let _ = live;
        false
    }

    /// Whether an apply may import a resource that has no tags and is in no state, and change these fields of it. By
    /// default only one that is equal to its spec is imported.
    fn may_import(spec: &Self::Spec, changes: &[Change]) -> bool {
        let _ = spec;
        changes.is_empty()
    }

    /// Refuses to create a resource again that is in the state but no longer in AWS, such as a database: the error says
    /// what to do instead. By default it is created again.
    fn allow_recreate(id: &str) -> Result<()> {
        let _ = id;
        Ok(())
    }

    /// What AWS accepted and will do later by itself, such as a change in the maintenance window: neither done nor
    /// drift. The text completes "pending …", such as `until the maintenance window sun:04:30-sun:05:30`.
    fn pending(live: &Self::Live) -> Option<String> {
        let _ = live;
        None
    }

    /// What does not work for a time because of these changes in place, and why: a plan says so. Pure. None where all goes
    /// on.
    fn downtime(live: &Self::Live, changes: &[Change]) -> Option<String> {
        let _ = (live, changes);
        None
    }

    /// What does not work for a time, or any more, because these changes replace the resource. Pure. By default, what does not
    /// work while it does not exist, where it is deleted before its successor exists.
    fn replacement_downtime(changes: &[Change]) -> Option<String> {
        let gone = Self::WHILE_GONE.map(str::to_owned);
        gone.filter(|_| Self::replace_order(changes) == ReplaceOrder::DeleteFirst)
    }

    /// What AWS uses for the resource right now, each with its kind and id, although a change to another one may be
    /// pending. A predecessor that is in use in this way is kept, and deleted by an apply after that change. Pure.
    fn uses(live: &Self::Live) -> Vec<(&'static str, String)> {
        let _ = live;
        Vec::new()
    }

    /// What the resource reports about itself where it can be used, from what `find` has read. Only `status` asks: an
    /// apply has nothing to do about it.
    fn condition(ctx: &Ctx<Self::Clients>, id: &str, live: &Self::Live) -> Condition {
        let _ = (ctx, id, live);
        Condition::Healthy
    }

    /// What `status` shows of the resource beyond its health. May read more from AWS than `find` does.
    fn details(
        ctx: &Ctx<Self::Clients>,
        id: &str,
        live: &Self::Live,
    ) -> impl Future<Output = Result<Details>> {
        let _ = (ctx, id, live);
        async { Ok(Details::new()) }
    }

    /// The order of a replacement that these changes require.
    fn replace_order(changes: &[Change]) -> ReplaceOrder {
        let _ = changes;
        ReplaceOrder::CreateFirst
    }

    /// What still uses the resource, for people. Called when AWS has refused its delete for 30 s.
    fn in_use_by(
        ctx: &Ctx<Self::Clients>,
        id: &str,
    ) -> impl Future<Output = Result<Option<String>>> {
        let _ = (ctx, id);
        async { Ok(None) }
    }
}
