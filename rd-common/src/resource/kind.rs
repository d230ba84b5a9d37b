//! The seam between the engine and AWS: one type a kind of resource, one file a type.

use crate::error::Result;
use crate::resource::change::Change;
use crate::resource::ctx::Ctx;
use crate::stack::Tags;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::future::Future;
use std::time::Duration;

/// A resource that `find` is asked for.
#[derive(Clone, Debug)]
pub struct Wanted<S> {
    /// Its address, also the value of its `rd:address` tag.
    pub address: String,
    /// Its id, where the state knows one.
    pub id: Option<String>,
    /// What is wanted of it, or was last applied: for kinds without tags, whose identity is part of their spec.
    pub spec: Option<S>,
}

impl<S> Wanted<S> {
    /// Everything that carries the tags of the slice, whatever its address: what no state knows is found by it.
    pub fn any() -> Self {
        Self {
            address: String::new(),
            id: None,
            spec: None,
        }
    }

    /// Its id; else the name that is to be it, for kinds that are known by a name.
    pub fn id_or(&self, name: impl FnOnce(&S) -> &String) -> Option<String> {
        let named = || Some(name(self.spec.as_ref()?).clone());
        self.id.clone().or_else(named)
    }

    /// Whether it is [`Wanted::any`].
    pub fn is_any(&self) -> bool {
        self.address.is_empty()
    }
}

/// A resource that AWS has.
#[derive(Clone, Debug)]
pub struct Found<L> {
    /// The address it was found for.
    pub address: String,
    /// Its id.
    pub id: String,
    /// What AWS says of it.
    pub live: L,
    /// Its tags; none where the kind has no tags, or AWS did not tell them.
    pub tags: Option<Tags>,
}

/// What `create` gets.
#[derive(Clone, Debug)]
pub struct CreateRequest<'a, S> {
    /// The address.
    pub address: &'a str,
    /// What is wanted, every input known.
    pub spec: &'a S,
    /// The tags that the create call itself must set.
    pub tags: &'a Tags,
    /// A token that is the same for every attempt at this one resource: AWS's idempotency token where it has one.
    pub token: &'a str,
}

/// Whether a resource can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// It can.
    Ready,
    /// Not yet; AWS's word for why.
    Pending(String),
    /// Never; AWS's reason. It is replaced by the next apply.
    Failed(String),
    /// It cannot be used as it is and will not mend by itself, but what is in it is worth keeping and a change may help:
    /// AWS's reason, and what to do.
    Impaired(String, &'static str),
    /// It is on its way out: to a plan it is gone, to a delete it is still there.
    Leaving(String),
}

/// What `status` tells of a resource, in the order to be shown: name and value.
pub type Details = serde_json::Map<String, serde_json::Value>;

/// In which order a replacement is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplaceOrder {
    /// The new one first; the old one goes when nothing refers to it.
    CreateFirst,
    /// The old one first, because both cannot exist at once (same name, same block).
    DeleteFirst,
}

/// How long to wait for a resource of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// The least time it can take: the first look comes then.
    pub first: Duration,
    /// The shortest pause between two looks: what takes minutes is not asked for every moment.
    pub pause: Duration,
    /// When to give up.
    pub limit: Duration,
}

/// A kind of AWS resource: how to find, make, change and remove it. Every method is one AWS operation, or a batch of
/// reads; order, waiting, recording, retrying and recovery are the engine's.
pub trait Kind: 'static {
    /// The kind's name in addresses: AWS's term in snake case, such as `nat_gateway`.
    const NAME: &'static str;
    /// What we want, in our words, with no ids of AWS's making but as [`crate::Input`].
    type Spec: Serialize + DeserializeOwned + Clone;
    /// What AWS says there is, normalised where it is read.
    type Live: Serialize + DeserializeOwned + Clone;
    /// The AWS clients of the slice.
    type Clients;

    /// Waiting for one of this kind.
    const TIMEOUTS: Timeouts = Timeouts {
        first: Duration::ZERO,
        pause: Duration::from_millis(400),
        limit: Duration::from_secs(300),
    };

    /// Whether AWS owns it and we only shape it, as a VPC's default group: its delete undoes the shaping, and it stays.
    const RETAINED: bool = false;

    /// Whether one that is not wanted any more goes only when all else is made and changed, as a DNS name that clients
    /// still use. It must not be needed by what is replaced with the old one first.
    const DELETE_LAST: bool = false;

    /// Whether `find` leaves the tags out where the state knows the resource, since reading them costs a call each: they
    /// are compared with those last applied.
    const TAGS_NOT_READ: bool = false;

    /// Finds all of `wanted` in as few calls as AWS allows: by id where one is known, else by ownership tag or by
    /// the identity in the spec. What does not exist is left out; more than one match is returned as more than one.
    /// Asked for [`Wanted::any`], a kind that is found by tags returns all of them under the addresses of their tags;
    /// one that is found by its spec has no answer to that.
    fn find(
        ctx: &Ctx<Self::Clients>,
        wanted: &[Wanted<Self::Spec>],
    ) -> impl Future<Output = Result<Vec<Found<Self::Live>>>>;

    /// Creates it with its tags in one call, and returns its id at once. What the create call cannot set, `diff`
    /// reports and `update` sets right after. The call must not be retried by the SDK: the engine looks first.
    fn create(
        ctx: &Ctx<Self::Clients>,
        request: CreateRequest<'_, Self::Spec>,
    ) -> impl Future<Output = Result<String>>;

    /// Makes the changes that `diff` found, none of which replaces. Doing it twice does no harm.
    fn update(
        ctx: &Ctx<Self::Clients>,
        id: &str,
        live: &Self::Live,
        spec: &Self::Spec,
        changes: &[Change],
    ) -> impl Future<Output = Result<()>>;

    /// Deletes it; "not found" is success.
    fn delete(ctx: &Ctx<Self::Clients>, id: &str) -> impl Future<Output = Result<()>>;

    /// Sets and removes tags. Kinds without tags never get here.
    fn tag(
        ctx: &Ctx<Self::Clients>,
        id: &str,
        set: &Tags,
        remove: &[String],
    ) -> impl Future<Output = Result<()>> {
        let _ = (ctx, id, set, remove);
        async { Ok(()) }
    }

    /// What differs. Pure. `last` is the spec last applied, for fields that AWS does not report.
    fn diff(spec: &Self::Spec, live: &Self::Live, last: Option<&Self::Spec>) -> Vec<Change>;

    /// Whether it can be used.
    fn ready(live: &Self::Live) -> Readiness {
        let _ = live;
        Readiness::Ready
    }

    /// Refuses changes that must not be made at all, such as a replacement that would lose data, with the reason and
    /// what to do instead. Pure. `last` is the spec last applied; none where the state does not know the resource.
    fn validate(
        spec: &Self::Spec,
        live: &Self::Live,
        last: Option<&Self::Spec>,
        changes: &[Change],
    ) -> Result<()> {
        let _ = (spec, live, last, changes);
        Ok(())
    }

    /// Refuses to make anew what the state knows and AWS has no more, such as what held data; says what to do instead.
    fn allow_recreate(id: &str) -> Result<()> {
        let _ = id;
        Ok(())
    }

    /// What was asked for and AWS will do later by itself, as in a maintenance window: neither done nor drift.
    fn pending(live: &Self::Live) -> Option<String> {
        let _ = live;
        None
    }

    /// What `status` tells of it beside its health, by name. May ask AWS more than `find` does.
    fn details(
        ctx: &Ctx<Self::Clients>,
        id: &str,
        live: &Self::Live,
    ) -> impl Future<Output = Result<Details>> {
        let _ = (ctx, id, live);
        async { Ok(Details::new()) }
    }

    /// The order of a replacement that these changes ask for.
    fn replace_order(changes: &[Change]) -> ReplaceOrder {
        let _ = changes;
        ReplaceOrder::CreateFirst
    }

    /// What keeps a delete from going through, asked when AWS has refused it for a while.
    fn in_use_by(
        ctx: &Ctx<Self::Clients>,
        id: &str,
    ) -> impl Future<Output = Result<Option<String>>> {
        let _ = (ctx, id);
        async { Ok(None) }
    }
}
