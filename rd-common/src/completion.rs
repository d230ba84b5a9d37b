//! The values that shells complete: names from `rd.toml`, the store and the AWS profiles. AWS is never asked.

use crate::aws;
use crate::settings::{self, Backend, Layers, Settings};
use crate::slices::SLICES;
use crate::stack::StackId;
use crate::state::document::Document;
use crate::state::store::{Key, Store, Version};
use clap_complete::{ArgValueCandidates, CompletionCandidate};
use std::future::Future;
use std::path::PathBuf;
use std::rc::Rc;

/// The environments that `rd.toml` names or that have a state in the local store.
pub fn environments() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let Some(known) = Known::open() else {
            return Vec::new();
        };
        let mut names: Vec<String> = known
            .settings
            .environments()
            .into_iter()
            .map(Into::into)
            .collect();
        let project = &known.settings.stack.project;
        names.extend(wait(known.store.environments(project)).unwrap_or_default());
        names.sort();
        names.dedup();
        names.into_iter().map(CompletionCandidate::new).collect()
    })
}

/// The AWS profiles of this user, in the files of the AWS CLI.
pub fn profiles() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let names = wait(aws::profiles()).unwrap_or_default();
        names.into_iter().map(CompletionCandidate::new).collect()
    })
}

/// The names of all slices, in pipe order.
pub fn slices() -> ArgValueCandidates {
    ArgValueCandidates::new(|| SLICES.map(CompletionCandidate::new).into())
}

/// The outputs in the state of this program's slice, with their values.
pub fn outputs() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let outputs = documents().into_iter().flat_map(|state| state.outputs);
        outputs
            .map(|(name, value)| {
                let value = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                CompletionCandidate::new(name).help(Some(value.into()))
            })
            .collect()
    })
}

/// The addresses in the state of this program's slice, or of all slices in `rd-state`, with their ids.
pub fn addresses() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let resources = documents().into_iter().flat_map(|state| state.resources);
        resources
            .map(|(address, resource)| {
                CompletionCandidate::new(address).help(resource.id.map(Into::into))
            })
            .collect()
    })
}

/// The serials of the slice that the command line names, newest first, with the commands that wrote them.
pub fn serials() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let words = words();
        let slice = words.iter().find(|word| SLICES.contains(&word.as_str()));
        let known = Known::open();
        let versions: Vec<Version> = slice
            .zip(known)
            .and_then(|(slice, known)| wait(known.store.history(&known.key(slice), usize::MAX)))
            .unwrap_or_default();
        versions
            .into_iter()
            .rev()
            .map(|version| {
                let help = format!("{:.0}  {}", version.written, version.command);
                CompletionCandidate::new(version.serial.to_string()).help(Some(help.into()))
            })
            .collect()
    })
}

/// The newest versions of the state of `slice`, newest first, at most `limit` of them.
pub fn versions(slice: &str, limit: usize) -> Vec<Document> {
    let Some(known) = Known::open() else {
        return Vec::new();
    };
    let key = known.key(slice);
    let history = wait(known.store.history(&key, limit)).unwrap_or_default();
    let newest = history.iter().rev();
    newest
        .filter_map(|version| wait(known.store.version(&key, version.serial)))
        .collect()
}

/// The states of the slice of this program; those of all slices where it owns none.
fn documents() -> Vec<Document> {
    let Some(known) = Known::open() else {
        return Vec::new();
    };
    let words = words();
    let program = words.first().and_then(|word| word.rsplit('/').next());
    let own = program.and_then(|program| program.strip_prefix("rd-"));
    SLICES
        .into_iter()
        .filter(|slice| own == Some(*slice) || !own.is_some_and(|own| SLICES.contains(&own)))
        .filter_map(|slice| wait(known.store.load(&known.key(slice)))?)
        .map(|stored| stored.document)
        .collect()
}

/// The settings and the store that the command line chooses so far.
struct Known {
    settings: Settings,
    store: Rc<dyn Store>,
}

impl Known {
    /// None where there are no settings yet, or where they are wrong: the command itself reports that.
    fn open() -> Option<Self> {
        let words = words();
        let value = |long: &str, short: &str, variable: &str| {
            flag(&words, long, short).or_else(|| std::env::var(variable).ok())
        };
        let layers = Layers {
            file: value("--config", "", "RD_CONFIG").map(PathBuf::from),
            environment: value("--environment", "-e", "RD_ENVIRONMENT"),
            region: None,
            set: Vec::new(),
        };
        let settings = settings::load(&layers, None).ok()?;
        let folder = value("--state-dir", "", "RD_STATE_DIR").map(PathBuf::from);
        // The shared store is in AWS, which completion never asks.
        if settings.stack.state.backend() != Backend::Local {
            return None;
        }
        let store = Rc::new(crate::state::open::local(
            &settings.stack.state,
            &settings.folder(),
            folder.as_deref(),
        ));
        Some(Self { settings, store })
    }

    fn key(&self, slice: &str) -> Key {
        Key {
            stack: StackId {
                project: self.settings.stack.project.clone(),
                environment: self.settings.stack.environment.clone(),
            },
            slice: slice.to_owned(),
        }
    }
}

/// The command line that is being completed, as the shell's script passes it after `--`.
fn words() -> Vec<String> {
    std::env::args_os()
        .skip_while(|word| word != "--")
        .skip(1)
        .map(|word| word.to_string_lossy().into_owned())
        .collect()
}

/// The value of a flag on the command line, written `--flag value` or `--flag=value`.
fn flag(words: &[String], long: &str, short: &str) -> Option<String> {
    let equals = format!("{long}=");
    words.iter().enumerate().rev().find_map(|(at, word)| {
        if word == long || !short.is_empty() && word == short {
            // The last word is not complete yet.
            return words[..words.len() - 1].get(at + 1).cloned();
        }
        word.strip_prefix(&equals).map(str::to_owned)
    })
}

/// The result of a read that needs no call to AWS; none where it fails.
fn wait<T>(read: impl Future<Output = crate::Result<T>>) -> Option<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().ok()?;
    runtime.block_on(read).ok()
}

#[cfg(test)]
mod tests {
    use super::flag;

    #[test]
    fn flags_are_found_before_the_word_that_is_being_completed() {
        let words = |line: &str| -> Vec<String> { line.split(' ').map(str::to_owned).collect() };
        let environment = |line: &str| flag(&words(line), "--environment", "-e");
        assert_eq!(environment("rd-net -e qa output ").as_deref(), Some("qa"));
        assert_eq!(
            environment("rd-net output --environment=qa v").as_deref(),
            Some("qa")
        );
        assert_eq!(environment("rd-net output -e s"), None);
        assert_eq!(environment("rd-net output "), None);
    }
}
