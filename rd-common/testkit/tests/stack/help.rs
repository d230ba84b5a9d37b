//! The help, completions and manual pages of every program.

use rd_testkit::World;

const PROGRAMS: [&str; 8] = [
    "rd-net", "rd-data", "rd-cache", "rd-store", "rd-edge", "rd-ecs", "rd-logs", "rd-state",
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
        for code in [0, 1, 2, 3, 4, 5, 6, 124, 130] {
            assert!(
                help.lines()
                    .any(|line| line.trim_start().starts_with(&format!("{code}  "))),
                "{code}: {help}"
            );
        }
        let version = world.rd(program).args("--version").ok().stdout;
        assert_eq!(
            version,
            format!("{program} {}\n", env!("CARGO_PKG_VERSION"))
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

#[test]
fn completions_are_scripts_that_the_shells_take() {
    let world = World::new("");
    for program in PROGRAMS {
        for shell in ["bash", "zsh", "fish"] {
            let script = world.rd(program).args("completions").arg(shell).ok().stdout;
            assert!(
                script.contains(program) && script.len() > 1000,
                "{program} {shell}"
            );
        }
        let check = format!(
            "{program} completions bash | bash -n && {program} completions bash | head -1 >/dev/null"
        );
        world.rd(program).shell(&check).ok();
    }
}

#[test]
fn manual_pages_are_written() {
    let world = World::new("");
    world.rd("rd-net").args("man .").ok();
    let page = std::fs::read_to_string(world.path().join("rd-net-plan.1")).unwrap();
    assert!(page.contains(".TH"), "{page}");
}
