//! The whole stack on one of AWS's bad days: applied, planned without changes, changed and destroyed, in one pipe each.

use rd_testkit::{World, bad_days};

const SLICES: [&str; 7] = ["net", "data", "cache", "store", "edge", "ecs", "logs"];

/// `rd-net plan --exit-code | rd-data plan --exit-code | …`, in the order of the slices, or the other way round.
fn pipe(command: &str, slices: impl Iterator<Item = &'static str>) -> String {
    let programs: Vec<String> = slices
        .map(|slice| format!("rd-{slice} {command}"))
        .collect();
    format!("set -o pipefail; {}", programs.join(" | "))
}

#[test]
fn the_stack_is_applied_changed_and_destroyed_on_a_bad_day() {
    for seed in bad_days() {
        let world = World::new("");
        world.zone(&world.domain());
        let settings = |more: &str| {
            format!(
                "project = \"shop\"\nenvironment = \"test\"\ndomain = \"{}\"\n[net]\nazs = 2\n{more}\n[logs]\n\
                 alert_email = \"{}\"\n",
                world.domain(),
                world.address()
            )
        };
        let run = |line: String| {
            let done = world.rd("rd-net").shell(&line).run();
            assert_eq!(done.code, 0, "seed {seed}: {line}\n{}", done.stderr);
        };
        let planned = || run(pipe("plan --exit-code", SLICES.into_iter()));
        world.settings(&settings(""));
        world.bad_day(seed);
        run(pipe("apply -y", SLICES.into_iter()));
        world.time_passes();
        planned();
        world.settings(&settings(
            "app_port = 8080\n[data]\nbackup_retention_days = 3\n[cache]\nnodes = 2\n[store]\nversioning = false\n[edge]\n\
             idle_timeout_seconds = 90\n[ecs]\ncpu = 512\nmemory = 1024\n[tags]\nOwner = \"platform\"\n",
        ));
        run(pipe("apply -y", SLICES.into_iter()));
        world.time_passes();
        planned();
        run(pipe("destroy -y", SLICES.into_iter().rev()));
        let left = world.rd("rd-state").args("list").ok();
        assert_eq!(left.stdout, "", "seed {seed}");
    }
}
