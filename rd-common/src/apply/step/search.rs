//! Searches for what a create may have created whose result is not known.

use crate::apply::step::Executor;
use crate::error::Result;
use crate::plan::create_and_delete_order::Delete;
use crate::plan::refresh::pick;
use crate::resource::kind::{Readiness, Wanted};
use crate::resource::visibility::look_again;
use crate::state::document::{Deposed, Phase, Resource};
use serde_json::Value;

/// What was created by an interrupted run, and found only at the end of this one.
#[derive(Clone, Debug)]
pub enum Late {
    /// Nothing else has its address: it is to be deleted, or an apply continues with it.
    Alone(Delete),
    /// Another resource has its address, so it is a predecessor now, which the next apply deletes.
    Predecessor {
        /// The address of both.
        address: String,
        /// The id of the predecessor.
        id: String,
    },
}

impl<C: 'static> Executor<C> {
    /// Searches for a resource that an earlier create call may have created, until reads would have shown it.
    pub(super) async fn find_created(
        &self,
        address: &str,
        kind: &str,
        spec: &Value,
    ) -> Result<Option<String>> {
        let entry = self
            .session
            .read(|document| document.resources.get(address).cloned());
        if let Some(entry) = &entry {
            let mut doubtful = self.done.doubtful.borrow_mut();
            doubtful.insert(address.to_owned(), entry.clone());
        }
        let read = async || {
            let wanted = Wanted {
                address: address.to_owned(),
                id: None,
                spec: Some(spec.clone()),
            };
            let mut found = self.reader.find(kind, wanted).await?;
            found.retain(|one| !self.has_deleted(kind, &one.id));
            pick(&self.ctx, &self.kinds, kind, found, entry.as_ref())
        };
        let found = match read().await? {
            Some(found) => Some(found),
            None => look_again(&self.ctx, read).await?,
        };
        Ok(found.map(|one| one.id))
    }

    /// Reads once more, at the end of a run, what creates without a known result may have created. What is found is in
    /// the state afterwards.
    pub async fn find_late(&self) -> Result<Vec<Late>> {
        let doubtful = self.done.doubtful.borrow().clone();
        let mut late = Vec::new();
        for (address, entry) in doubtful {
            let wanted = Wanted {
                address: address.clone(),
                id: None,
                spec: Some(entry.spec.clone()),
            };
            for found in self.reader.find(&entry.kind, wanted).await? {
                let any = self.kinds.get(&entry.kind)?;
                let ours = found.tags.as_ref();
                let ours = ours.is_some_and(|tags| self.ctx.stack.owns(self.ctx.slice, tags));
                let leaving = matches!(any.ready(&found.live)?, Readiness::Leaving(_));
                let known = self.session.read(|document| {
                    let mut known = document.kinds_and_ids();
                    known.any(|(kind, id)| kind == entry.kind && id == found.id)
                });
                let deleted = self.has_deleted(&entry.kind, &found.id);
                if ours && !leaving && !known && !deleted && !any.retained() {
                    late.push(self.record_late(&address, &entry, found.id));
                }
            }
        }
        if !late.is_empty() {
            self.session.save().await?;
        }
        Ok(late)
    }

    /// Whether this run has deleted the resource. Reads can still show it.
    pub(super) fn has_deleted(&self, kind: &str, id: &str) -> bool {
        let kind_and_id = (kind.to_owned(), id.to_owned());
        self.done.deleted.borrow().contains(&kind_and_id)
    }

    fn record_late(&self, address: &str, entry: &Resource, id: String) -> Late {
        self.session.change(|document| {
            let resources = &mut document.resources;
            let resource = resources.entry(address.to_owned());
            let resource = resource.or_insert_with(|| entry.clone());
            if resource.id.is_some() {
                resource.deposed.push(Deposed::new(&id));
                let address = address.to_owned();
                return Late::Predecessor { address, id };
            }
            resource.set_id(&id);
            resource.phase = Phase::Created;
            Late::Alone(Delete {
                address: address.to_owned(),
                kind: entry.kind.clone(),
                id: Some(id),
                replaced: false,
                seen: true,
            })
        })
    }
}
