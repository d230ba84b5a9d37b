//! Looks whether another run creates the same resources at the same time, where AWS would accept both.

use crate::apply::step::{Executor, READ_ATTEMPTS};
use crate::error::Result;
use crate::plan::doubles::{Root, refuse_doubles, roots};
use crate::plan::planned::Planned;
use crate::resource::any_kind::AnyKind;
use crate::resource::wait::backoff;
use serde_json::Value;

impl<C: 'static> Executor<C> {
    /// Before a create: refuses where another run has just created a resource without a unique name, and, before the
    /// first resource that costs, where one of those that this run stands on exists twice.
    pub(super) async fn look_before_create(
        &self,
        planned: &Planned,
        spec: &Value,
        any: &dyn AnyKind<C>,
    ) -> Result<()> {
        let known = |address: &String| {
            self.session
                .read(|document| document.resources.contains_key(address))
        };
        // What is in the state may be what an interrupted create has left: that is looked for, and found, as ours.
        if any.no_unique_name() && !known(&planned.address) {
            let root = Root {
                address: planned.address.clone(),
                kind: planned.kind.clone(),
                id: None,
                deposed: Vec::new(),
                spec: spec.clone(),
            };
            refuse_doubles(&self.kinds, &self.reader, &[root]).await?;
        }
        if any.costs() {
            let look = || async {
                let all = self.session.read(|document| roots(&self.kinds, document));
                refuse_doubles(&self.kinds, &self.reader, &all).await
            };
            self.alone.get_or_try_init(look).await?;
        }
        Ok(())
    }

    /// After a create of a resource without a unique name: refuses where there are two. Looks until reads show the one
    /// that was created, since they would not show the other one before.
    pub(super) async fn look_after_create(
        &self,
        address: &str,
        any: &dyn AnyKind<C>,
    ) -> Result<()> {
        if !any.no_unique_name() {
            return Ok(());
        }
        let root = self.session.read(|document| {
            let resource = document.resources.get(address);
            resource.map(|resource| Root::stored(address, resource))
        });
        let Some(root) = root else {
            return Ok(());
        };
        for attempt in 0..READ_ATTEMPTS {
            let roots = std::slice::from_ref(&root);
            if refuse_doubles(&self.kinds, &self.reader, roots).await? {
                break;
            }
            self.ctx.pause(backoff(attempt)).await?;
        }
        Ok(())
    }
}
