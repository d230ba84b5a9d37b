//! Terraform itself, where it is installed and `BENCH_TF_PLUGINS` names the folder with its providers.

#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::{Done, World};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// Terraform with its configuration and its state, in a folder that is not that of rd: its state holds what rd must not write.
pub struct Terraform {
    folder: PathBuf,
    /// What deletes the folder, where it is of this alone.
    _own: Option<TempDir>,
    environment: Vec<(String, String)>,
    plugins: String,
}

impl Terraform {
    /// An empty folder for Terraform, which calls the API of the world. The error says why there is none.
    pub fn new(world: &World) -> Result<Self, &'static str> {
        let own = tempfile::tempdir().unwrap();
        let terraform = Self::at(world, own.path())?;
        Ok(Self {
            _own: Some(own),
            ..terraform
        })
    }

    /// The same in a folder that there is.
    pub fn at(world: &World, folder: &Path) -> Result<Self, &'static str> {
        let plugins =
            std::env::var("BENCH_TF_PLUGINS").map_err(|_| "BENCH_TF_PLUGINS is not set")?;
        let terraform = Self {
            folder: folder.to_owned(),
            _own: None,
            environment: world.environment(),
            plugins,
        };
        let version = terraform.run(&["version"]);
        version.map_err(|_| "terraform is not installed")?;
        Ok(terraform)
    }

    /// The folder with its configuration and its state.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Sets a variable of the configuration.
    pub fn variable(&mut self, name: &str, value: &str) {
        let name = format!("TF_VAR_{name}");
        self.environment.push((name, value.to_owned()));
    }

    /// Finds the provider in the folder of plugins.
    pub fn init(&self) {
        let plugins = format!("-plugin-dir={}", self.plugins);
        self.succeeds(&["init", "-input=false", &plugins]);
    }

    /// Makes what the files in the folder describe.
    pub fn apply(&self) {
        self.init();
        self.succeeds(&["apply", "-input=false", "-auto-approve"]);
    }

    /// Runs it, and returns what it has printed. Fails the test where it fails.
    pub fn succeeds(&self, arguments: &[&str]) -> String {
        let done = self.run(arguments).unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(
            done.status.success(),
            "{arguments:?}: {}{}",
            text(&done.stdout),
            text(&done.stderr)
        );
        text(&done.stdout)
    }

    /// What it would change, in words.
    pub fn plan(&self) -> String {
        self.succeeds(&["plan", "-input=false"])
    }

    /// Fails the test where Terraform would change anything.
    pub fn assert_up_to_date(&self) {
        let plan = self.plan();
        assert!(plan.contains("No changes."), "{plan}");
    }

    /// Runs `rd-state adopt` with its state on stdin.
    pub fn adopt(&self, world: &World, flags: &str) -> Done {
        let state = std::fs::read_to_string(self.path().join("terraform.tfstate")).unwrap();
        let adopt = world.rd("rd-state").args("adopt -").args(flags);
        adopt.stdin(state).run()
    }

    fn run(&self, arguments: &[&str]) -> io::Result<Output> {
        let mut command = Command::new("terraform");
        command.current_dir(self.path()).args(arguments);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
            .env("TF_CLI_ARGS", "-no-color")
            .env_remove("TF_CLI_CONFIG_FILE");
        command.output()
    }
}
