//! Every command that the README shows works as it is shown, one after the other.

use rd_testkit::World;

/// The fenced blocks of a language.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<Vec<&'a str>> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line == format!("```{language}") {
            blocks.push(lines.by_ref().take_while(|line| *line != "```").collect());
        }
    }
    blocks
}

fn read(name: &str) -> String {
    std::fs::read_to_string(format!("{}/../../{name}", env!("CARGO_MANIFEST_DIR")))
        .unwrap_or_default()
}

/// Whether a line of the program's is the one shown: ids, the account and times are others each time.
fn alike(shown: &str, line: &str) -> bool {
    let plain = |text: &str| -> String {
        let words = text.split_whitespace().map(|word| {
            match word.trim_matches(['(', ')']).split_once('-') {
                Some((kind, id)) if id.len() == 17 && id.bytes().all(|b| b.is_ascii_hexdigit()) => {
                    kind.to_owned()
                }
                _ if word.len() == 12 && word.bytes().all(|b| b.is_ascii_digit()) => {
                    "account".to_owned()
                }
                _ => word.to_owned(),
            }
        });
        words.collect::<Vec<_>>().join(" ")
    };
    plain(shown) == plain(line)
}

#[test]
fn the_session_runs_as_shown() {
    let world = World::new("");
    std::fs::remove_file(world.path().join("rd.toml")).unwrap();
    let readme = read("README.md");
    let session: Vec<&str> = blocks(&readme, "console").concat();
    let mut commands: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in session {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push((command, Vec::new())),
            (None, Some((_, shown))) => shown.push(line),
            (None, None) => panic!("output before the first command: {line}"),
        }
    }
    assert!(commands.len() > 10);
    let has_jq = world.rd("rd-net").shell("command -v jq").run().code == 0;
    for (command, shown) in commands {
        if command.starts_with("jq ") && !has_jq {
            continue;
        }
        let done = world
            .rd("rd-net")
            .shell(&format!("set -o pipefail; {command}"))
            .run();
        assert_eq!(done.code, 0, "$ {command}\n{}{}", done.stdout, done.stderr);
        // A screen that leaves nothing out is the whole of it.
        let screen = shown.len() > 5 && !shown.contains(&"…");
        let lines: Vec<&str> = done.stdout.lines().collect();
        if screen && shown.len() != lines.len() {
            panic!(
                "$ {command}\nprints more or less than is shown:\n{}",
                done.stdout
            );
        }
        for (shown, line) in shown.iter().zip(&lines).filter(|_| screen) {
            assert!(
                alike(shown, line),
                "$ {command}\nprints `{line}`, not `{shown}`"
            );
        }
        // Slices that work at the same time speak in whichever order.
        for wanted in shown.into_iter().filter(|line| *line != "…") {
            let found = done.stdout.lines().any(|line| alike(wanted, line));
            assert!(
                found,
                "$ {command}\ndoes not print `{wanted}` (any more):\n{}",
                done.stdout
            );
        }
    }
}

#[test]
fn the_targets_shown_are_there() {
    let makefile = read("Makefile");
    let readme = read("README.md");
    let shown: Vec<&str> = blocks(&readme, "sh").concat();
    assert!(shown.len() >= 3);
    for line in shown {
        let target = line
            .strip_prefix("make ")
            .and_then(|rest| rest.split_whitespace().next());
        let rule = format!("\n{}: ", target.unwrap_or("(none)"));
        assert!(makefile.contains(&rule), "{line}");
    }
}

#[test]
fn the_exit_codes_are_those_of_the_help() {
    let help = World::new("").rd("rd-net").args("--help").ok().stdout;
    let (_, codes) = help.split_once("Exit codes:").unwrap();
    let readme = read("README.md");
    for line in codes.lines().filter(|line| !line.trim().is_empty()) {
        let code = line.split_whitespace().next().unwrap();
        assert!(readme.contains(&format!("\n| {code} | ")), "{code}");
    }
}

#[test]
fn files_that_documents_name_are_there() {
    for document in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "docs/state.md",
        "docs/testing.md",
        "docs/views.md",
        "docs/building.md",
        "docs/restore.md",
        "docs/rotate.md",
        "docs/custom-domain.md",
    ] {
        let text = read(document);
        assert!(!text.is_empty(), "{document}");
        for (_, rest) in text
            .match_indices("](")
            .map(|(at, _)| text.split_at(at + 2))
        {
            let target = rest.split(')').next().unwrap();
            if target.starts_with("http") || target.starts_with('#') {
                continue;
            }
            // A heading within the page.
            let target = target.split('#').next().unwrap_or(target);
            let folder = document.rsplit_once('/').map_or("", |(folder, _)| folder);
            let path = format!("{}/../../{folder}/{target}", env!("CARGO_MANIFEST_DIR"));
            assert!(
                std::path::Path::new(&path).exists(),
                "{document} → {target}"
            );
        }
    }
}
