//! Opens the state store that `rd.toml` chooses. No other place knows which stores exist.

use crate::aws::Access;
use crate::error::{Error, Result};
use crate::settings::{Backend, StateSettings};
use crate::state::local::LocalStore;
use crate::state::shared::SharedStore;
use crate::state::store::Store;
use std::path::Path;
use std::rc::Rc;

/// Opens the store that `[state]` in `rd.toml` names. Makes no call. `folder` is the folder of `rd.toml`; `state_dir` is
/// `--state-dir`, which only the local store has. `access` is for the shared store; `waiting` is told what a run waits for
/// there.
pub fn open(
    settings: &StateSettings,
    folder: &Path,
    state_dir: Option<&Path>,
    access: &Access,
    waiting: Box<dyn Fn(&str)>,
) -> Result<Rc<dyn Store>> {
    match settings.backend() {
        Backend::Local => Ok(Rc::new(local(settings, folder, state_dir))),
        Backend::S3 => match state_dir {
            None => {
                let folder = folder.to_path_buf();
                Ok(Rc::new(SharedStore::new(settings, access, folder, waiting)))
            }
            Some(state_dir) => Err(Error::usage(format!(
                "--state-dir {} is for local states, but [state] has backend = \"s3\"",
                state_dir.display()
            ))
            .hint("leave --state-dir and RD_STATE_DIR out, or pass --set state.backend=local")),
        },
    }
}

/// The local store of a folder with an `rd.toml`.
pub fn local(settings: &StateSettings, folder: &Path, state_dir: Option<&Path>) -> LocalStore {
    let root = state_dir.map_or_else(|| folder.join(".rd"), Path::to_path_buf);
    LocalStore::new(root).keeping(settings.retention())
}
