//! `settings`: each setting with its value, its default and where it was set, or what another edition would change.

use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::style::width;
use crate::output::table::table;
use crate::output::wrap::wrap;
use crate::resource::slice::Slice;
use crate::settings::Setting;
use crate::suggestion::nearest;
use serde_json::{Value, json};

/// The arguments that `settings` accepts.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct SettingsArgs {
    /// Key or table to explain, such as cache.engine; without it, a list of all settings
    pub key: Option<String>,
    /// Show only the settings that would have another value in this edition
    #[arg(long, value_name = "N")]
    pub edition: Option<u32>,
}

impl SettingsArgs {
    /// Whether `key` is the one that was asked for, or in that table.
    fn names(&self, key: &str) -> bool {
        self.key.as_ref().is_none_or(|asked| {
            let below = key.strip_prefix(asked.as_str());
            below.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }
}

/// Prints the settings of a slice.
pub(crate) fn run<S: Slice>(context: &Context, args: &SettingsArgs) -> Result<Exit> {
    let explain = |settings: &crate::settings::Settings| settings.explain::<S::Config>(S::NAME);
    let mut settings = explain(&context.settings)?;
    if args.edition.is_none() && (args.key.is_some() || context.printer.is_json()) {
        let check = |config: &S::Config| S::check(config, &context.stack);
        for one in settings.iter_mut().filter(|one| args.names(&one.key)) {
            let allowed = context.settings.allowed_by(S::NAME, &one.key, check);
            one.allowed = allowed.or(one.allowed.take());
        }
    }
    let other = match args.edition {
        Some(edition) => Some(explain(&context.settings.in_edition(edition)?)?),
        None => None,
    };
    show(context, args, settings, other)?;
    Ok(Exit::Done)
}

/// Prints these settings: a table for people, one JSON object a line for programs. Where there are those of another edition
/// in `other`, only what differs. Fails where there is no key or table of the name that was asked for.
pub fn show(
    context: &Context,
    args: &SettingsArgs,
    mut settings: Vec<Setting>,
    other: Option<Vec<Setting>>,
) -> Result<()> {
    if let Some(key) = &args.key {
        let keys: Vec<String> = settings.iter().map(|one| one.key.clone()).collect();
        settings.retain(|one| args.names(&one.key));
        // A table without a value, such as that of parameters, has no keys.
        let is_table = context.settings.has_table(key);
        if settings.is_empty() && !is_table {
            let near = nearest(key, keys.iter().map(String::as_str));
            let guess = near.map_or(String::new(), |near| format!("did you mean `{near}`? "));
            return Err(
                Error::usage(format!("`{key}` is not a setting of {}", context.program))
                    .hint(format!("{guess}{} settings lists all", context.program)),
            );
        }
    }
    if args.key.is_some() && args.edition.is_none() && !context.printer.is_json() {
        let width = width();
        let texts: Vec<String> = settings.iter().map(|one| explained(one, width)).collect();
        context.printer.text(&texts.join("\n"));
        return Ok(());
    }
    let (lines, heading): (Vec<Line>, Vec<String>) = match (other, args.edition) {
        (Some(other), Some(edition)) => {
            let differing = settings.iter().filter_map(|one| {
                let there = other.iter().find(|other| other.key == one.key)?;
                (there.value != one.value).then(|| Line {
                    json: json!({"key": one.key, "value": one.value, "edition": edition, "value_there": there.value}),
                    cells: vec![one.key.clone(), text(&one.value), text(&there.value)],
                })
            });
            let heading = ["SETTING", "VALUE"].map(str::to_owned).into_iter();
            let heading = heading.chain([format!("EDITION {edition}")]);
            (differing.collect(), heading.collect())
        }
        _ => {
            let all = settings.iter().map(|one| Line {
                json: json!(one),
                cells: vec![
                    one.key.clone(),
                    text(&one.value),
                    text(&one.default),
                    one.source.clone(),
                ],
            });
            let heading = ["SETTING", "VALUE", "DEFAULT", "SOURCE"].map(str::to_owned);
            (all.collect(), heading.to_vec())
        }
    };
    if context.printer.is_json() {
        for line in lines {
            context.printer.text(&format!("{}\n", line.json));
        }
    } else if !lines.is_empty() {
        let heading: Vec<&str> = heading.iter().map(String::as_str).collect();
        let cells: Vec<Vec<String>> = lines.into_iter().map(|line| line.cells).collect();
        context.printer.text(&table(&heading, &cells));
    }
    Ok(())
}

/// All that is known of a setting, in lines of at most `width` columns.
fn explained(one: &Setting, width: usize) -> String {
    let mut lines = vec![format!(
        "{} = {}  ({})",
        one.key,
        text(&one.value),
        one.source
    )];
    let allowed = one
        .allowed
        .as_ref()
        .map(|values| format!("allowed: {values}"));
    let default = format!("default: {}", text(&one.default));
    let default = (one.default != one.value).then_some(default);
    for text in [&one.meaning, &allowed, &default].into_iter().flatten() {
        let wrapped = wrap(text, width.saturating_sub(2));
        lines.extend(wrapped.into_iter().map(|line| format!("  {line}")));
    }
    lines.join("\n") + "\n"
}

/// One setting, for programs and for people.
struct Line {
    json: Value,
    cells: Vec<String>,
}

/// A value as in `rd.toml`; `-` where none is set.
fn text(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}
