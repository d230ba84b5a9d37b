//! The resources in the settings with the live resource for each, from which a plan is made.

use crate::error::{Error, Result};
use crate::pipe::output_resolver::OutputResolver;
use crate::pipe::slice_session::SliceSession;
use crate::plan::planned::Plan;
use crate::plan::planner::{OtherSlices, plan};
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

/// The result of a refresh, with what an apply of its plan needs.
pub struct Refreshed<S: Slice> {
    /// The context of every call to AWS.
    pub ctx: Rc<Ctx<S::Clients>>,
    /// The resource kinds of the slice.
    pub kinds: Rc<Kinds<S::Clients>>,
    /// Reads resources, batched by kind.
    pub reader: Rc<Reader<S::Clients>>,
    /// The resources in the settings, and the outputs.
    pub parts: Parts,
    /// What the list of resources depends on beyond the settings, such as the zones.
    pub discovered: S::Discovered,
    /// The resources as they are in AWS.
    pub observed: Observed,
}

impl<S: Slice> Refreshed<S> {
    /// Makes the slice's list of resources, and reads them and those in the state from AWS.
    pub async fn read(
        session: &SliceSession<S>,
        state: &Document,
        outputs: &OutputResolver,
    ) -> Result<Self> {
        let aws = session
            .aws
            .as_ref()
            .ok_or_else(|| Error::failed("a refresh needs access to AWS"))?;
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

    /// The slices whose outputs the resources use: those that must exist, and those of [`Slice::OPTIONAL_INPUTS`].
    pub fn needs(&self) -> (BTreeSet<String>, BTreeSet<String>) {
        let optional = S::OPTIONAL_INPUTS;
        let is_optional = |slice: &String| optional.iter().any(|inputs| inputs.slice == slice);
        self.parts
            .needs()
            .into_iter()
            .partition(|slice| !is_optional(slice))
    }

    /// The plan of an apply, with the outputs of other slices that are known by now.
    pub fn plan(&self, state: &Document, outputs: &OutputResolver) -> Result<Plan> {
        plan(
            &self.ctx.stack,
            &self.kinds,
            &self.parts,
            state,
            &self.observed,
            &OtherSlices {
                value: &|reference| outputs.get(reference),
                deleted_first: &|reference| outputs.is_deleted_first::<S>(reference),
            },
        )
    }
}
