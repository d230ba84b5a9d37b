//! The seam between a program and the shared commands: a program implements [`Slice`], and the commands do the rest.

use crate::aws::Aws;
use crate::error::{Error, Result};
use crate::outputs::SliceInputs;
use crate::permissions::{Call, Resources};
use crate::resource::any_kind::Kinds;
use crate::resource::ctx::Ctx;
use crate::resource::external_outputs::ExternalOutputs;
use crate::resource::parts::Parts;
use crate::settings::Settings;
use crate::settings::problem::Problem;
use crate::stack::Stack;
use crate::state::document::Document;
use crate::terraform_resources::TerraformResources;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::future::Future;

/// A resource that a destroy is about to delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteTarget {
    /// The address of the resource.
    pub address: String,
    /// The name of its kind.
    pub kind: String,
    /// The id in AWS, unique among the resources of its kind.
    pub id: String,
}

/// Something that the user has to know after a plan or an apply, such as a DNS record to create. Shown as a warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// One sentence that says what the user has to know.
    pub summary: String,
    /// What to do about it.
    pub hint: String,
}

/// What another slice has in resources of this one, as AWS shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// The slice that has something there.
    pub slice: &'static str,
    /// What it has there, such as `eni-0abc (RDSNetworkInterface)`.
    pub what: String,
}

/// What `rd-state adopt --scan` looks for in AWS.
#[derive(Clone, Debug, Default)]
pub struct ScanRequest {
    /// The id of the VPC; none where `found` has it, or for the only one that is not AWS's default VPC.
    pub vpc: Option<String>,
    /// The tags that the VPC must have.
    pub tags: Vec<(String, String)>,
    /// The name of the session bucket; none to look for none.
    pub bucket: Option<String>,
    /// What was found of the slices before this one.
    pub found: TerraformResources,
}

impl ScanRequest {
    /// The id of the VPC that was found, or else of the one that was named. Fails where there is neither.
    pub fn vpc_id(&self) -> Result<&str> {
        let found = self.found.texts("aws_vpc", "id").into_iter().next();
        found.or(self.vpc.as_deref()).ok_or_else(|| {
            Error::usage("no VPC is named")
                .hint("pass --vpc ID, or what rd-net scan prints on stdin")
        })
    }
}

/// A slice: the part of a stack that one program owns. Pure methods are functions of their arguments alone.
pub trait Slice: 'static {
    /// The name: the first part of its addresses, and its section of `rd.toml`.
    const NAME: &'static str;
    /// The settings: its section of `rd.toml`, with a default for every key.
    type Config: Serialize + DeserializeOwned + Default + Clone;
    /// The AWS clients that its kinds use.
    type Clients: 'static;
    /// What the list of resources depends on beyond the settings, such as the availability zones of the region; see
    /// [`Slice::discover`].
    type Discovered: Clone;
    /// The flags that only its `destroy` has; [`NoArgs`] where there are none.
    type DestroyArgs: clap::Args;

    /// The outputs that decide which resources this slice has, of slices that need not exist: `rd-logs` has alarms for
    /// the cache if there is one. They are read before [`Slice::parts`]: from the pipe, where they are waited for,
    /// otherwise from the state. Such a slice may be destroyed before this one, which then deletes at its next apply
    /// what depended on it.
    const OPTIONAL_INPUTS: &'static [SliceInputs] = &[];

    /// As [`Slice::OPTIONAL_INPUTS`], of slices that this one needs as soon as its specs refer to them. Such a slice
    /// must be destroyed after this one.
    const REQUIRED_INPUTS: &'static [SliceInputs] = &[];

    /// The AWS API operations that the program calls, by the part of the code that calls them, and what IAM asks for each.
    const CALLS: &'static [&'static [Call]];

    /// The commands of the program alone that end with an apply, which they start as a program of its own.
    const COMMANDS_THAT_APPLY: &'static [&'static str] = &[];

    /// The ARNs of the names in [`Slice::CALLS`]. Pure.
    fn resources(stack: &Stack, config: &Self::Config) -> Resources;

    /// The same, with what the tables of other slices name. Pure.
    fn resources_by_settings(
        stack: &Stack,
        config: &Self::Config,
        settings: &Settings,
    ) -> Resources {
        let _ = settings;
        Self::resources(stack, config)
    }

    /// Adds what only the states tell, by slice, such as the names that adopted resources of other slices have. Pure.
    fn resources_by_states(resources: Resources, states: &BTreeMap<&str, Document>) -> Resources {
        let _ = states;
        resources
    }

    /// What is wrong with the settings beyond the types of their keys. Pure.
    fn check(config: &Self::Config, stack: &Stack) -> Vec<Problem>;

    /// Why AWS refuses a network with a single zone for this slice; none where it does not. Pure.
    fn needs_two_zones(config: &Self::Config) -> Option<&'static str> {
        let _ = config;
        None
    }

    /// Makes the clients. No call is made.
    fn clients(aws: &Aws, stack: &Stack, config: &Self::Config) -> Self::Clients;

    /// The resource kinds that the slice can have in its list of resources or in its state.
    fn kinds() -> Kinds<Self::Clients>;

    /// Finds what the list of resources depends on beyond the settings. What the state already has stays, so that a
    /// plan does not change because AWS lists its zones in another order; `seen` returns what AWS reports of a resource
    /// in the state, by its address. The rest is read from AWS. Without clients, as in an offline plan, likely values are
    /// assumed.
    fn discover(
        clients: Option<&Self::Clients>,
        stack: &Stack,
        config: &Self::Config,
        state: &Document,
        seen: &dyn Fn(&str) -> Option<Value>,
    ) -> impl Future<Output = Result<Self::Discovered>>;

    /// Adds the values of [`Slice::OPTIONAL_INPUTS`] and [`Slice::REQUIRED_INPUTS`] to what was discovered. Pure.
    fn use_outputs(discovered: &mut Self::Discovered, external: &ExternalOutputs) {
        let _ = (discovered, external);
    }

    /// The resources that the slice consists of, and its outputs. Pure.
    fn parts(stack: &Stack, config: &Self::Config, discovered: &Self::Discovered) -> Parts;

    /// What the user has to know after a plan or an apply. `state` is the state at that time. Pure.
    fn notes(
        stack: &Stack,
        config: &Self::Config,
        discovered: &Self::Discovered,
        state: &Document,
    ) -> Vec<Note> {
        let _ = (stack, config, discovered, state);
        Vec::new()
    }

    /// What AWS has of this slice in a VPC, whoever made it, with the attributes by which `rd-state adopt` finds out what each
    /// resource is. No secret value is among them. It only reads.
    fn scan(
        ctx: &Ctx<Self::Clients>,
        request: &ScanRequest,
    ) -> impl Future<Output = Result<TerraformResources>> {
        let _ = (ctx, request);
        async { Ok(TerraformResources::default()) }
    }

    /// Refuses a destroy that would lose more than its flags allow, such as a bucket with objects: the error says what.
    /// Called before the user is asked. `targets` are the resources to delete.
    fn check_destroy(
        ctx: &Ctx<Self::Clients>,
        targets: &[DeleteTarget],
        args: &Self::DestroyArgs,
    ) -> impl Future<Output = Result<()>> {
        let _ = (ctx, targets, args);
        async { Ok(()) }
    }

    /// What other slices have in the resources to delete, as AWS shows it: a destroy is refused where no state knows of it.
    fn used_by(
        ctx: &Ctx<Self::Clients>,
        targets: &[DeleteTarget],
    ) -> impl Future<Output = Result<Vec<Usage>>> {
        let _ = (ctx, targets);
        async { Ok(Vec::new()) }
    }

    /// Prepares a destroy that the user has confirmed, such as by emptying a bucket.
    fn before_destroy(
        ctx: &Ctx<Self::Clients>,
        targets: &[DeleteTarget],
        args: &Self::DestroyArgs,
    ) -> impl Future<Output = Result<()>> {
        let _ = (ctx, targets, args);
        async { Ok(()) }
    }
}

/// The flags of a `destroy` that has none of its own.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct NoArgs {}
