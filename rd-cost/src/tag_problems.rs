//! Why Cost Explorer finds nothing for the stack: its tags, in most cases.

use crate::cost_explorer::{CostExplorer, OWN_TAGS, Query, State, TagState};
use rd_common::Result;
use rd_common::output::printer::print_warning;

/// Warns with what is known about the tags of the stack.
pub async fn explain_nothing(explorer: &CostExplorer, query: &Query) -> Result<()> {
    let (summary, hint) = match explorer.tags().await? {
        Some(tags) => {
            let own: Vec<&TagState> = tags
                .iter()
                .filter(|tag| OWN_TAGS.contains(&tag.key.as_str()))
                .collect();
            of_states(&own)
        }
        None => {
            let has_values = explorer.has_values(OWN_TAGS[0], query.since, query.until);
            of_member(has_values.await?)
        }
    };
    print_warning(&summary, hint);
    Ok(())
}

fn of_states(tags: &[&TagState]) -> (String, &'static str) {
    let named = |wanted: fn(&State) -> bool| -> Vec<&str> {
        let with = tags.iter().filter(|tag| wanted(&tag.state));
        with.map(|tag| tag.key.as_str()).collect()
    };
    let inactive = named(|state| *state == State::Inactive);
    let unseen = named(|state| *state == State::Unseen);
    if !inactive.is_empty() {
        return (
            format!(
                "no costs are found: the tags {} are not active",
                inactive.join(", ")
            ),
            "rd-cost tags --activate; costs are found from then on, and earlier ones after --backfill",
        );
    }
    if !unseen.is_empty() {
        return (
            format!(
                "no costs are found: AWS has not seen the tags {} yet",
                unseen.join(", ")
            ),
            "AWS lists a tag up to a day after the first resource has it; then rd-cost tags --activate",
        );
    }
    (
        "no costs are found: the tags are active, but there is no data yet".to_owned(),
        "costs appear within a day of the activation; rd-cost tags --backfill MONTH brings earlier ones",
    )
}

fn of_member(has_values: bool) -> (String, &'static str) {
    match has_values {
        true => (
            "no costs are found, although the tags are active".to_owned(),
            "check project and environment in rd.toml, and --since",
        ),
        false => (
            "no costs are found: the tags Project and Environment are not active, or without data"
                .to_owned(),
            "this account belongs to an organization: ask its management account to run rd-cost tags --activate",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str, state: State) -> TagState {
        TagState {
            key: key.to_owned(),
            state,
        }
    }

    #[test]
    fn the_first_thing_to_do_is_named() {
        let active = State::Active { since: None };
        let said = |one: State, other: State| {
            let tags = [tag("Project", one), tag("Environment", other)];
            of_states(&tags.iter().collect::<Vec<_>>()).0
        };
        assert!(said(active.clone(), State::Inactive).contains("Environment are not active"));
        assert!(said(State::Unseen, active.clone()).contains("has not seen the tags Project"));
        assert!(said(active.clone(), active).contains("no data yet"));
    }
}
