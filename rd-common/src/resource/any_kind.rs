//! Kinds as trait objects: the engine works with JSON values, and each kind with types of its own.

use crate::error::{Error, Result};
use crate::resource::change::Change;
use crate::resource::ctx::Ctx;
use crate::resource::deletion::Deletion;
use crate::resource::kind::{
    Condition, CreateRequest, Details, Found, Kind, Readiness, ReplaceOrder, Timeouts, Wanted,
};
use crate::resource::slice::Note;
use crate::stack::Tags;
use futures_util::future::LocalBoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::rc::Rc;
use std::time::Duration;

/// A [`Kind`] whose specs and live resources are JSON values. Each method fails where a value does not fit the kind's
/// type.
pub trait AnyKind<C> {
    /// The same as [`Kind::TIMEOUTS`].
    fn timeouts(&self) -> Timeouts;
    /// The same as [`Kind::READS_IN_A_ROW`].
    fn reads_in_a_row(&self) -> u32;
    /// The same as [`Kind::RETAINED`].
    fn retained(&self) -> bool;
    /// The same as [`Kind::KEEPS_MEMBERS`].
    fn keeps_members(&self) -> &'static [&'static str];
    /// The same as [`Kind::not_managed`].
    fn not_managed(&self, live: &Value) -> Result<Vec<String>>;
    /// The same as [`Kind::IS_PART`].
    fn is_part(&self) -> bool;
    /// The same as [`Kind::IN_TAGS`].
    fn in_tags(&self) -> &'static [(&'static str, &'static str)];
    /// The same as [`Kind::keeps`].
    fn keeps(&self, live: &Value) -> Result<Vec<(&'static str, Value)>>;
    /// The same as [`Kind::DELETE_LAST`].
    fn delete_last(&self) -> bool;
    /// The same as [`Kind::TAGS_NOT_READ`].
    fn tags_not_read(&self) -> bool;
    /// The same as [`Kind::READS_BY_SPEC`].
    fn reads_by_spec(&self) -> bool;
    /// The same as [`Kind::NO_UNIQUE_NAME`].
    fn no_unique_name(&self) -> bool;
    /// The same as [`Kind::COSTS`].
    fn costs(&self) -> bool;
    /// The same as [`Kind::CHECKED_WITH_AWS`].
    fn checked_with_aws(&self) -> &'static [&'static str];
    /// The same as [`Kind::PREDECESSOR_MAY_STAY_AFTER`].
    fn predecessor_may_stay_after(&self) -> Option<Duration>;
    /// The same as [`Kind::find`].
    fn find<'a>(
        &self,
        ctx: &'a Ctx<C>,
        wanted: Vec<Wanted<Value>>,
    ) -> LocalBoxFuture<'a, Result<Vec<Found<Value>>>>;
    /// The same as [`Kind::create`].
    fn create<'a>(
        &self,
        ctx: &'a Ctx<C>,
        request: CreateRequest<'a, Value>,
    ) -> LocalBoxFuture<'a, Result<String>>;
    /// The same as [`Kind::complete`].
    fn complete<'a>(
        &self,
        ctx: &'a Ctx<C>,
        id: &'a str,
        spec: &'a Value,
    ) -> LocalBoxFuture<'a, Result<()>>;
    /// The same as [`Kind::update`].
    fn update<'a>(
        &self,
        ctx: &'a Ctx<C>,
        id: &'a str,
        live: &'a Value,
        spec: &'a Value,
        changes: &'a [Change],
    ) -> LocalBoxFuture<'a, Result<()>>;
    /// The same as [`Kind::delete`].
    fn delete<'a>(&self, ctx: &'a Ctx<C>, id: &'a str) -> LocalBoxFuture<'a, Result<Deletion>>;
    /// The same as [`Kind::tag`].
    fn tag<'a>(
        &self,
        ctx: &'a Ctx<C>,
        id: &'a str,
        set: &'a Tags,
        remove: &'a [String],
    ) -> LocalBoxFuture<'a, Result<()>>;
    /// The same as [`Kind::diff`].
    fn diff(&self, spec: &Value, live: &Value, last: Option<&Value>) -> Result<Vec<Change>>;
    /// The same as [`Kind::ready`].
    fn ready(&self, live: &Value) -> Result<Readiness>;
    /// The same as [`Kind::validate`].
    fn validate(
        &self,
        spec: &Value,
        live: &Value,
        last: Option<&Value>,
        changes: &[Change],
    ) -> Result<()>;
    /// The same as [`Kind::check_with_aws`].
    fn check_with_aws<'a>(
        &self,
        ctx: &'a Ctx<C>,
        spec: &'a Value,
        live: Option<&'a Value>,
        changes: &'a [Change],
    ) -> LocalBoxFuture<'a, Result<Vec<Note>>>;
    /// The same as [`Kind::created_by_aws`].
    fn created_by_aws(&self, live: &Value) -> Result<bool>;
    /// The same as [`Kind::may_import`].
    fn may_import(&self, spec: &Value, changes: &[Change]) -> Result<bool>;
    /// The same as [`Kind::allow_recreate`].
    fn allow_recreate(&self, id: &str) -> Result<()>;
    /// The same as [`Kind::pending`].
    fn pending(&self, live: &Value) -> Result<Option<String>>;
    /// The same as [`Kind::DATA`].
    fn data(&self) -> Option<&'static str>;
    /// The same as [`Kind::WHILE_GONE`].
    fn while_gone(&self) -> Option<&'static str>;
    /// The same as [`Kind::replacement_downtime`].
    fn replacement_downtime(&self, changes: &[Change]) -> Option<String>;
    /// The same as [`Kind::downtime`].
    fn downtime(&self, live: &Value, changes: &[Change]) -> Result<Option<String>>;
    /// The same as [`Kind::uses`].
    fn uses(&self, live: &Value) -> Result<Vec<(&'static str, String)>>;
    /// The same as [`Kind::condition`].
    fn condition(&self, ctx: &Ctx<C>, id: &str, live: &Value) -> Result<Condition>;
    /// The same as [`Kind::details`].
    fn details<'a>(
        &self,
        ctx: &'a Ctx<C>,
        id: &'a str,
        live: &'a Value,
    ) -> LocalBoxFuture<'a, Result<Details>>;
    /// The same as [`Kind::replace_order`].
    fn replace_order(&self, changes: &[Change]) -> ReplaceOrder;
    /// The same as [`Kind::in_use_by`].
    fn in_use_by<'a>(
        &self,
        ctx: &'a Ctx<C>,
        id: &'a str,
    ) -> LocalBoxFuture<'a, Result<Option<String>>>;
}

/// The resource kinds of a slice, by their names.
pub struct Kinds<C> {
    by_name: BTreeMap<&'static str, Rc<dyn AnyKind<C>>>,
}

impl<C: 'static> Kinds<C> {
    /// A slice without kinds; add them with [`Kinds::with`].
    pub fn new() -> Self {
        Self {
            by_name: BTreeMap::new(),
        }
    }

    /// Adds kind `K` under its name.
    #[must_use]
    pub fn with<K: Kind<Clients = C>>(mut self) -> Self {
        self.by_name
            .insert(K::NAME, Rc::new(Erased::<K>(PhantomData)));
        self
    }

    /// Every kind with its name, sorted by name.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, Rc<dyn AnyKind<C>>)> {
        self.by_name.iter().map(|(name, any)| (*name, any.clone()))
    }

    /// The kind with this name. Fails where another version of the program wrote the state, with kinds that this one
    /// lacks.
    pub fn get(&self, name: &str) -> Result<Rc<dyn AnyKind<C>>> {
        self.by_name.get(name).cloned().ok_or_else(|| {
            Error::failed(format!("unknown resource kind `{name}` in the state")).hint(
                "another version of this program wrote the state: use that version, or a newer one",
            )
        })
    }
}

impl<C: 'static> Default for Kinds<C> {
    fn default() -> Self {
        Self::new()
    }
}

struct Erased<K>(PhantomData<K>);

/// `what` names the value in the error, such as `the spec`.
fn typed<T: DeserializeOwned>(what: &str, value: &Value) -> Result<T> {
    T::deserialize(value).map_err(|e| Error::failed(format!("{what} has an unexpected form: {e}")))
}

fn untyped<T: Serialize>(value: &T) -> Result<Value> {
    serde_json::to_value(value)
        .map_err(|e| Error::failed(format!("a live resource cannot be written as JSON: {e}")))
}

impl<K: Kind> AnyKind<K::Clients> for Erased<K> {
    fn timeouts(&self) -> Timeouts {
        K::TIMEOUTS
    }

    fn reads_in_a_row(&self) -> u32 {
        K::READS_IN_A_ROW
    }

    fn retained(&self) -> bool {
        K::RETAINED
    }

    fn keeps_members(&self) -> &'static [&'static str] {
        K::KEEPS_MEMBERS
    }

    fn not_managed(&self, live: &Value) -> Result<Vec<String>> {
        Ok(K::not_managed(&typed("what AWS reports", live)?))
    }

    fn is_part(&self) -> bool {
        K::IS_PART
    }

    fn in_tags(&self) -> &'static [(&'static str, &'static str)] {
        K::IN_TAGS
    }

    fn keeps(&self, live: &Value) -> Result<Vec<(&'static str, Value)>> {
        Ok(K::keeps(&typed("what AWS reports", live)?))
    }

    fn delete_last(&self) -> bool {
        K::DELETE_LAST
    }

    fn tags_not_read(&self) -> bool {
        K::TAGS_NOT_READ
    }

    fn reads_by_spec(&self) -> bool {
        K::READS_BY_SPEC
    }

    fn no_unique_name(&self) -> bool {
        K::NO_UNIQUE_NAME
    }

    fn costs(&self) -> bool {
        K::COSTS
    }

    fn checked_with_aws(&self) -> &'static [&'static str] {
        K::CHECKED_WITH_AWS
    }

    fn predecessor_may_stay_after(&self) -> Option<Duration> {
        K::PREDECESSOR_MAY_STAY_AFTER
    }

    fn find<'a>(
        &self,
        ctx: &'a Ctx<K::Clients>,
        wanted: Vec<Wanted<Value>>,
    ) -> LocalBoxFuture<'a, Result<Vec<Found<Value>>>> {
        Box::pin(async move {
            let wanted: Vec<Wanted<K::Spec>> = wanted
                .into_iter()
                .map(|one| Wanted {
                    address: one.address,
                    id: one.id,
                    // The spec of an older version may not fit; the id is enough then.
                    spec: one.spec.and_then(|spec| serde_json::from_value(spec).ok()),
                })
                .collect();
            let found = K::find(ctx, &wanted).await?;
            found
                .into_iter()
                .map(|one| {
                    let mut live = untyped(&one.live)?;
                    ctx.hide_kept(&one.address, &one.id, &mut live);
                    Ok(Found {
                        live,
                        address: one.address,
                        id: one.id,
                        tags: one.tags,
                    })
                })
                .collect()
        })
    }

    fn create<'a>(
        &self,
        ctx: &'a Ctx<K::Clients>,
        request: CreateRequest<'a, Value>,
    ) -> LocalBoxFuture<'a, Result<String>> {
        Box::pin(async move {
            let spec: K::Spec = typed("the spec", request.spec)?;
            let request = CreateRequest {
                address: request.address,
                spec: &spec,
                tags: request.tags,
                token: request.token,
            };
            K::create(ctx, request).await
        })
    }

    fn complete<'a>(
        &self,
        ctx: &'a Ctx<K::Clients>,
        id: &'a str,
        spec: &'a Value,
    ) -> LocalBoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let spec: K::Spec = typed("the spec", spec)?;
            K::complete(ctx, id, &spec).await
        })
    }

    fn update<'a>(
        &self,
        ctx: &'a Ctx<K::Clients>,
        id: &'a str,
        live: &'a Value,
        spec: &'a Value,
        changes: &'a [Change],
    ) -> LocalBoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let live: K::Live = typed("what AWS reports", live)?;
            let spec: K::Spec = typed("the spec", spec)?;
            K::update(ctx, id, &live, &spec, changes).await
        })
    }

    fn delete<'a>(
        &self,
        ctx: &'a Ctx<K::Clients>,
        id: &'a str,
    ) -> LocalBoxFuture<'a, Result<Deletion>> {
        Box::pin(K::delete(ctx, id))
    }

    fn tag<'a>(
        &self,
        ctx: &'a Ctx<K::Clients>,
        id: &'a str,
        set: &'a Tags,
        remove: &'a [String],
    ) -> LocalBoxFuture<'a, Result<()>> {
        Box::pin(K::tag(ctx, id, set, remove))
    }

    fn diff(&self, spec: &Value, live: &Value, last: Option<&Value>) -> Result<Vec<Change>> {
        let spec: K::Spec = typed("the spec", spec)?;
        let live: K::Live = typed("what AWS reports", live)?;
        let last: Option<K::Spec> = last.and_then(|last| typed("the last spec", last).ok());
        Ok(K::diff(&spec, &live, last.as_ref()))
    }

    fn ready(&self, live: &Value) -> Result<Readiness> {
        Ok(K::ready(&typed("what AWS reports", live)?))
    }

    fn validate(
        &self,
        spec: &Value,
        live: &Value,
        last: Option<&Value>,
        changes: &[Change],
    ) -> Result<()> {
        let spec: K::Spec = typed("the spec", spec)?;
        let live: K::Live = typed("what AWS reports", live)?;
        let last: Option<K::Spec> = last.and_then(|last| typed("the last spec", last).ok());
        K::validate(&spec, &live, last.as_ref(), changes)
    }

    fn check_with_aws<'a>(
        &self,
        ctx: &'a Ctx<K::Clients>,
        spec: &'a Value,
        live: Option<&'a Value>,
        changes: &'a [Change],
    ) -> LocalBoxFuture<'a, Result<Vec<Note>>> {
        Box::pin(async move {
            let spec: K::Spec = typed("the spec", spec)?;
            let live = live.map(|live| typed::<K::Live>("what AWS reports", live));
            let live = live.transpose()?;
            K::check_with_aws(ctx, &spec, live.as_ref(), changes).await
        })
    }

    fn created_by_aws(&self, live: &Value) -> Result<bool> {
        Ok(K::created_by_aws(&typed("what AWS reports", live)?))
    }

    fn may_import(&self, spec: &Value, changes: &[Change]) -> Result<bool> {
        Ok(K::may_import(&typed("the spec", spec)?, changes))
    }

    fn allow_recreate(&self, id: &str) -> Result<()> {
        K::allow_recreate(id)
    }

    fn pending(&self, live: &Value) -> Result<Option<String>> {
        Ok(K::pending(&typed("what AWS reports", live)?))
    }

    fn data(&self) -> Option<&'static str> {
        K::DATA
    }

    fn while_gone(&self) -> Option<&'static str> {
        K::WHILE_GONE
    }

    fn replacement_downtime(&self, changes: &[Change]) -> Option<String> {
        K::replacement_downtime(changes)
    }

    fn downtime(&self, live: &Value, changes: &[Change]) -> Result<Option<String>> {
        Ok(K::downtime(&typed("what AWS reports", live)?, changes))
    }

    fn uses(&self, live: &Value) -> Result<Vec<(&'static str, String)>> {
        Ok(K::uses(&typed("what AWS reports", live)?))
    }

    fn condition(&self, ctx: &Ctx<K::Clients>, id: &str, live: &Value) -> Result<Condition> {
        Ok(K::condition(ctx, id, &typed("what AWS reports", live)?))
    }

    fn details<'a>(
        &self,
        ctx: &'a Ctx<K::Clients>,
        id: &'a str,
        live: &'a Value,
    ) -> LocalBoxFuture<'a, Result<Details>> {
        Box::pin(async move {
            let live: K::Live = typed("what AWS reports", live)?;
            K::details(ctx, id, &live).await
        })
    }

    fn replace_order(&self, changes: &[Change]) -> ReplaceOrder {
        K::replace_order(changes)
    }

    fn in_use_by<'a>(
        &self,
        ctx: &'a Ctx<K::Clients>,
        id: &'a str,
    ) -> LocalBoxFuture<'a, Result<Option<String>>> {
        Box::pin(K::in_use_by(ctx, id))
    }
}
