//! The resources that a slice wants, with what AWS has for each: what a plan is made from.

use crate::error::{Error, Result};
use crate::pipe::output_resolver::OutputResolver;
use crate::pipe::slice_session::SliceSession;
use crate::plan::planner::{Plan, plan};
use crate::plan::refresh::{Observed, refresh};
use crate::resource::any_kind::Kinds;
use crate::resource::ctx::Ctx;
use crate::resource::input::Reference;
use crate::resource::parts::Parts;
use crate::resource::reader::Reader;
use crate::resource::slice::Slice;
use crate::state::document::Document;
use std::collections::BTreeSet;
use std::rc::Rc;

/// The result of a refresh, and what an apply needs to carry on from it.
pub struct Refreshed<S: Slice> {
    /// What the kinds' calls need.
    pub ctx: Rc<Ctx<S::Clients>>,
    /// The kinds of the slice.
    pub kinds: Rc<Kinds<S::Clients>>,
    /// Batches reads by kind.
    pub reader: Rc<Reader<S::Clients>>,
    /// The wanted resources and the outputs.
    pub parts: Parts,
    /// What the settings leave to AWS, such as the zones.
    pub discovered: S::Discovered,
    /// What AWS has.
    pub observed: Observed,
}

impl<S: Slice> Refreshed<S> {
    /// Makes the slice's list of resources and reads what AWS has for it and for everything in the state.
    pub async fn read(
        session: &SliceSession<S>,
        state: &Document,
        outputs: &OutputResolver,
    ) -> Result<Self> {
        let aws = session
            .aws
            .as_ref()
            .ok_or_else(|| Error::failed("there is no access to AWS"))?;
        let ctx = Rc::new(Ctx::new(
            S::clients(aws),
            S::NAME,
            session.stack.clone(),
            session.cancel.clone(),
            session.progress.clone(),
        ));
        let (clients, stack) = (Some(&ctx.clients), &ctx.stack);
        let mut discovered = S::discover(clients, stack, &session.config, state).await?;
        S::use_outputs(&mut discovered, &outputs.inputs::<S>().await?);
        let parts = S::parts(stack, &session.config, &discovered);
        let kinds = Rc::new(S::kinds());
        let reader = Reader::new(ctx.clone(), kinds.clone());
        let step = ctx.progress.step(S::NAME, false);
        step.say("refreshing");
        let known = |reference: &Reference| outputs.get(reference);
        let observed = refresh(&ctx, &kinds, &reader, &parts.nodes, state, &known).await?;
        Ok(Self {
            ctx,
            kinds,
            reader,
            parts,
            discovered,
            observed,
        })
    }

    /// The slices whose outputs the resources use: those that they need, and those of [`Slice::OPTIONAL_INPUTS`].
    pub fn needs(&self) -> (BTreeSet<String>, BTreeSet<String>) {
        let is_optional = |slice: &String| S::OPTIONAL_INPUTS.iter().any(|(name, _)| name == slice);
        self.parts
            .needs()
            .into_iter()
            .partition(|slice| !is_optional(slice))
    }

    /// The plan of an apply, from what there is and the outputs known by now.
    pub fn plan(&self, state: &Document, outputs: &OutputResolver) -> Result<Plan> {
        plan(
            &self.ctx.stack,
            &self.kinds,
            &self.parts,
            state,
            &self.observed,
            &|reference| outputs.get(reference),
        )
    }
}
