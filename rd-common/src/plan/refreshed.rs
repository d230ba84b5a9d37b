//! The resources in the settings with the live resource for each, from which a plan is made.

use crate::error::{Error, Result};
use crate::pipe::output_resolver::OutputResolver;
use crate::pipe::slice_session::SliceSession;
use crate::plan::checked_with_aws::check_with_aws;
use crate::plan::given::use_given;
use crate::plan::planned::Plan;
use crate::plan::planner::{OtherSlices, plan};
use crate::plan::read_ahead::{Ahead, ReadAhead, Reading};
use crate::plan::refresh::{Observed, refresh};
use crate::resource::any_kind::Kinds;
use crate::resource::ctx::Ctx;
use crate::resource::external_outputs::ExternalOutputs;
use crate::resource::input::Reference;
use crate::resource::parts::Parts;
use crate::resource::reader::Reader;
use crate::resource::slice::{Note, Slice};
use crate::state::document::Document;
use crate::state::session::LoadedState;
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
    /// Reads the resources in the state, makes the slice's list of resources, and reads those that are not in the state.
    pub async fn read(
        session: &SliceSession<S>,
        state: &Document,
        outputs: &OutputResolver,
    ) -> Result<Self> {
        Self::read_whole(session, state, outputs, false).await
    }

    /// As [`Refreshed::read`], with what belongs to the resources of the state as a part of them, whoever has made it.
    pub async fn read_with_parts(
        session: &SliceSession<S>,
        state: &Document,
        outputs: &OutputResolver,
    ) -> Result<Self> {
        Self::read_whole(session, state, outputs, true).await
    }

    async fn read_whole(
        session: &SliceSession<S>,
        state: &Document,
        outputs: &OutputResolver,
        adopts_parts: bool,
    ) -> Result<Self> {
        let aws = session
            .aws
            .as_ref()
            .ok_or_else(|| Error::failed("a refresh needs access to AWS"))?;
        let reading = Reading::new(Ctx::new(
            S::clients(aws, &session.stack, &session.config),
            S::NAME,
            session.stack.clone(),
            session.cancel.clone(),
            session.progress.clone(),
        ));
        reading.ctx.adopts_parts.set(adopts_parts);
        let step = session.progress.step(S::NAME, false);
        step.say("refreshing");
        // What an apply compares must not have been read long before: it may wait for minutes for its inputs.
        let inputs = outputs.inputs::<S>().await?;
        reading.reader.read_ahead(state).await;
        Self::complete(session, state, outputs, reading, &inputs).await
    }

    /// As [`Refreshed::read`], with the state and the reads of `ahead`, for a command that changes nothing.
    pub async fn read_early(
        session: &SliceSession<S>,
        outputs: &OutputResolver,
        ahead: ReadAhead<S>,
    ) -> Result<(LoadedState, Self)> {
        let step = session.progress.step(S::NAME, false);
        step.say("refreshing");
        let state = match ahead.finish(session).await? {
            Ahead::State(state, reading) => {
                let inputs = outputs.inputs::<S>().await?;
                let document = &state.document;
                let refreshed =
                    Self::complete(session, document, outputs, reading, &inputs).await?;
                return Ok((*state, refreshed));
            }
            Ahead::NoState => {
                LoadedState::or_empty(None, || Document::empty(&session.stack, S::NAME))
            }
            Ahead::Nothing => session.load_state().await?,
        };
        let refreshed = Self::read(session, &state.document, outputs).await?;
        Ok((state, refreshed))
    }

    async fn complete(
        session: &SliceSession<S>,
        state: &Document,
        outputs: &OutputResolver,
        reading: Reading<S>,
        inputs: &ExternalOutputs,
    ) -> Result<Self> {
        let Reading { ctx, kinds, reader } = reading;
        let (clients, stack) = (Some(&ctx.clients), &ctx.stack);
        let seen = |address: &str| {
            let id = state.resources.get(address)?.id.as_deref()?;
            reader.seen_ahead(address, id)
        };
        let mut discovered = S::discover(clients, stack, &session.config, state, &seen).await?;
        S::use_outputs(&mut discovered, inputs);
        let mut parts = S::parts(stack, &session.config, &discovered);
        use_given(&mut parts.nodes, state);
        let known = |reference: &Reference| outputs.get(reference);
        let observed = refresh(&ctx, &kinds, &reader, &parts.nodes, state, &known).await?;
        reader.forget_ahead();
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

    /// As [`Refreshed::plan`], after AWS was asked about what it creates and changes, with what the user has to know.
    pub async fn checked_plan(
        &self,
        state: &Document,
        outputs: &OutputResolver,
    ) -> Result<(Plan, Vec<Note>)> {
        let mut plan = self.plan(state, outputs)?;
        let notes = check_with_aws(&self.ctx, &self.kinds, &mut plan).await?;
        Ok((plan, notes))
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
