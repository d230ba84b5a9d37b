//! Every program, command, flag and make target that the documents name exists.

#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::World;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The documents: those at the root, the guides, and the example settings.
fn documents() -> Vec<PathBuf> {
    let mut documents: Vec<PathBuf> = [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "rd.example.toml",
    ]
    .map(|name| root().join(name))
    .to_vec();
    let guides = std::fs::read_dir(root().join("docs")).unwrap();
    let guides = guides.map(|entry| entry.unwrap().path());
    let slices = std::fs::read_dir(root()).unwrap();
    let slices = slices.map(|entry| entry.unwrap().path().join("README.md"));
    documents.extend(slices.filter(|path| path.is_file()));
    documents.extend(guides.filter(|path| path.extension().is_some_and(|end| end == "md")));
    documents
}

/// What a document shows as code: the lines of its code blocks, and its spans between backticks.
fn code(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut in_block = false;
    let mut line_so_far = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if in_block || line.starts_with("    ") {
            line_so_far.push_str(line.trim_end_matches('\\'));
            if !line.ends_with('\\') {
                found.push(std::mem::take(&mut line_so_far));
            }
        } else {
            found.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    found
}

/// A call of a program: its name, its words up to the first flag or value, and its flags.
#[derive(Debug, PartialEq, Eq)]
struct Call {
    program: String,
    words: Vec<String>,
    flags: Vec<String>,
}

/// The calls of rd programs in a piece of code.
fn calls(code: &str) -> Vec<Call> {
    let code = code.split(" # ").next().unwrap_or_default();
    let commands = code.split(['|', ';', '(', ')', '$', '&', '<', '>']);
    commands
        .filter_map(|command| call(command.trim()))
        .collect()
}

fn call(command: &str) -> Option<Call> {
    let mut words = command.split_whitespace().peekable();
    let program = words.next()?;
    let is_program = program
        .strip_prefix("rd-")
        .is_some_and(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase()));
    if !is_program {
        return None;
    }
    // What follows `--` is another program's.
    let rest: Vec<&str> = words.take_while(|word| *word != "--").collect();
    let is_flag = |word: &&&str| word.starts_with('-') && word.len() > 1;
    let name = |word: &str| {
        let word = word.split('=').next().unwrap_or_default();
        word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric())
            .to_owned()
    };
    // It passes its arguments on to the program of every slice.
    let program = match program {
        "rd-pipeline" => "rd-net",
        program => program,
    };
    Some(Call {
        program: program.to_owned(),
        words: rest
            .iter()
            .take_while(|word| !word.starts_with('-'))
            .map(|word| name(word))
            .collect(),
        flags: rest
            .iter()
            .filter(is_flag)
            .map(|word| name(word.trim_start_matches('[')))
            .collect(),
    })
}

/// What the programs know, asked of their help and remembered.
struct Programs {
    world: World,
    help: BTreeMap<String, Option<String>>,
}

impl Programs {
    /// The help of a program or of one of its commands; none where it has no such command.
    fn help(&mut self, program: &str, command: Option<&str>) -> Option<&str> {
        let key = format!("{program} {}", command.unwrap_or_default());
        let world = &self.world;
        let help = self.help.entry(key).or_insert_with(|| {
            let run = world
                .rd(program)
                .args(command.unwrap_or_default())
                .args("--help")
                .run();
            (run.code == 0).then_some(run.stdout)
        });
        help.as_deref()
    }

    /// What is wrong with a call; none where all of it exists.
    fn problem(&mut self, call: &Call) -> Option<String> {
        let main = root().join(&call.program).join("src/main.rs");
        if !main.is_file() {
            let library = call.words.is_empty() && call.flags.is_empty();
            let members = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
            if library && members.contains(&format!("\n{} = {{ path", call.program)) {
                return None;
            }
            return Some(format!("there is no program {}", call.program));
        }
        let command = call.words.first().filter(|word| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
        });
        let command = command.map(String::as_str);
        let Some(help) = self.help(&call.program, command) else {
            return Some(format!(
                "{} has no command {}",
                call.program,
                command.unwrap_or_default()
            ));
        };
        let known: BTreeSet<&str> = help
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
            .filter(|word| word.starts_with('-'))
            .collect();
        let unknown = call
            .flags
            .iter()
            .find(|flag| !known.contains(flag.as_str()))?;
        Some(format!(
            "{} {} has no flag {unknown}",
            call.program,
            command.unwrap_or_default()
        ))
    }
}

#[test]
fn calls_are_found_in_pipes_and_spans() {
    let found = calls("$ rd-net apply -y | rd-ecs run --timeout=5m -- npx --yes x && ls -l # rd-x");
    let call = |program: &str, words: &[&str], flags: &[&str]| Call {
        program: program.to_owned(),
        words: words.iter().map(|word| (*word).to_owned()).collect(),
        flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
    };
    assert_eq!(
        found,
        [
            call("rd-net", &["apply"], &["-y"]),
            call("rd-ecs", &["run"], &["--timeout"]),
        ]
    );
    assert_eq!(
        code("see `rd-net plan`, then\n```sh\nmake demo\n```\n"),
        ["rd-net plan", "make demo"]
    );
}

#[test]
fn every_program_command_and_flag_in_the_documents_exists() {
    let mut programs = Programs {
        world: World::new(""),
        help: BTreeMap::new(),
    };
    let mut problems = Vec::new();
    let mut count = 0;
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        let name = document.file_name().unwrap().to_string_lossy().into_owned();
        let in_comments = name.ends_with(".toml");
        for code in code(&if in_comments {
            text.replace("# ", "")
        } else {
            text
        }) {
            for call in calls(&code) {
                count += 1;
                if let Some(problem) = programs.problem(&call) {
                    problems.push(format!("{name}: `{}`: {problem}", code.trim()));
                }
            }
        }
    }
    assert!(count > 100, "only {count} calls were found");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_flag_in_the_examples_of_the_help_exists() {
    let mut programs = Programs {
        world: World::new(""),
        help: BTreeMap::new(),
    };
    let mut problems = Vec::new();
    let names = [
        "net", "data", "cache", "store", "edge", "ecs", "logs", "state",
    ];
    for program in names.map(|name| format!("rd-{name}")) {
        let help = programs.help(&program, None).unwrap_or_default().to_owned();
        let commands = help
            .lines()
            .skip_while(|line| *line != "Commands:")
            .filter_map(|line| line.strip_prefix("  "))
            .filter(|line| !line.starts_with(' '))
            .filter_map(|line| line.split_whitespace().next());
        let commands: Vec<String> = commands.map(str::to_owned).collect();
        let mut texts = vec![help];
        for command in commands {
            texts.extend(programs.help(&program, Some(&command)).map(str::to_owned));
        }
        for text in texts {
            let examples = text.lines().skip_while(|line| *line != "Examples:").skip(1);
            for line in examples.take_while(|line| !line.is_empty()) {
                let example = line.trim().split("  ").next().unwrap_or_default();
                for call in calls(example) {
                    problems.extend(
                        programs
                            .problem(&call)
                            .map(|what| format!("{line}: {what}")),
                    );
                }
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_make_target_in_the_documents_exists() {
    let makefile = std::fs::read_to_string(root().join("Makefile")).unwrap();
    let mut problems = Vec::new();
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        for code in code(&text) {
            let Some(rest) = code.trim().strip_prefix("make ") else {
                continue;
            };
            let target = rest.split_whitespace().next().unwrap_or_default();
            if !makefile.contains(&format!("\n{target}: ")) {
                problems.push(format!("{}: `{}`", document.display(), code.trim()));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn the_answers_of_where_is_exist() {
    let text = std::fs::read_to_string(root().join("docs/where-is.md")).unwrap();
    let answers: Vec<&str> = text
        .lines()
        .filter_map(|line| {
            line.strip_suffix("` |")?
                .rsplit_once('`')
                .map(|(_, file)| file)
        })
        .collect();
    assert_eq!(answers.len(), 20);
    for answer in answers {
        assert!(root().join(answer).is_file(), "{answer}");
    }
}
