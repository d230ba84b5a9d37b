//! What a program says of its slice; the shared verbs do the rest.

use crate::aws::Aws;
use crate::error::Result;
use crate::resource::any_kind::Kinds;
use crate::resource::ctx::Ctx;
use crate::resource::external_outputs::ExternalOutputs;
use crate::resource::parts::Parts;
use crate::settings::problem::Problem;
use crate::stack::Stack;
use crate::state::document::Document;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::future::Future;

/// What a destroy is about to delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteTarget {
    /// Its address.
    pub address: String,
    /// Its kind.
    pub kind: String,
    /// Its id, unique among its kind.
    pub id: String,
}

/// Something to tell that is no error: a sentence, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What is so.
    pub summary: String,
    /// What to do about it.
    pub hint: String,
}

/// One program's part of a stack.
pub trait Slice: 'static {
    /// Its name: the first part of its addresses, and its section in `rd.toml`.
    const NAME: &'static str;
    /// Its section of `rd.toml`, with a default for every key.
    type Config: Serialize + DeserializeOwned + Default + Clone;
    /// Its AWS clients.
    type Clients: 'static;
    /// What the configuration leaves to AWS to say, such as the zones of a region.
    type Discovered: Clone;
    /// Flags that only its `destroy` has.
    type DestroyArgs: clap::Args;

    /// The slices without which this one does as well, each with the outputs that its parts list depends on, such as
    /// how many of something there are. They are read before the list is made: from the pipe, where they are waited
    /// for, or the store. Such a slice can be destroyed before this one; its next apply does without.
    const OPTIONAL_INPUTS: &'static [(&'static str, &'static [&'static str])] = &[];

    /// Outputs that are read before the parts list is made as well, of slices that this one needs where its parts use
    /// them: such a slice is destroyed after this one.
    const REQUIRED_INPUTS: &'static [(&'static str, &'static [&'static str])] = &[];

    /// What is wrong with the configuration beyond the types of its keys.
    fn check(config: &Self::Config, stack: &Stack) -> Vec<Problem>;

    /// The clients for these credentials.
    fn clients(aws: &Aws) -> Self::Clients;

    /// The kinds it has.
    fn kinds() -> Kinds<Self::Clients>;

    /// Finds the facts: from the state where it has them (a plan must not change because AWS lists its zones in
    /// another order), else from AWS, or, with no clients (offline), likely ones.
    fn discover(
        clients: Option<&Self::Clients>,
        stack: &Stack,
        config: &Self::Config,
        state: &Document,
    ) -> impl Future<Output = Result<Self::Discovered>>;

    /// Notes in the facts what the slices of [`Slice::LOOKS_AT`] and [`Slice::READS`] give. Pure.
    fn use_outputs(discovered: &mut Self::Discovered, others: &ExternalOutputs) {
        let _ = (discovered, others);
    }

    /// Its parts list. Pure.
    fn parts(stack: &Stack, config: &Self::Config, discovered: &Self::Discovered) -> Parts;

    /// What to tell after a plan or an apply beside what was done. `state` is what is remembered by then.
    fn notes(
        stack: &Stack,
        config: &Self::Config,
        discovered: &Self::Discovered,
        state: &Document,
    ) -> Vec<Note> {
        let _ = (stack, config, discovered, state);
        Vec::new()
    }

    /// Refuses a destroy that would lose more than was asked for, and says what; asked before the user is. `doomed`
    /// is what is about to go.
    fn check_destroy(
        ctx: &Ctx<Self::Clients>,
        targets: &[DeleteTarget],
        args: &Self::DestroyArgs,
    ) -> impl Future<Output = Result<()>> {
        let _ = (ctx, targets, args);
        async { Ok(()) }
    }

    /// Makes ready for a destroy that was confirmed, such as by emptying what must be empty.
    fn before_destroy(
        ctx: &Ctx<Self::Clients>,
        targets: &[DeleteTarget],
        args: &Self::DestroyArgs,
    ) -> impl Future<Output = Result<()>> {
        let _ = (ctx, targets, args);
        async { Ok(()) }
    }
}

/// For slices whose `destroy` has no flag of its own.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct NoArgs {}
