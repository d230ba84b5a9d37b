//! The rules: a text or code of AWS's, its likely cause, and what to do. One file for each category. The first rule that
//! matches counts, so special rules come before general ones.
//!
//! Most rules match on text, because ECS reports these reasons only as text; the pages list the texts.
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

/// How likely a finding is the cause of the others; the first is the most likely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// A task cannot start, or exits.
    Cause,
    /// A task is running but unhealthy: the cause if there is no other.
    Health,
    /// A consequence of another finding.
    Consequence,
    /// Worth knowing; needs no action.
    Note,
}

/// One rule: when it matches, and what it reports.
#[derive(Debug)]
pub struct Rule {
    /// The rule's name in the output, stable for programs.
    pub name: &'static str,
    /// It matches if the text contains all words of one of these lists; in lower case.
    pub when: &'static [&'static [&'static str]],
    /// How likely it is the cause of the other findings.
    pub rank: Rank,
    /// The likely cause, in one sentence.
    pub cause: &'static str,
    /// What to do about it.
    pub advice: &'static str,
}

impl Rule {
    fn matches(&self, text: &str) -> bool {
        let has = |words: &&[&str]| words.iter().all(|word| text.contains(word));
        self.when.iter().any(has)
    }
}

/// The rules for texts, in the order in which they are tried.
const TABLES: [&[Rule]; 7] = [
    image::RULES,
    initialization::RULES,
    placement::RULES,
    start::RULES,
    health::RULES,
    deployment::RULES,
    stop::RULES,
];

/// The rule for AWS's text about a task, a container or a service; none where no rule matches.
pub fn of_text(text: &str) -> Option<&'static Rule> {
    let text = text.to_lowercase();
    let mut rules = TABLES.iter().copied().flatten();
    rules.find(|rule| rule.matches(&text))
}

/// The rule for AWS's reason code of a target's health, such as `Target.Timeout`.
pub fn of_target(reason: &str) -> Option<&'static Rule> {
    let reason = reason.to_lowercase();
    health::TARGETS.iter().find(|rule| rule.matches(&reason))
}

/// The rule for the exit code of a container; unknown codes have a general rule.
pub fn of_exit(code: i32) -> &'static Rule {
    let found = exit::CODES.iter().find(|(codes, _)| codes.contains(&code));
    found.map_or(&exit::OTHER, |(_, rule)| rule)
}

/// Whether a text reports a routine event, which is not a finding.
pub fn is_routine(text: &str) -> bool {
    let text = text.to_lowercase();
    let has = |words: &&[&str]| words.iter().all(|word| text.contains(word));
    stop::ROUTINE.iter().any(has)
}

/// For a reason that no rule matches.
pub const UNKNOWN: Rule = Rule {
    name: "unknown",
    when: &[],
    rank: Rank::Cause,
    cause: "AWS reports a reason that rd does not know",
    advice: "look it up at https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html",
};

/// For an event that no rule matches.
pub const UNKNOWN_EVENT: Rule = Rule {
    name: "unknown-event",
    when: &[],
    rank: Rank::Consequence,
    cause: "AWS reports an event that rd does not know",
    advice: "look it up at https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html",
};

#[cfg(test)]
mod tests;
