//! The table of what AWS says, what likely caused it, and what to do. Each sort of trouble has a file; the first rule
//! that fits counts, so what is more special stands before what is more general.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html>
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html>

mod deployment;
mod exit;
mod health;
mod image;
mod initialization;
mod placement;
mod start;
mod stop;

/// How likely something is what all the rest follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// A task cannot start, or ends: a cause.
    Cause,
    /// A task runs and is not well: a cause, where there is no other.
    Health,
    /// It comes of something else.
    Consequence,
    /// It is told and needs nothing.
    Note,
}

/// One row.
#[derive(Debug)]
pub struct Rule {
    /// Its name, for programs.
    pub name: &'static str,
    /// It fits where all words of one of these are in AWS's text, in lower case.
    pub when: &'static [&'static [&'static str]],
    /// How likely it is the cause of the rest.
    pub rank: Rank,
    /// The likely cause.
    pub cause: &'static str,
    /// What to do.
    pub advice: &'static str,
}

impl Rule {
    fn fits(&self, text: &str) -> bool {
        let has = |words: &&[&str]| words.iter().all(|word| text.contains(word));
        self.when.iter().any(has)
    }
}

/// All tables of texts, in the order in which they are tried.
const TABLES: [&[Rule]; 7] = [
    image::RULES,
    initialization::RULES,
    placement::RULES,
    start::RULES,
    health::RULES,
    deployment::RULES,
    stop::RULES,
];

/// The rule for what AWS says of a task, a container or a service.
pub fn of_text(text: &str) -> Option<&'static Rule> {
    let text = text.to_lowercase();
    let mut rules = TABLES.iter().copied().flatten();
    rules.find(|rule| rule.fits(&text))
}

/// The rule for AWS's code of a target's health.
pub fn of_target(reason: &str) -> Option<&'static Rule> {
    let reason = reason.to_lowercase();
    health::TARGETS.iter().find(|rule| rule.fits(&reason))
}

/// The rule for a container's exit code.
pub fn of_exit(code: i32) -> &'static Rule {
    let found = exit::CODES.iter().find(|(codes, _)| codes.contains(&code));
    found.map_or(&exit::OTHER, |(_, rule)| rule)
}

/// What is no trouble: such texts are told nowhere.
pub fn is_usual(text: &str) -> bool {
    let text = text.to_lowercase();
    let has = |words: &&[&str]| words.iter().all(|word| text.contains(word));
    stop::USUAL.iter().any(has)
}

/// For what no rule fits.
pub const UNKNOWN: Rule = Rule {
    name: "unknown",
    when: &[],
    rank: Rank::Cause,
    cause: "AWS gives a reason that is not known here",
    advice: "look it up at https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html",
};

/// For an event that no rule fits.
pub const UNKNOWN_EVENT: Rule = Rule {
    name: "unknown-event",
    when: &[],
    rank: Rank::Consequence,
    cause: "AWS tells of something that is not known here",
    advice: "look it up at https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html",
};

#[cfg(test)]
mod tests;
