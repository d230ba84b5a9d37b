//! What is found of tasks: why they stopped, and why those that run are not well.

use super::evidence::Watched;
use super::finding::Finding;
use super::rules::{self, Rank, UNKNOWN};
use crate::tasks::Task;
use jiff::{SignedDuration, Timestamp};

/// A task that has not begun to run after this long is stuck.
const STUCK: SignedDuration = SignedDuration::from_mins(10);

/// How many of its last lines a finding shows.
const SHOWN: usize = 10;

/// The finding of one task, if there is one; what was until `over` is no trouble any more.
pub fn of(watched: &Watched, over: Option<Timestamp>) -> Option<Finding> {
    let task = &watched.task;
    let found = match task.has_stopped() {
        true => stopped(task)?,
        false => running(task, Timestamp::now())?,
    };
    let lines = watched.last_lines.iter().rev().take(SHOWN).rev();
    let lines = lines.map(|line| line.message.clone()).collect();
    let found = found.of_task(&task.id, lines);
    let is_over = task
        .stopped_at
        .zip(over)
        .is_some_and(|(at, over)| at <= over);
    Some(match is_over {
        true => found.past(),
        false => found,
    })
}

fn stopped(task: &Task) -> Option<Finding> {
    let evidence = match task.why() {
        why if why.is_empty() => "AWS gives no reason".to_owned(),
        why => why,
    };
    let reasons = [
        task.container_reason.as_deref(),
        task.stopped_reason.as_deref(),
        task.stop_code.as_deref(),
    ];
    let reasons: Vec<&str> = reasons.into_iter().flatten().collect();
    if let Some(rule) = reasons.iter().find_map(|reason| rules::of_text(reason)) {
        return Some(Finding::by(rule, evidence));
    }
    if task.stopped_reason.as_deref().is_some_and(rules::is_usual) {
        return None;
    }
    let ended = task.stop_code.as_deref() == Some("EssentialContainerExited");
    match task.exit_code {
        // A task that is no service's may end.
        Some(0) if ended && !is_of_service(task) => None,
        Some(code) if ended => Some(Finding::by(rules::of_exit(code), evidence)),
        _ => Some(Finding::by(&UNKNOWN, evidence)),
    }
}

fn is_of_service(task: &Task) -> bool {
    task.group.starts_with("service:")
}

fn running(task: &Task, now: Timestamp) -> Option<Finding> {
    let age = task.created_at.map(|at| now.duration_since(at));
    let is_old = age.is_some_and(|age| age > STUCK);
    if task.desired_status == "STOPPED" {
        return Some(
            Finding::own(
                "task-stopping",
                Rank::Note,
                "a task is on its way out: its connections are drained, then it has stop_timeout_seconds to end",
                "nothing; where it takes longer than both, the application does not end at SIGTERM",
            )
            .saying(format!("{} since {}", task.last_status, since(task))),
        );
    }
    if task.health == "UNHEALTHY" {
        return Some(
            Finding::own(
                "container-unhealthy",
                Rank::Health,
                "health_command fails in the container: a program that the image lacks (curl, wget), another port, or the application is not well",
                "try it with rd-ecs exec; raise health_start_seconds in [ecs] where the application is slow to start",
            )
            .saying("the container is UNHEALTHY"),
        );
    }
    if task.last_status != "RUNNING" && is_old {
        return Some(
            Finding::own(
                "task-stuck",
                Rank::Cause,
                "a task does not begin to run: its image is large, or what it needs cannot be reached",
                "rd-ecs verify looks at all that a start needs; rd-ecs stop lets the service try another one",
            )
            .saying(format!("{} since {}", task.last_status, since(task))),
        );
    }
    None
}

fn since(task: &Task) -> String {
    let at = task.started_at.or(task.created_at);
    at.map_or_else(|| "an unknown time".to_owned(), |at| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task() -> Task {
        Task {
            id: "1a".to_owned(),
            arn: String::new(),
            last_status: "STOPPED".to_owned(),
            desired_status: "STOPPED".to_owned(),
            health: "UNKNOWN".to_owned(),
            task_definition: String::new(),
            group: "service:api".to_owned(),
            started_by: None,
            private_ip: None,
            zone: None,
            capacity: None,
            created_at: None,
            started_at: None,
            stopped_at: None,
            stop_code: Some("EssentialContainerExited".to_owned()),
            stopped_reason: Some("Essential container in task exited".to_owned()),
            exit_code: None,
            container_reason: None,
            image: None,
            runtime_id: None,
            exec: true,
            agent: None,
        }
    }

    fn rule(task: &Task) -> Option<String> {
        stopped(task).map(|found| found.rule)
    }

    #[test]
    fn an_unknown_reason_is_told_word_for_word() {
        let mut one = task();
        one.stop_code = Some("TaskFailedToStart".to_owned());
        one.stopped_reason = Some("FluxCapacitorError: 1.21 gigawatts".to_owned());
        let found = stopped(&one).unwrap();
        assert_eq!(found.rule, "unknown");
        assert_eq!(found.evidence, ["FluxCapacitorError: 1.21 gigawatts"]);
        one.stop_code = None;
        one.stopped_reason = None;
        assert_eq!(rule(&one).as_deref(), Some("unknown"));
    }

    #[test]
    fn the_containers_reason_says_more_than_the_exit_code() {
        let mut one = task();
        one.exit_code = Some(137);
        assert_eq!(rule(&one).as_deref(), Some("exit-137"));
        one.container_reason = Some("OutOfMemoryError: Container killed".to_owned());
        assert_eq!(rule(&one).as_deref(), Some("out-of-memory"));
    }

    #[test]
    fn a_service_may_not_end_and_a_command_may() {
        let mut one = task();
        one.exit_code = Some(0);
        assert_eq!(rule(&one).as_deref(), Some("exit-0"));
        one.group = "family:api".to_owned();
        assert_eq!(rule(&one), None);
    }

    #[test]
    fn scaling_in_is_no_trouble() {
        let mut one = task();
        one.stop_code = Some("ServiceSchedulerInitiated".to_owned());
        one.stopped_reason =
            Some("Scaling activity initiated by (deployment ecs-svc/1)".to_owned());
        one.exit_code = Some(143);
        assert_eq!(rule(&one), None);
    }

    #[test]
    fn a_task_that_does_not_begin_is_stuck() {
        let mut one = task();
        one.last_status = "PENDING".to_owned();
        one.desired_status = "RUNNING".to_owned();
        one.created_at = Some(Timestamp::UNIX_EPOCH);
        let soon = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(60);
        assert!(running(&one, soon).is_none());
        let later = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1);
        assert_eq!(running(&one, later).unwrap().rule, "task-stuck");
    }
}
