//! Gets the outputs of other slices: from the pipe where their program is in it, otherwise from the state store.

use crate::error::{Error, Result};
use crate::outputs::{Output, SliceInputs};
use crate::pipe::session::PipeSession;
use crate::pipe::upstream::Upstream;
use crate::resource::external_outputs::ExternalOutputs;
use crate::resource::input::Reference;
use crate::resource::parts::Node;
use crate::resource::slice::Slice;
use crate::stack::StackId;
use crate::state::document::Document;
use crate::state::store::{Key, Store};
use futures_util::future::try_join_all;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Resolves references to outputs of other slices.
pub struct OutputResolver {
    upstream: Rc<Upstream>,
    store: Rc<dyn Store>,
    stack: StackId,
    known: RefCell<BTreeMap<Reference, Value>>,
    /// The states of other slices that were read. In a shared store, each read is a call.
    read: RefCell<BTreeMap<String, Document>>,
}

impl OutputResolver {
    /// A resolver for the program of this session. It has resolved nothing yet.
    pub fn new(pipe: &PipeSession) -> Rc<Self> {
        Rc::new(Self {
            upstream: pipe.upstream.clone(),
            store: pipe.store.clone(),
            stack: pipe.stack.id(),
            known: RefCell::default(),
            read: RefCell::default(),
        })
    }

    /// The value of an output if it is known now, without waiting.
    pub fn get(&self, reference: &Reference) -> Option<Value> {
        if let Some(value) = self.known.borrow().get(reference) {
            return Some(value.clone());
        }
        match reference {
            Reference::Output(slice, name) => self.upstream.output(slice, name).flatten(),
            Reference::Attribute(..) => None,
        }
    }

    /// Whether a plan upstream deletes what an output comes from before its successor exists, so that what uses it must
    /// be replaced, too. Not for a slice in [`Slice::OPTIONAL_INPUTS`]: what only watches a resource does not hold it.
    pub fn is_deleted_first<S: Slice>(&self, reference: &Reference) -> bool {
        let Reference::Output(slice, name) = reference else {
            return false;
        };
        let watches = S::OPTIONAL_INPUTS.iter().any(|one| one.slice == slice);
        !watches && self.upstream.is_deleted_first(slice, name)
    }

    /// The inputs that `S` names in [`Slice::OPTIONAL_INPUTS`] and [`Slice::REQUIRED_INPUTS`]. Waits for those that
    /// come down the pipe.
    pub async fn inputs<S: Slice>(&self) -> Result<ExternalOutputs> {
        let mut others = ExternalOutputs::default();
        let all = S::OPTIONAL_INPUTS.iter().chain(S::REQUIRED_INPUTS);
        let stored = all.filter(|one| !self.upstream.gives(one.slice));
        self.read_all(stored.map(|one| one.slice)).await?;
        for SliceInputs { slice, outputs } in S::OPTIONAL_INPUTS.iter().chain(S::REQUIRED_INPUTS) {
            if self.upstream.gives(slice) {
                let mut seen = BTreeMap::new();
                for name in outputs.iter().map(Output::name) {
                    let value = self.upstream.wait_optional_output(slice, name).await?;
                    seen.extend(value.map(|value| (name.to_owned(), value)));
                }
                others.add_from_pipe(slice, seen);
            } else if let Some(document) = self.document(slice).await? {
                others.add_from_state(slice, document.outputs);
            }
        }
        Ok(others)
    }

    /// Resolves the outputs that these resources need, and waits for those from the pipe. Returns the names of those
    /// that neither the pipe nor the store has, as `slice.output`.
    pub async fn resolve<'a>(&self, nodes: impl Iterator<Item = &'a Node>) -> Result<Vec<String>> {
        let needed: BTreeSet<(String, String)> = nodes.flat_map(Node::needs_outputs).collect();
        let mut missing = Vec::new();
        let stored = needed.iter().map(|(slice, _)| slice.as_str());
        self.read_all(stored.filter(|slice| !self.upstream.has(slice)))
            .await?;
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

    /// Reads the states of these slices, all at the same time.
    async fn read_all<'a>(&self, slices: impl Iterator<Item = &'a str>) -> Result<()> {
        let slices: BTreeSet<&str> = slices.collect();
        try_join_all(slices.into_iter().map(|slice| self.document(slice))).await?;
        Ok(())
    }

    /// The state of another slice, read once; again where there was none.
    async fn document(&self, slice: &str) -> Result<Option<Document>> {
        if let Some(document) = self.read.borrow().get(slice) {
            return Ok(Some(document.clone()));
        }
        let key = Key {
            stack: self.stack.clone(),
            slice: slice.to_owned(),
        };
        let stored = self.store.load(&key).await?;
        let document = stored.map(|stored| stored.document);
        if let Some(document) = &document {
            let mut read = self.read.borrow_mut();
            read.insert(slice.to_owned(), document.clone());
        }
        Ok(document)
    }

    async fn stored(&self, slice: &str, name: &str) -> Result<Option<Value>> {
        let value = |document: Option<Document>| document?.outputs.remove(name);
        match value(self.document(slice).await?) {
            Some(value) => Ok(Some(value)),
            None => {
                // Its program may have been applied meanwhile.
                self.read.borrow_mut().remove(slice);
                Ok(value(self.document(slice).await?))
            }
        }
    }
}

impl OutputResolver {
    /// Waits for an output of another slice. Fails where neither the pipe nor the store has it.
    pub async fn wait(&self, slice: &str, name: &str) -> Result<Value> {
        let value = if self.upstream.has(slice) {
            self.upstream.wait_output(slice, name).await?
        } else {
            self.stored(slice, name).await?
        };
        value.ok_or_else(|| {
            Error::upstream(format!("the output {slice}.{name} does not exist yet")).hint(format!(
                "apply rd-{slice} first, or put it before this program in the pipe"
            ))
        })
    }
}
