//! The context of a program's own command: the slice's settings, its access to AWS, and its state.

use crate::aws::{self, Aws};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::resource::ctx::Ctx;
use crate::resource::signal::Cancel;
use crate::resource::slice::Slice;
use crate::state::document::{Document, Resource};

/// The context of a command of slice `S` that makes no plan, such as `deploy`.
pub struct SliceContext<S: Slice> {
    /// Clients, stack, clock and progress, as the kinds get them.
    pub ctx: Ctx<S::Clients>,
    /// The slice's section of `rd.toml`, checked.
    pub config: S::Config,
    /// The slice's state when the command began.
    pub state: Document,
}

impl<S: Slice> SliceContext<S> {
    /// Loads the settings and the state, and connects to AWS. Fails where the slice was never applied.
    pub async fn open(context: &Context) -> Result<Self> {
        let key = context.key(S::NAME);
        let config: S::Config = context.settings.section(S::NAME)?;
        context
            .settings
            .reject(Some(S::NAME), &S::check(&config, &context.stack))?;
        let state = context
            .store
            .load(&key)
            .await?
            .map(|stored| stored.document);
        let state = state.filter(|state| !state.resources.is_empty());
        let state = state.ok_or_else(|| {
            let stack = context.stack.name();
            Error::failed(format!("rd-{} was never applied for {stack}", S::NAME)).hint(format!(
                "run rd-{} apply first, or check --environment",
                S::NAME
            ))
        })?;
        state.belongs_to(&context.stack, S::NAME, &context.store.location(&key))?;
        let aws = Aws::connect(&context.access, &context.stack.region).await?;
        let account = aws::account(&aws).await?;
        let _ = context.stack.account.set(account);
        let cancel = Cancel::on_signals()
            .map_err(|e| Error::failed(format!("cannot watch for signals: {e}")))?;
        Ok(Self {
            ctx: Ctx::new(
                S::clients(&aws, &context.stack, &config),
                S::NAME,
                context.stack.clone(),
                cancel,
                context.progress.clone(),
            ),
            config,
            state,
        })
    }

    /// The resource at an address, with its id. Fails where the state has none.
    pub fn resource(&self, address: &str) -> Result<(&Resource, &str)> {
        let resource = self.state.resources.get(address);
        resource
            .and_then(|resource| Some((resource, resource.id.as_deref()?)))
            .ok_or_else(|| {
                Error::failed(format!("{address} does not exist"))
                    .hint(format!("run rd-{} apply", S::NAME))
            })
    }

    /// The spec last applied of the resource at an address. Fails where the state has none.
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
