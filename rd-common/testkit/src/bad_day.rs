//! AWS's bad days: `scripts/aws_local/bad_day` has what happens on them.

use crate::faults::soak;
use crate::run::{Done, Rd};
use crate::world::World;
use serde_json::json;

impl World {
    /// Makes the local API answer the programs as AWS does at its worst, from now on. What happens follows from the seed.
    /// The test's own calls are answered as on any other day.
    pub fn bad_day(&self, seed: u64) {
        let day = json!({"account": self.account, "seed": seed});
        self.aws_local("/aws-local/bad-day", &day);
    }

    /// Lets a quarter of an hour pass on a bad day: every state is reached, and every change is visible.
    pub fn time_passes(&self) {
        self.seconds_pass(900);
    }

    fn seconds_pass(&self, seconds: u32) {
        let passing = json!({"account": self.account, "pass": seconds});
        self.aws_local("/aws-local/bad-day", &passing);
    }

    /// The life of a slice on a bad day: created, changed to other settings and destroyed, and then created with the same
    /// names, which are not free yet, and destroyed.
    pub fn lives_through_a_bad_day(&self, program: &str, seed: u64, changed: &str) {
        let settings = std::fs::read_to_string(self.path().join("rd.toml")).unwrap();
        let run = |args: &str| {
            succeeded(
                self.rd(program).args(args),
                &format!("{program} {args}, seed {seed}"),
            )
        };
        self.bad_day(seed);
        run("apply -y");
        self.time_passes();
        run("plan --exit-code");
        self.settings(changed);
        let updated = run("apply -y");
        assert!(
            updated
                .actions()
                .iter()
                .any(|one| one.starts_with("update ")),
            "the settings change nothing in place: {:?}",
            updated.actions()
        );
        self.time_passes();
        run("plan --exit-code");
        run("destroy -y");
        self.settings(&settings);
        // Reads show no more what was deleted, but its names are not free yet.
        self.seconds_pass(11);
        run("apply -y");
        run("destroy -y");
        let slice = program.trim_start_matches("rd-");
        let left = self.rd("rd-state").args(&format!("list {slice}")).ok();
        assert_eq!(left.stdout, "", "seed {seed}");
    }
}

/// The seeds of the bad days that a test goes through: one of them, or all where `RD_SOAK` asks for it.
pub fn bad_days() -> Vec<u64> {
    (1..=if soak() { 20 } else { 1 }).collect()
}

/// The result of a program that must succeed.
fn succeeded(program: Rd, what: &str) -> Done {
    let done = program.run();
    assert_eq!(done.code, 0, "{what}\n{}{}", done.stdout, done.stderr);
    done
}
