//! What every command needs: flags, settings, the stack, access to AWS, the state store and stdout. Resolved once, at
//! the start.

use crate::aws::{self, Access, Aws};
use crate::error::{Error, Result};
use crate::flags::GlobalFlags;
use crate::output::printer::{Format, Printer, print_info};
use crate::output::terminal_progress::TerminalProgress;
use crate::permissions::Permissions;
use crate::resource::progress::Progress;
use crate::resource::signal::Cancel;
use crate::resource::slice::Slice;
use crate::settings::{self, Layers, Settings};
use crate::stack::Stack;
use crate::state::document::Document;
use crate::state::locked_state::LockedState;
use crate::state::store::{Holder, Key, Store};
use crate::suggestion::nearest;
use std::cell::OnceCell;
use std::future::Future;
use std::rc::Rc;
use tokio::sync::OnceCell as AsyncOnceCell;

/// The context of one run of a program. To make it needs no call to AWS.
pub struct Context {
    /// The program's name, such as `rd-net`; shown as the holder of a lock.
    pub program: &'static str,
    /// The global flags, as they were passed.
    pub flags: GlobalFlags,
    /// The merged settings of `rd.toml`, variables and flags.
    pub settings: Settings,
    /// The stack to work on. Its account is set once it is known.
    pub stack: Stack,
    /// The profile and region to connect to AWS with.
    pub access: Access,
    /// Where states are kept.
    pub store: Rc<dyn Store>,
    /// Writes records or text to stdout.
    pub printer: Rc<Printer>,
    /// Shows on stderr what a run waits for.
    pub progress: Progress,
    /// The id of this run, a random UUID: it is in `begin`, in the lock and in each state that the run writes.
    pub run: String,
    /// What [`Context::connect`] returns, once it was called.
    aws: Rc<AsyncOnceCell<Rc<Aws>>>,
}

impl Context {
    /// Loads the settings of the program that owns the table `section` of `rd.toml`, and opens the state store. A
    /// program without a section works only on states and needs no region.
    pub async fn resolve(
        program: &'static str,
        flags: GlobalFlags,
        section: Option<&str>,
    ) -> Result<Self> {
        let layers = Layers {
            file: flags.config.clone(),
            environment: flags.environment.clone(),
            region: flags.region.clone(),
            set: flags.set.clone(),
        };
        let settings = settings::load(&layers, section)?;
        let access = Access {
            profile: flags.profile.clone(),
            region: settings.stack.region.clone(),
            ..Access::default()
        };
        if let Some(profile) = &access.profile {
            aws::check_profile(profile, "--profile").await?;
        }
        let region = aws::region(&access).await;
        if region.is_none() && section.is_some() {
            return Err(Error::usage("no AWS region is set").hint(
                "set `region` in rd.toml, --region, RD_REGION, AWS_REGION, or the profile's region",
            ));
        }
        let stack = Stack {
            project: settings.stack.project.clone(),
            environment: settings.stack.environment.clone(),
            region: region.unwrap_or_default(),
            account: OnceCell::new(),
            tags: settings.stack.tags.clone(),
            domain: settings.stack.domain.clone(),
            protected: settings.stack.is_protected(),
        };
        if section.is_some() {
            aws::check_region(&stack)?;
        }
        let terminal = TerminalProgress::new();
        let shown = terminal.clone();
        let waiting = move |text: &str| shown.suspend(|| print_info(text));
        let store = crate::state::open(
            &settings.stack.state,
            &settings.folder(),
            flags.state_dir.as_deref(),
            &access,
            Box::new(waiting),
        )?;
        if !flags.new_environment {
            check_environment(&settings, &stack, store.as_ref()).await?;
        }
        let printer = Printer::new(Format::resolve(flags.format), terminal.clone());
        if let Some(path) = &flags.json_into {
            printer.write_records_into(path)?;
        }
        Ok(Self {
            program,
            store,
            printer: Rc::new(printer),
            run: uuid::Uuid::new_v4().to_string(),
            flags,
            settings,
            stack,
            access,
            progress: Progress::new(terminal),
            aws: Rc::default(),
        })
    }

    /// The context of a command of slice `S`, whose calls are checked against the slice's table. `command` is its name.
    pub async fn of_slice<S: Slice>(
        program: &'static str,
        command: &str,
        flags: GlobalFlags,
    ) -> Result<Self> {
        let mut context = Self::resolve(program, flags, Some(S::NAME)).await?;
        // Settings that cannot be read are reported by the command.
        let config = context.settings.section::<S::Config>(S::NAME).ok();
        let resources = config
            .map(|config| S::resources_by_settings(&context.stack, &config, &context.settings));
        context.access.permissions =
            Permissions::new(program, command, S::CALLS, resources.as_ref());
        Ok(context)
    }

    /// The connection to AWS, the same for every caller, so that credentials are resolved once. See [`Aws::connect`].
    pub fn connect(&self) -> impl Future<Output = Result<Rc<Aws>>> + use<> {
        let (aws, access, region) = (
            self.aws.clone(),
            self.access.clone(),
            self.stack.region.clone(),
        );
        async move {
            let connect = async || Aws::connect(&access, &region).await.map(Rc::new);
            aws.get_or_try_init(connect).await.cloned()
        }
    }

    /// The key of the state of `slice` in the store.
    pub fn key(&self, slice: &str) -> Key {
        Key {
            stack: self.stack.id(),
            slice: slice.to_owned(),
        }
    }

    /// The holder that is recorded in a lock of this run. `command` is the name of the command, such as `apply`.
    pub fn holder(&self, command: &str) -> Holder {
        Holder::this_process(&format!("{} {command}", self.program), &self.run)
    }

    /// Runs `work` while this run holds the lock of `slice`'s state. `command` is the name of the command, shown to
    /// other runs that find the state locked.
    pub async fn with_locked_state<T, F>(
        &self,
        slice: &str,
        command: &str,
        work: impl FnOnce(LockedState) -> F,
    ) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let (key, holder) = (self.key(slice), self.holder(command));
        let interrupted = async {
            match Cancel::watched() {
                Some(cancel) => cancel.cancelled().await,
                None => std::future::pending().await,
            }
        };
        let guard = &self.access.guard;
        LockedState::hold(&self.store, key, holder, guard, interrupted, work).await
    }

    /// The stored state of `slice`; none where the slice was never applied.
    pub async fn load_state(&self, slice: &str) -> Result<Option<Document>> {
        let stored = self.store.load(&self.key(slice)).await?;
        Ok(stored.map(|stored| stored.document))
    }
}

/// Fails for an environment that neither `rd.toml` nor the store knows: probably a typing error, and every command would
/// work on an empty stack.
async fn check_environment(settings: &Settings, stack: &Stack, store: &dyn Store) -> Result<()> {
    let mut known: Vec<String> = settings
        .environments()
        .into_iter()
        .map(Into::into)
        .collect();
    if known.contains(&stack.environment) || !store.slices(&stack.id()).await?.is_empty() {
        return Ok(());
    }
    known.extend(store.environments(&stack.project).await?);
    known.sort();
    known.dedup();
    let near = nearest(&stack.environment, known.iter().map(String::as_str));
    let guess = near.map_or(String::new(), |near| format!("did you mean `{near}`? "));
    Err(Error::usage(format!(
        "{} has no environment `{}`",
        stack.project, stack.environment
    ))
    .hint(format!(
        "{guess}known: {}; to work on a new environment, pass --new-environment, or add [environments.{}] to rd.toml",
        known.join(", "),
        stack.environment
    )))
}
