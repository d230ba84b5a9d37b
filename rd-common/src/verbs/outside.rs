//! The outputs of other slices, as a slice gets at them.

use crate::engine::run::Outside;
use crate::error::{Error, Result};
use crate::model::input::Reference;
use crate::model::others::Others;
use crate::model::parts::Node;
use crate::model::slice::Slice;
use crate::state::document::Document;
use crate::state::store::{Key, Store};
use crate::verbs::pipe::Pipe;
use crate::wire::upstream::Upstream;
use futures_util::future::LocalBoxFuture;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Outputs of other slices, from the pipe where their program is in it, else from the store.
pub(crate) struct Outputs {
    upstream: Rc<Upstream>,
    store: Rc<dyn Store>,
    stack: String,
    known: RefCell<BTreeMap<Reference, Value>>,
}

impl Outputs {
    pub(crate) fn new<S: Slice>(pipe: &Pipe<S>) -> Rc<Self> {
        Rc::new(Self {
            upstream: pipe.upstream.clone(),
            store: pipe.store.clone(),
            stack: pipe.stack.name(),
            known: RefCell::default(),
        })
    }

    /// What is known by now.
    pub(crate) fn get(&self, reference: &Reference) -> Option<Value> {
        if let Some(value) = self.known.borrow().get(reference) {
            return Some(value.clone());
        }
        match reference {
            Reference::Output(slice, name) => self.upstream.output(slice, name).flatten(),
            Reference::Attribute(..) => None,
        }
    }

    /// What the slices give that `S` looks at: those in the pipe are waited for until the outputs named have come.
    pub(crate) async fn look<S: Slice>(&self) -> Result<Others> {
        let mut others = Others::default();
        for (slice, names) in S::LOOKS_AT.iter().chain(S::READS) {
            if self.upstream.gives(slice) {
                let mut seen = BTreeMap::new();
                for name in *names {
                    let value = self.upstream.look_for(slice, name).await?;
                    seen.extend(value.map(|value| ((*name).to_owned(), value)));
                }
                others.coming(slice, seen);
            } else if let Some(document) = self.document(slice).await? {
                others.stored(slice, document.outputs);
            }
        }
        Ok(others)
    }

    /// Learns what these nodes need, waiting for the pipe. What is nowhere stays unknown, and is returned.
    pub(crate) async fn learn<'a>(
        &self,
        nodes: impl Iterator<Item = &'a Node>,
    ) -> Result<Vec<String>> {
        let needed: BTreeSet<(String, String)> = nodes.flat_map(Node::needs_outputs).collect();
        let mut missing = Vec::new();
        for (slice, name) in needed {
            let value = if self.upstream.has(&slice) {
                self.upstream.wait_output(&slice, &name).await?
            } else {
                let stored = self.stored(&slice, &name).await?;
                if stored.is_none() {
                    missing.push(format!("{slice}.{name}"));
                }
                stored
            };
            if let Some(value) = value {
                self.known
                    .borrow_mut()
                    .insert(Reference::Output(slice, name), value);
            }
        }
        Ok(missing)
    }

    async fn document(&self, slice: &str) -> Result<Option<Document>> {
        let key = Key {
            stack: self.stack.clone(),
            slice: slice.to_owned(),
        };
        self.store.load(&key).await
    }

    async fn stored(&self, slice: &str, name: &str) -> Result<Option<Value>> {
        let document = self.document(slice).await?;
        Ok(document.and_then(|mut document| document.outputs.remove(name)))
    }
}

impl Outside for Outputs {
    fn output<'a>(&'a self, slice: &'a str, name: &'a str) -> LocalBoxFuture<'a, Result<Value>> {
        Box::pin(async move {
            let value = if self.upstream.has(slice) {
                self.upstream.wait_output(slice, name).await?
            } else {
                self.stored(slice, name).await?
            };
            value.ok_or_else(|| {
                Error::upstream(format!("the output {slice}.{name} is not there")).hint(format!(
                    "apply rd-{slice} first, or put it before this program in the pipe"
                ))
            })
        })
    }
}
