//! The findings about the service, its newest deployment and its events.

use super::evidence::{Event, ServiceState};
use super::finding::Finding;
use super::rules::{self, Rank, UNKNOWN_EVENT};
use crate::kinds::service::deployments::Deployment;
use crate::names::last;
use jiff::{SignedDuration, Timestamp};

/// The findings in the state of the service.
pub fn of_service(service: &ServiceState) -> Vec<Finding> {
    let mut found = Vec::new();
    if service.status == "DRAINING" {
        found.push(
            Finding::new(
                "service-draining",
                Rank::Cause,
                "the service is being deleted and waits for its tasks to stop; it waits forever if its roles were deleted first",
                "run rd-ecs apply, which creates the roles again, then rd-ecs destroy, which deletes in the right order",
            )
            .with_evidence("the service is DRAINING"),
        );
    }
    if service.running < service.desired {
        found.push(
            Finding::new(
                "tasks-missing",
                Rank::Consequence,
                "fewer tasks are running than desired",
                "fix the findings above; rd-ecs wait follows tasks that are starting",
            )
            .with_evidence(format!(
                "desired {}, running {}, pending {}",
                service.desired, service.running, service.pending
            )),
        );
    }
    if service.desired == 0 {
        found.push(Finding::new(
            "no-tasks-wanted",
            Rank::Note,
            "the desired number of tasks is 0",
            "rd-ecs scale N starts some, and so does the first rd-ecs deploy",
        ));
    }
    found
}

/// How long a failed deployment counts as a problem: as long as AWS keeps its stopped tasks.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-errors.html>
const COUNTS_FOR: SignedDuration = SignedDuration::from_hours(1);

/// What is over, and needs no action any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// What happened before this is over: tasks that stopped, and events.
    pub before: Option<Timestamp>,
    /// Whether a failure of the newest deployment is over.
    pub deployment: bool,
}

impl Past {
    /// What is over at `now`: what came before the service was last steady, or, where the newest deployment is under way
    /// or has failed, before that deployment.
    pub fn of(latest: Option<&Deployment>, events: &[Event], now: Timestamp) -> Self {
        let steady = events.iter().filter(|one| is_steady(&one.message));
        let steady = steady.map(|one| one.at).max();
        let Some(latest) = latest else {
            return Self {
                before: steady,
                deployment: true,
            };
        };
        let ended = latest.finished_at.filter(|_| latest.is_over());
        let is_long_ago = ended.is_some_and(|ended| now.duration_since(ended) > COUNTS_FOR);
        if ended.is_some() && (latest.succeeded() || is_long_ago) {
            return Self {
                before: ended.max(steady),
                deployment: true,
            };
        }
        Self {
            before: Some(latest.created_at),
            deployment: false,
        }
    }

    fn contains(&self, at: Timestamp) -> bool {
        self.before.is_some_and(|before| at <= before)
    }
}

/// Whether an event says that the service runs as it should.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html>
fn is_steady(message: &str) -> bool {
    message.contains("has reached a steady state")
}

/// The finding about the newest deployment; a note if it is over.
pub fn of_deployment(latest: &Deployment, past: &Past) -> Option<Finding> {
    let found = deployment(latest)?;
    Some(match past.deployment {
        true => found.settled(),
        false => found,
    })
}

fn deployment(latest: &Deployment) -> Option<Finding> {
    let name = last(&latest.task_definition);
    if latest.succeeded() {
        return None;
    }
    if latest.is_over() || latest.is_rolled_back() {
        return Some(
            Finding::new(
                "deployment-failed",
                Rank::Consequence,
                format!("deployment of {name} failed; the previous revision is still serving"),
                "fix the findings above, then deploy again",
            )
            .with_evidence(latest.why()),
        );
    }
    let counts = format!(
        "{}; desired {}, running {}, pending {}, failed {}",
        latest.why(),
        latest.requested,
        latest.running,
        latest.pending,
        latest.failed
    );
    let rank = match latest.failed {
        0 => Rank::Note,
        _ => Rank::Consequence,
    };
    Some(
        Finding::new(
            "deployment-under-way",
            rank,
            format!("{name} is being deployed"),
            "rd-ecs wait follows it, rd-ecs rollback stops it",
        )
        .with_evidence(counts),
    )
}

/// The findings in the service's events. An event that no rule covers becomes a finding with AWS's words; a note where
/// nothing else is wrong (`is_well`).
pub fn of_events(events: &[Event], past: &Past, is_well: bool) -> Vec<Finding> {
    let mut found = Vec::new();
    for event in events {
        let finding = match rules::of_text(&event.message) {
            Some(rule) => Finding::by(rule, &event.message),
            None if rules::is_routine(&event.message) => continue,
            None => match Finding::by(&UNKNOWN_EVENT, &event.message) {
                finding if is_well => finding.into_note(),
                finding => finding,
            },
        };
        found.push(match past.contains(event.at) {
            true => finding.settled(),
            false => finding,
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::finding::{Severity, has_errors};

    fn event(message: &str) -> Event {
        Event {
            at: Timestamp::UNIX_EPOCH,
            message: message.to_owned(),
        }
    }

    #[test]
    fn unknown_events_are_findings_and_routine_ones_are_not() {
        let events = [
            event("(service api) has reached a steady state."),
            event("(service api) has caught fire."),
            event(
                "(service api) is not AZ balanced with 3 tasks in us-east-1a, 1 tasks in us-east-1b. AZ Rebalancing in progress.",
            ),
        ];
        let found = of_events(&events, &Past::default(), false);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].evidence, ["(service api) has caught fire."]);
        assert!(has_errors(&found));
        assert!(!has_errors(&of_events(&events, &Past::default(), true)));
        let failed = [event(
            "(service api) (task 1) failed container health checks.",
        )];
        assert!(has_errors(&of_events(&failed, &Past::default(), true)));
    }

    fn deployed(status: &str, finished_at: Option<Timestamp>) -> Deployment {
        Deployment {
            arn: String::new(),
            status: status.to_owned(),
            reason: None,
            task_definition: "x/api:2".to_owned(),
            created_at: Timestamp::UNIX_EPOCH,
            finished_at,
            rollback_reason: None,
            requested: 1,
            running: 0,
            pending: 0,
            failed: 3,
            threshold: 3,
        }
    }

    #[test]
    fn what_came_before_a_deployment_or_a_steady_state_is_over() {
        let began = Timestamp::UNIX_EPOCH;
        let ended = began + SignedDuration::from_mins(1);
        let (soon, later) = (
            began + SignedDuration::from_mins(5),
            began + SignedDuration::from_hours(2),
        );
        let past = |latest: &Deployment, now| Past::of(Some(latest), &[], now);
        let under_way = Past {
            before: Some(began),
            deployment: false,
        };
        assert_eq!(past(&deployed("IN_PROGRESS", None), later), under_way);
        let failed = deployed("ROLLBACK_SUCCESSFUL", Some(ended));
        assert_eq!(past(&failed, soon), under_way);
        let over = Past {
            before: Some(ended),
            deployment: true,
        };
        assert_eq!(past(&failed, later), over);
        let succeeded = deployed("SUCCESSFUL", Some(ended));
        assert_eq!(past(&succeeded, soon), over);
        assert!(has_errors(&[of_deployment(&failed, &under_way).unwrap()]));
        assert!(!has_errors(&[of_deployment(&failed, &over).unwrap()]));
        assert!(of_deployment(&succeeded, &over).is_none());

        let steady = Event {
            at: soon,
            message: "(service api) has reached a steady state.".to_owned(),
        };
        let events = std::slice::from_ref(&steady);
        assert_eq!(Past::of(Some(&succeeded), events, later).before, Some(soon));
        // The service is steady again because its deployment was rolled back: that is still to be seen.
        assert_eq!(Past::of(Some(&failed), events, soon), under_way);
        assert_eq!(Past::of(None, events, later).before, Some(soon));
    }

    #[test]
    fn missing_tasks_are_found() {
        let mut state = ServiceState {
            desired: 2,
            running: 2,
            ..ServiceState::default()
        };
        assert!(of_service(&state).is_empty());
        state.running = 1;
        assert_eq!(of_service(&state)[0].rule, "tasks-missing");
        state.desired = 0;
        let none = of_service(&state);
        assert_eq!(none[0].severity, Severity::Note);
    }
}
