//! Reads resources: all reads of one kind that start together are one call. What the state knows by id can be read
//! ahead, before anything else is known.

use crate::error::Result;
use crate::resource::any_kind::Kinds;
use crate::resource::batch::Batch;
use crate::resource::ctx::Ctx;
use crate::resource::input::{as_join, as_reference};
use crate::resource::kind::{Found, Wanted};
use crate::state::document::Document;
use futures_util::future::join_all;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

type KindBatch = Rc<Batch<Wanted<Value>, Vec<Found<Value>>>>;

/// What was read ahead for an id, and the spec that it was read with.
struct Ahead {
    spec: Option<Value>,
    found: Result<Vec<Found<Value>>>,
}

/// Reads resources from AWS, batched by kind.
pub struct Reader<C> {
    ctx: Rc<Ctx<C>>,
    kinds: Rc<Kinds<C>>,
    batches: RefCell<HashMap<String, KindBatch>>,
    /// By address and id.
    ahead: RefCell<HashMap<(String, String), Ahead>>,
}

impl<C: 'static> Reader<C> {
    /// A reader of resources of these kinds.
    pub fn new(ctx: Rc<Ctx<C>>, kinds: Rc<Kinds<C>>) -> Rc<Self> {
        Rc::new(Self {
            ctx,
            kinds,
            batches: RefCell::default(),
            ahead: RefCell::default(),
        })
    }

    /// Reads everything that the state knows by id. The first [`Reader::find`] of each then makes no call.
    pub async fn read_ahead(&self, state: &Document) {
        self.ctx.know(state);
        let reads = state.resources.iter().flat_map(|(address, resource)| {
            let deposed = resource.deposed.iter().map(|old| &old.id);
            let ids = resource.id.iter().chain(deposed);
            ids.map(async move |id| {
                let spec = Some(resource.spec.clone());
                let wanted = Wanted {
                    address: address.clone(),
                    id: Some(id.clone()),
                    spec: spec.clone(),
                };
                let found = self.read(&resource.kind, wanted).await;
                ((address.clone(), id.clone()), Ahead { spec, found })
            })
        });
        let read = join_all(reads).await;
        self.ahead.borrow_mut().extend(read);
    }

    /// What was read ahead of the resource at an address with this id; none where it was not found or read.
    pub fn seen_ahead(&self, address: &str, id: &str) -> Option<Value> {
        let ahead = self.ahead.borrow();
        let read = ahead.get(&(address.to_owned(), id.to_owned()))?;
        let found = read.found.as_ref().ok()?;
        let one = found.iter().find(|one| one.id == id)?;
        Some(one.live.clone())
    }

    /// Forgets what was read ahead: every find is a call again.
    pub fn forget_ahead(&self) {
        self.ahead.borrow_mut().clear();
    }

    /// All resources of `kind` that match `wanted`; see [`crate::Kind::find`].
    pub async fn find(&self, kind: &str, wanted: Wanted<Value>) -> Result<Vec<Found<Value>>> {
        match self.take_ahead(kind, &wanted)? {
            Some(found) => found,
            None => self.read(kind, wanted).await,
        }
    }

    /// What was read ahead for `wanted`; none where it was not, or with a spec for which the kind reads something else.
    fn take_ahead(
        &self,
        kind: &str,
        wanted: &Wanted<Value>,
    ) -> Result<Option<Result<Vec<Found<Value>>>>> {
        let Some(id) = &wanted.id else {
            return Ok(None);
        };
        let key = (wanted.address.clone(), id.clone());
        let Some(read) = self.ahead.borrow_mut().remove(&key) else {
            return Ok(None);
        };
        let fits = !self.kinds.get(kind)?.reads_by_spec()
            || match (&wanted.spec, &read.spec) {
                (Some(wanted), Some(read)) => agrees(wanted, read),
                _ => false,
            };
        Ok(fits.then_some(read.found))
    }

    async fn read(&self, kind: &str, wanted: Wanted<Value>) -> Result<Vec<Found<Value>>> {
        let address = wanted.address.clone();
        let all = self.batch(kind)?.ask(wanted).await?;
        Ok(all
            .iter()
            .filter(|found| found.address == address)
            .cloned()
            .collect())
    }

    fn batch(&self, kind: &str) -> Result<KindBatch> {
        if let Some(batch) = self.batches.borrow().get(kind) {
            return Ok(batch.clone());
        }
        let any = self.kinds.get(kind)?;
        let ctx = self.ctx.clone();
        let batch = Batch::new(move |wanted| {
            let (any, ctx) = (any.clone(), ctx.clone());
            Box::pin(async move { any.find(&ctx, wanted).await })
        });
        self.batches
            .borrow_mut()
            .insert(kind.to_owned(), batch.clone());
        Ok(batch)
    }
}

/// Whether a spec is the one last applied, as far as its values are known.
fn agrees(spec: &Value, last: &Value) -> bool {
    if as_reference(spec).is_some() || as_join(spec).is_some() {
        return true;
    }
    match (spec, last) {
        (Value::Array(some), Value::Array(others)) => {
            let mut pairs = some.iter().zip(others);
            some.len() == others.len() && pairs.all(|(one, other)| agrees(one, other))
        }
        (Value::Object(some), Value::Object(others)) => {
            let known = |(key, one): (&String, &Value)| {
                others.get(key).is_some_and(|other| agrees(one, other))
            };
            some.len() == others.len() && some.iter().all(known)
        }
        (one, other) => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_that_is_not_known_agrees_with_any() {
        let last = json!({"cpu": 256, "role": "arn:role", "secrets": ["arn:secret:url"]});
        let same = json!({"cpu": 256, "role": {"$ref": "ecs.role.task.arn"},
                          "secrets": [{"$join": [{"$ref": "data.secret_arn"}, ":url"]}]});
        assert!(agrees(&last, &last) && agrees(&same, &last));
        for other in [
            json!({"cpu": 512, "role": "arn:role", "secrets": ["arn:secret:url"]}),
            json!({"cpu": 256, "role": "arn:role", "secrets": []}),
            json!({"cpu": 256, "role": "arn:role"}),
        ] {
            assert!(!agrees(&other, &last) && !agrees(&last, &other), "{other}");
        }
    }
}
