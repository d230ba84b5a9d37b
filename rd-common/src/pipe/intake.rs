//! What a program accepts on stdin, which depends on its command.

use crate::records::Verb;
use std::path::PathBuf;

/// What a program accepts on stdin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intake {
    /// What a saved plan is for.
    pub plans: Plans,
    /// Whether the command changes AWS. Then a stdin that is neither the records of a program nor a saved plan is an
    /// error: something was meant to come, and nothing may be changed without it.
    pub changes_aws: bool,
    /// Whether each record must follow the `begin` of its slice. Only a filter accepts a part of a stream.
    pub whole: bool,
    /// The command of an earlier run of this program whose records are left out, since this run writes them again: a filter
    /// replaces what a saved plan has of it.
    pub replaces: Option<Verb>,
    /// The saved plan that `--plan` names.
    pub named_plan: Option<PlanSource>,
}

/// What a saved plan on stdin is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plans {
    /// Its outputs are used as if its programs were upstream, by commands that only read.
    Outputs,
    /// The changes of the own slice are carried out.
    Changes,
    /// It is an error.
    Refused {
        /// Why, as a clause that follows the place of its `begin`.
        why: &'static str,
        /// What to do instead, for the hint.
        hint: &'static str,
    },
}

/// Where `--plan` says that the saved plan is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanSource {
    /// `-`: on stdin, however long it takes to arrive.
    Stdin,
    /// In the file with this path.
    File(PathBuf),
}

impl From<PathBuf> for PlanSource {
    fn from(path: PathBuf) -> Self {
        if path.as_os_str() == "-" {
            PlanSource::Stdin
        } else {
            PlanSource::File(path)
        }
    }
}

impl Intake {
    /// What the program of a slice accepts for `verb`, without flags.
    pub fn of(verb: &Verb) -> Self {
        let plans = if verb.uses_planned_outputs() {
            Plans::Outputs
        } else if *verb == Verb::Destroy {
            Plans::Refused {
                why: "a saved plan, which destroy does not take",
                hint: "a plan says what an apply does; leave it out to destroy the slice",
            }
        } else {
            Plans::Changes
        };
        Self {
            plans,
            changes_aws: matches!(verb, Verb::Apply | Verb::Destroy),
            whole: true,
            replaces: None,
            named_plan: None,
        }
    }

    /// What `apply` accepts: with `-y` no saved plan, otherwise also one that `--plan` names.
    pub fn of_apply(yes: bool, named_plan: Option<PlanSource>) -> Self {
        let mut intake = Self::of(&Verb::Apply);
        if yes {
            intake.plans = Plans::Refused {
                why: "a saved plan, but -y applies without one",
                hint: "leave out -y to apply exactly this plan; to apply what rd.toml says now, leave out the plan",
            };
        }
        intake.named_plan = named_plan;
        intake
    }

    /// What a filter accepts for `verb`: any records. Those of an earlier run of the same command are replaced.
    pub fn of_filter(verb: &Verb) -> Self {
        Self {
            plans: Plans::Outputs,
            changes_aws: false,
            whole: false,
            replaces: Some(verb.clone()),
            named_plan: None,
        }
    }

    /// Whether outputs of plans are used.
    pub(super) fn is_planning(&self) -> bool {
        self.plans == Plans::Outputs
    }
}
