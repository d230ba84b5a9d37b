//! The help, completions and manual pages of every program.

use rd_testkit::World;

const PROGRAMS: [&str; 9] = [
    "rd-net", "rd-data", "rd-cache", "rd-store", "rd-edge", "rd-ecs", "rd-logs", "rd-state",
    "rd-cost",
];

#[test]
fn help_has_examples_and_every_exit_code() {
    let world = World::new("");
    for program in PROGRAMS {
        let help = world.rd(program).args("--help").ok().stdout;
        assert!(
            help.contains("Examples:") && help.contains(&format!("  {program} ")),
            "{help}"
        );
        // clap shows the comment of its flags for a command without one.
        for comment in ["The flags that", "The arguments that"] {
            assert!(!help.contains(comment), "{help}");
        }
        for code in [0, 1, 2, 3, 4, 5, 6, 7, 124, 130] {
            assert!(
                help.lines()
                    .any(|line| line.trim_start().starts_with(&format!("{code}  "))),
                "{code}: {help}"
            );
        }
        let version = world.rd(program).args("--version").ok().stdout;
        assert_eq!(
            version,
            format!("{program} {}\n", rd_common::version::TEXT.as_str())
        );
    }
}

#[test]
fn every_command_has_help() {
    let world = World::new("");
    let commands = [
        "plan",
        "apply",
        "destroy",
        "status",
        "output",
        "completions",
    ];
    for program in &PROGRAMS[..6] {
        for command in commands {
            let help = world.rd(program).args(command).args("--help").ok().stdout;
            assert!(
                help.contains(&format!("Usage: {program} {command}")),
                "{help}"
            );
        }
    }
}

/// The commands that a help lists.
fn commands(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = lines.take_while(|line| !line.is_empty());
    lines
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|command| *command != "help")
        .map(str::to_owned)
        .collect()
}

/// Fails unless the help of this command and of all below it have examples that exist.
fn check_examples(world: &World, program: &str, path: &str) -> usize {
    let help = world.rd(program).args(path).args("--help").ok().stdout;
    let call = format!("{program} {path}");
    let examples: Vec<&str> = help
        .lines()
        .skip_while(|line| *line != "Examples:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .collect();
    assert!(
        path.is_empty() || examples.iter().any(|line| line.contains(call.trim_end())),
        "no example of {call}: {help}"
    );
    for line in &examples {
        assert!(!line.contains(['{', '}']) || line.contains("jq"), "{line}");
    }
    let below = commands(&help);
    let count = examples.len();
    count
        + below
            .iter()
            .map(|command| check_examples(world, program, format!("{path} {command}").trim_start()))
            .sum::<usize>()
}

#[test]
fn every_command_has_an_example() {
    let world = World::new("");
    let count: usize = PROGRAMS
        .iter()
        .map(|program| check_examples(&world, program, ""))
        .sum();
    assert!(count > 150, "only {count} examples were found");
}

#[test]
fn manual_pages_have_the_usual_sections() {
    let world = World::new("");
    for program in PROGRAMS {
        world.rd(program).args("man .").ok();
    }
    let mut count = 0;
    for entry in std::fs::read_dir(world.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "1") {
            continue;
        }
        count += 1;
        let page = std::fs::read_to_string(&path).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let headings: Vec<&str> = page
            .lines()
            .filter_map(|line| line.strip_prefix(".SH "))
            .map(|heading| heading.trim_matches('"'))
            .collect();
        let of_a_program = ["SUBCOMMANDS", "EXAMPLES", "EXIT STATUS", "VERSION"];
        let of_a_command = ["EXAMPLES"];
        let expected: &[&str] = match PROGRAMS.contains(&name.as_str()) {
            true => &of_a_program,
            false => &of_a_command,
        };
        assert!(page.contains(".TH"), "{name}");
        for heading in ["NAME", "SYNOPSIS", "OPTIONS"].iter().chain(expected) {
            assert!(
                headings.contains(heading),
                "{name} has no {heading}: {headings:?}"
            );
        }
        assert!(!headings.contains(&"EXTRA"), "{name}: {headings:?}");
    }
    assert!(count > 80, "only {count} pages");
}
