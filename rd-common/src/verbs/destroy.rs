//! `destroy`: deletes everything of the slice, in the order that AWS needs, once nobody uses it any more.

use crate::cli::Program;
use crate::engine::plan::destroy_plan;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::model::slice::{Doomed, Slice};
use crate::state::document::Document;
use crate::state::store::Key;
use crate::ui::prompt;
use crate::verbs::apply::{Limits, carry_out, locked};
use crate::verbs::outside::Outputs;
use crate::verbs::pipe::{Finished, Pipe, piped};
use crate::verbs::plan::show;
use crate::wire::record::Ended;

/// Flags of `destroy`.
#[derive(clap::Args, Clone, Debug)]
#[group(skip)]
pub struct DestroyArgs<D: clap::Args> {
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
    /// The stack's name, to confirm; needed in production
    #[arg(long, value_name = "STACK")]
    pub confirm: Option<String>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would show it as help")]
    pub limits: Limits,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would show it as help")]
    pub own: D,
}

/// Runs it.
pub(crate) async fn run<S: Slice>(
    program: &Program,
    args: &DestroyArgs<S::DestroyArgs>,
) -> Result<Exit> {
    piped::<S, _>(program, "destroy", false, |pipe| async move {
        locked(&pipe, program, "destroy", &args.limits, |state| {
            destroy(&pipe, program, args, state)
        })
        .await
    })
    .await
}

async fn destroy<S: Slice>(
    pipe: &Pipe<S>,
    program: &Program,
    args: &DestroyArgs<S::DestroyArgs>,
    state: Document,
) -> Result<Finished> {
    let stack = pipe.stack.name();
    allowed(program, args, &state, &stack)?;
    let outputs = Outputs::new(pipe);
    users_first(pipe).await?;
    let ground = pipe.ground(program, &state, &outputs).await?;
    let made = destroy_plan(&ground.parts, &state, &ground.observed);
    let doomed: Vec<Doomed> = made
        .resources
        .iter()
        .filter_map(|planned| {
            Some(Doomed {
                address: planned.address.clone(),
                kind: planned.kind.clone(),
                id: planned.live.as_ref()?.id.clone(),
            })
        })
        .collect();
    S::may_destroy(&ground.cx, &doomed, &args.own).await?;
    if !args.yes && args.confirm.is_none() && made.has_changes() {
        show::<S>(&pipe.printer, &made);
        let question =
            format!("All of this is deleted. Type the stack's name, `{stack}`, to go on:");
        if !prompt::ask(&question, &[&stack])? {
            return Err(Error::refused("not confirmed: nothing was deleted")
                .hint("type the stack's name, or give -y"));
        }
    }
    S::before_destroy(&ground.cx, &doomed, &args.own).await?;
    carry_out(
        pipe,
        program,
        "destroy",
        &args.limits,
        ground,
        outputs,
        state,
        &made,
        |document| {
            document.outputs.clear();
            document.needs.clear();
            document.looks_at.clear();
            document.protect = false;
        },
    )
    .await
}

fn allowed<D: clap::Args>(
    program: &Program,
    args: &DestroyArgs<D>,
    state: &Document,
    stack: &str,
) -> Result<()> {
    if let Some(confirm) = &args.confirm
        && confirm != stack
    {
        return Err(
            Error::refused(format!("--confirm {confirm} is not this stack's name"))
                .hint(format!("this stack is {stack}")),
        );
    }
    if program.loaded.shared.is_protected() {
        return Err(Error::refused(format!("{stack} is protected"))
            .hint("set `protect = false` in rd.toml and apply it; then destroy it with --confirm and its name"));
    }
    if state.protect {
        return Err(Error::refused(format!("{stack} was protected when it was last applied"))
            .hint("`protect = false` in rd.toml takes effect with the next apply; destroy it after that"));
    }
    if pipe_needs_name(program) && args.confirm.is_none() && (args.yes || !prompt::can_ask()) {
        return Err(Error::refused(format!(
            "{stack} is in production and not confirmed by its name"
        ))
        .hint(format!("give --confirm {stack}")));
    }
    if !args.yes && args.confirm.is_none() && !prompt::can_ask() {
        return Err(Error::refused("not confirmed").hint(format!("give -y, or --confirm {stack}")));
    }
    Ok(())
}

fn pipe_needs_name(program: &Program) -> bool {
    program.stack.environment == "production"
}

/// Waits for the slices that use our outputs: those upstream to end, and no others may be left.
async fn users_first<S: Slice>(pipe: &Pipe<S>) -> Result<()> {
    let stack = pipe.stack.name();
    for slice in pipe.store.slices(&stack).await? {
        if slice == S::NAME {
            continue;
        }
        let key = Key {
            stack: stack.clone(),
            slice,
        };
        let Some(document) = pipe.store.load(&key).await? else {
            continue;
        };
        if !document.uses(S::NAME) || document.resources.is_empty() {
            continue;
        }
        let slice = &key.slice;
        if pipe.upstream.has(slice) {
            if pipe.upstream.wait_end(slice).await != Ended::Ok {
                return Err(Error::upstream(format!(
                    "rd-{slice} did not end ok, and it uses this slice"
                ))
                .hint(format!(
                    "see what rd-{slice} says above, mend that, and run the pipe again"
                )));
            }
        } else if document.needs.iter().any(|need| need == S::NAME) {
            return Err(Error::refused(format!(
                "rd-{slice} still has {} resources that use this slice",
                document.resources.len()
            ))
            .hint(format!(
                "destroy it first: rd-{slice} destroy | rd-{} destroy",
                S::NAME
            )));
        }
    }
    Ok(())
}
