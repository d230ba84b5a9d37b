//! Reads resources: all reads of one kind that start together are one call.

use crate::error::Result;
use crate::resource::any_kind::Kinds;
use crate::resource::batch::Batch;
use crate::resource::ctx::Ctx;
use crate::resource::kind::{Found, Wanted};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

type KindBatch = Rc<Batch<Wanted<Value>, Vec<Found<Value>>>>;

/// Reads resources from AWS, batched by kind.
pub struct Reader<C> {
    ctx: Rc<Ctx<C>>,
    kinds: Rc<Kinds<C>>,
    batches: RefCell<HashMap<String, KindBatch>>,
}

impl<C: 'static> Reader<C> {
    /// A reader of resources of these kinds.
    pub fn new(ctx: Rc<Ctx<C>>, kinds: Rc<Kinds<C>>) -> Rc<Self> {
        Rc::new(Self {
            ctx,
            kinds,
            batches: RefCell::default(),
        })
    }

    /// All resources of `kind` that match `wanted`; see [`crate::Kind::find`].
    pub async fn find(&self, kind: &str, wanted: Wanted<Value>) -> Result<Vec<Found<Value>>> {
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
