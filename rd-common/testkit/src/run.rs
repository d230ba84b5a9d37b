//! Runs the programs: alone, in a pipe, and with any stdin.

use crate::schema::{assert_fits, schema_of};
use serde_json::Value;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a program may run before the test fails because it hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// The folder of the programs: `RD_TEST_PROGRAMS`, otherwise the parent of the `deps` that the test program is in.
fn programs() -> PathBuf {
    if let Some(folder) = std::env::var_os("RD_TEST_PROGRAMS") {
        return folder.into();
    }
    let test = std::env::current_exe().unwrap();
    test.parent().and_then(Path::parent).unwrap().to_path_buf()
}

/// A program that is about to run.
pub struct Rd {
    command: Command,
    stdin: Option<Vec<u8>>,
}

/// The result of a program that has ended.
#[derive(Debug)]
pub struct Done {
    /// The exit code; -1 after a signal.
    pub code: i32,
    /// Everything that it wrote to stdout.
    pub stdout: String,
    /// Everything that it wrote to stderr.
    pub stderr: String,
}

impl Rd {
    pub(crate) fn new(program: &str, folder: &Path, environment: &[(String, String)]) -> Self {
        let mut command = Command::new(programs().join(program));
        command
            .current_dir(folder)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", folder);
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        Self {
            command,
            stdin: None,
        }
    }

    /// Adds arguments, which are split at spaces.
    #[must_use]
    pub fn args(mut self, line: &str) -> Self {
        self.command.args(line.split_whitespace());
        self
    }

    /// Adds one argument, which may contain spaces.
    #[must_use]
    pub fn arg(mut self, argument: &str) -> Self {
        self.command.arg(argument);
        self
    }

    /// Runs this shell command instead, with the programs on the PATH.
    #[must_use]
    pub fn shell(mut self, line: &str) -> Self {
        let environment: Vec<_> = self
            .command
            .get_envs()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
            .collect();
        let folder = self.command.get_current_dir().map(Path::to_path_buf);
        let mut command = Command::new("bash");
        command.arg("-c").arg(line).env_clear().envs(environment);
        command.env("PATH", format!("{}:/usr/bin:/bin", programs().display()));
        command.current_dir(folder.unwrap_or_default());
        self.command = command;
        self
    }

    /// Sets an environment variable for it.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Removes an environment variable.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Sets what it reads from stdin, a pipe. Its stdin is `/dev/null` otherwise.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    /// Starts it with stdout and stderr piped, and with `/dev/null` as stdin.
    pub fn start(self) -> Child {
        self.spawn(Stdio::null())
    }

    /// The program, its arguments, its environment and its folder.
    pub(crate) fn into_parts(
        self,
    ) -> (OsString, Vec<OsString>, Vec<(OsString, OsString)>, PathBuf) {
        let command = &self.command;
        let environment = command
            .get_envs()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
            .collect();
        (
            command.get_program().to_owned(),
            command.get_args().map(ToOwned::to_owned).collect(),
            environment,
            command.get_current_dir().unwrap_or(Path::new(".")).into(),
        )
    }

    /// Starts it with a stdout of the caller's, an empty stdin, and a stderr that is piped.
    pub fn start_into(mut self, stdout: impl Into<Stdio>) -> Child {
        self.command
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(Stdio::piped());
        self.command.spawn().unwrap()
    }

    /// Starts it with all three streams piped. The caller writes to stdin.
    pub fn start_piped(self) -> Child {
        self.spawn(Stdio::piped())
    }

    fn spawn(mut self, stdin: Stdio) -> Child {
        self.command
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        self.command
            .spawn()
            .unwrap_or_else(|e| panic!("{:?} cannot be run: {e}", self.command.get_program()))
    }

    /// Runs it until it ends.
    pub fn run(self) -> Done {
        let schema = self.schema();
        let done = self.run_unchecked();
        if let Some(schema) = schema {
            assert_fits(&schema, &done.stdout);
        }
        done
    }

    /// The schema that its output must fit. None for text, and for records: those pass on whatever comes from upstream.
    fn schema(&self) -> Option<String> {
        let program = Path::new(self.command.get_program()).file_name()?;
        let arguments: Vec<String> = self
            .command
            .get_args()
            .take_while(|argument| *argument != "--")
            .map(|argument| argument.to_string_lossy().into_owned())
            .collect();
        let has = |words: &[&str]| arguments.iter().any(|one| words.contains(&one.as_str()));
        let text = [
            "text", "table", "bind", "--url", "-o", "--output", "markdown", "html", "svg",
            "mermaid", "dot",
        ];
        if has(&text) || has(&["--help", "--version"]) {
            return None;
        }
        let command = arguments.first()?;
        let below = arguments.get(1).map(String::as_str);
        let command = match (command.as_str(), below) {
            ("revisions", Some("diff")) => "revisions diff",
            ("alarms", Some("history")) => "alarms history",
            ("subscriptions", Some("confirm")) => "subscriptions confirm",
            ("subscriptions", Some("test")) => "subscriptions test",
            // The output of a task is its own, and an output by its name is a plain value.
            ("run", _) if !has(&["json"]) => return None,
            // It shows text in a pipe, too.
            ("view", _) if !has(&["json"]) => return None,
            ("output", Some(_)) => return None,
            (command, _) => command,
        };
        let program = program.to_string_lossy();
        // The programs with planted secrets are the same as those without.
        let program = program.trim_end_matches("-planted");
        let known = ["rd-net", "rd-store", "rd-state"];
        let schema = known
            .contains(&program)
            .then(|| schema_of(program, command))??;
        (!["record", "state", "rd-state.adopt"].contains(&schema.as_str())).then_some(schema)
    }

    fn run_unchecked(mut self) -> Done {
        let Some(input) = self.stdin.take() else {
            return finish(self.start());
        };
        let mut child = self.start_piped();
        let mut stdin = child.stdin.take().unwrap();
        let writer = std::thread::spawn(move || {
            // A program may end before it has read all of stdin.
            let _ = stdin.write_all(&input);
        });
        let done = finish(child);
        writer.join().unwrap();
        done
    }

    /// Runs it, and fails the test unless it exits with `code`.
    pub fn code(self, code: i32) -> Done {
        let done = self.run();
        assert_eq!(
            done.code, code,
            "stdout:\n{}\nstderr:\n{}",
            done.stdout, done.stderr
        );
        done
    }

    /// Runs it, and fails the test unless it exits with 0.
    pub fn ok(self) -> Done {
        self.code(0)
    }

    /// Runs programs as a pipe of a shell, the first one with its own stdin. Returns all results; only the last one has
    /// a stdout.
    pub fn pipe(line: Vec<Rd>) -> Vec<Done> {
        let mut children: Vec<Child> = Vec::new();
        for mut rd in line {
            let input = rd.stdin.take();
            let stdin = match children.last_mut() {
                Some(before) => Stdio::from(before.stdout.take().unwrap()),
                None if input.is_some() => Stdio::piped(),
                None => Stdio::null(),
            };
            rd.command
                .stdin(stdin)
                .stdout(Stdio::piped())
                .stderr(Stdio::piped());
            let mut child = rd.command.spawn().unwrap();
            if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
                std::thread::spawn(move || stdin.write_all(&input));
            }
            children.push(child);
        }
        children.into_iter().map(finish).collect()
    }
}

/// Waits for a program and reads its output. Where it hangs, kills it and fails the test.
pub fn finish(mut child: Child) -> Done {
    let read = |stream: Option<Box<dyn std::io::Read + Send>>| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            if let Some(mut stream) = stream {
                stream.read_to_end(&mut bytes).unwrap();
            }
            String::from_utf8_lossy(&bytes).into_owned()
        })
    };
    let stdout = read(
        child
            .stdout
            .take()
            .map(|s| Box::new(s) as Box<dyn std::io::Read + Send>),
    );
    let stderr = read(
        child
            .stderr
            .take()
            .map(|s| Box::new(s) as Box<dyn std::io::Read + Send>),
    );
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("it hangs: {}", stderr.join().unwrap());
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    Done {
        code: status.code().unwrap_or(-1),
        stdout: stdout.join().unwrap(),
        stderr: stderr.join().unwrap(),
    }
}

impl Done {
    /// The records on its stdout.
    pub fn records(&self) -> Vec<Value> {
        let parse =
            |line: &str| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        self.stdout.lines().map(parse).collect()
    }

    /// The records of one type on its stdout.
    pub fn of_type(&self, kind: &str) -> Vec<Value> {
        self.records()
            .into_iter()
            .filter(|record| record["type"] == kind)
            .collect()
    }

    /// `address: reason` of every risk that the plan names.
    pub fn risks(&self) -> Vec<String> {
        let mut all = Vec::new();
        for change in self.of_type("change") {
            let risks = change["risks"].as_array();
            for risk in risks.into_iter().flatten() {
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                all.push(format!(
                    "{}: {}",
                    text(&change["address"]),
                    text(&risk["reason"])
                ));
            }
        }
        all
    }

    /// `action address` of every `change` or `applied` record whose action is not `none`, sorted. Both halves of a
    /// replacement are one.
    pub fn actions(&self) -> Vec<String> {
        let records = self.records();
        let replaced: Vec<&Value> = records
            .iter()
            .filter(|record| record["action"] == "replace")
            .map(|record| &record["address"])
            .collect();
        let mut all: Vec<String> = records
            .iter()
            .filter(|r| r["action"] != "delete" || !replaced.contains(&&r["address"]))
            .filter(|record| {
                ["change", "applied"].contains(&record["type"].as_str().unwrap_or_default())
            })
            .filter(|record| record["action"] != "none")
            .map(|record| {
                format!(
                    "{} {}",
                    record["action"].as_str().unwrap(),
                    record["address"].as_str().unwrap()
                )
            })
            .collect();
        all.sort();
        all
    }

    /// The value in its `output` record of this name.
    pub fn output(&self, name: &str) -> Value {
        self.of_type("output")
            .iter()
            .find(|o| o["name"] == name)
            .map(|o| o["value"].clone())
            .unwrap_or_default()
    }

    /// Its `end` record; null where it has none.
    pub fn end(&self) -> Value {
        self.of_type("end").pop().unwrap_or_default()
    }
}
