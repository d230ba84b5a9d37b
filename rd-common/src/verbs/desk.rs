//! What a verb that only one program has works at: its settings, its access to AWS, and what the state remembers.

use crate::aws::{self, Aws};
use crate::cli::Program;
use crate::engine::cx::Cx;
use crate::engine::signal::Cancel;
use crate::engine::wait::Clock;
use crate::error::{Error, Result};
use crate::model::slice::Slice;
use crate::state::document::{Document, Resource};
use std::cell::RefCell;

/// A desk for a verb of slice `S`.
pub struct Desk<S: Slice> {
    /// The context, with the clients.
    pub cx: Cx<S::Clients>,
    /// The settings.
    pub config: S::Config,
    /// What was last applied.
    pub state: Document,
}

impl<S: Slice> Desk<S> {
    /// Opens it. Fails where the slice was never applied.
    pub async fn open(program: &Program) -> Result<Self> {
        let key = program.key(S::NAME);
        let config: S::Config = program.loaded.section(S::NAME)?;
        program
            .loaded
            .reject(Some(S::NAME), &S::check(&config, &program.stack))?;
        let state = program.store.load(&key).await?;
        let state = state.filter(|state| !state.resources.is_empty());
        let state = state.ok_or_else(|| {
            let stack = program.stack.name();
            Error::failed(format!("rd-{} was never applied for {stack}", S::NAME)).hint(format!(
                "run rd-{} apply first, or check --environment",
                S::NAME
            ))
        })?;
        state.belongs_to(&program.stack, S::NAME, &program.store.place(&key))?;
        let aws = Aws::connect(&program.access, &program.stack.region).await?;
        let account = aws::account(&aws).await?;
        let _ = program.stack.account.set(account);
        let cancel = Cancel::on_signals()
            .map_err(|e| Error::failed(format!("signals cannot be watched: {e}")))?;
        Ok(Self {
            cx: Cx {
                clients: S::clients(&aws),
                slice: S::NAME,
                stack: program.stack.clone(),
                clock: Clock::from_env(),
                cancel,
                progress: program.progress.clone(),
                known_ids: RefCell::default(),
            },
            config,
            state,
        })
    }

    /// The resource at an address, and its id.
    pub fn resource(&self, address: &str) -> Result<(&Resource, &str)> {
        let resource = self.state.resources.get(address);
        resource
            .and_then(|resource| Some((resource, resource.id.as_deref()?)))
            .ok_or_else(|| {
                Error::failed(format!("{address} is not there"))
                    .hint(format!("run rd-{} apply", S::NAME))
            })
    }

    /// The spec with which the resource at an address was last applied.
    pub fn spec<T: serde::de::DeserializeOwned>(&self, address: &str) -> Result<T> {
        let (resource, _) = self.resource(address)?;
        T::deserialize(&resource.spec).map_err(|e| {
            Error::failed(format!(
                "{address} has an unexpected form in the state: {e}"
            ))
            .hint(format!("run rd-{} apply with this version first", S::NAME))
        })
    }
}
