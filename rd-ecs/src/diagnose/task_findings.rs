//! The findings about tasks: why they stopped, are stuck, or are unhealthy.

use super::evidence::TaskWithLogs;
use super::finding::Finding;
use super::rules::{self, Rank, UNKNOWN};
use crate::tasks::Task;
use jiff::{SignedDuration, Timestamp};

/// A task that is not running after this time is stuck.
const STUCK: SignedDuration = SignedDuration::from_mins(10);

/// How many of a task's last log lines a finding shows.
const SHOWN_LINES: usize = 10;

/// The finding about one task at `now`, by AWS's clock; none if it is fine. A task that stopped before `settled` is only a
/// note.
pub fn of_task(one: &TaskWithLogs, settled: Option<Timestamp>, now: Timestamp) -> Option<Finding> {
    let task = &one.task;
    // A failed task is judged as soon as AWS says why it stops, before AWS has cleaned up.
    // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
    let is_judged = task.has_stopped() || (task.desired_status == "STOPPED" && task.is_explained());
    let found = match is_judged.then(|| stopped(task)) {
        Some(Some(found)) => found,
        Some(None) if matches!(task.last_status.as_str(), "DEPROVISIONING" | "STOPPED") => {
            return None;
        }
        _ => running(task, now)?,
    };
    let lines = one.last_lines.iter().rev().take(SHOWN_LINES).rev();
    let lines = lines.map(|line| line.message.clone()).collect();
    let found = found.of_task(&task.id, lines);
    let is_settled = task
        .stopped_at
        .zip(settled)
        .is_some_and(|(at, settled)| at <= settled);
    Some(match is_settled {
        true => found.settled(),
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
    if task
        .stopped_reason
        .as_deref()
        .is_some_and(rules::is_routine)
    {
        return None;
    }
    let exited = task.stop_code.as_deref() == Some("EssentialContainerExited");
    match task.exit_code {
        // A task outside of the service may exit, such as one of rd-ecs run.
        Some(0) if exited && !belongs_to_service(task) => None,
        Some(code) if exited => Some(Finding::by(rules::of_exit(code), evidence)),
        _ => Some(Finding::by(&UNKNOWN, evidence)),
    }
}

/// Whether the task is one of the service with this name.
pub fn belongs_to(task: &Task, service: &str) -> bool {
    task.group.strip_prefix("service:") == Some(service)
}

fn belongs_to_service(task: &Task) -> bool {
    task.group.starts_with("service:")
}

fn running(task: &Task, now: Timestamp) -> Option<Finding> {
    let age = task.created_at.map(|at| now.duration_since(at));
    let is_old = age.is_some_and(|age| age > STUCK);
    if task.desired_status == "STOPPED" {
        return Some(
            Finding::new(
                "task-stopping",
                Rank::Note,
                "a task is stopping: its connections are drained, then it has stop_timeout_seconds to exit",
                "no action needed; if it takes longer than both, the application does not exit on SIGTERM",
            )
            .with_evidence(format!("{} since {}", task.last_status, since(task))),
        );
    }
    if task.health == "UNHEALTHY" {
        return Some(
            Finding::new(
                "container-unhealthy",
                Rank::Health,
                "health_command fails in the container: the image lacks its program (curl, wget), the port is wrong, or the application is unhealthy",
                "run the command with rd-ecs exec; raise health_start_seconds in [ecs] if the application starts slowly",
            )
            .with_evidence("the container is UNHEALTHY"),
        );
    }
    if task.last_status != "RUNNING" && is_old {
        return Some(
            Finding::new(
                "task-stuck",
                Rank::Cause,
                "a task does not start running: its image is large, or it cannot reach what it needs",
                "rd-ecs verify checks everything that a task needs to start; after rd-ecs stop, the service starts another one",
            )
            .with_evidence(format!("{} since {}", task.last_status, since(task))),
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
    fn an_unknown_reason_is_kept_word_for_word() {
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
    fn a_task_that_aws_still_cleans_up_has_failed() {
        let mut one = task();
        one.exit_code = Some(1);
        one.last_status = "DEPROVISIONING".to_owned();
        let found = of_task(
            &TaskWithLogs {
                task: one,
                last_lines: Vec::new(),
                lines_unread: None,
            },
            None,
            Timestamp::UNIX_EPOCH,
        );
        assert_eq!(found.unwrap().rule, "exit-1");
    }

    #[test]
    fn the_containers_reason_comes_before_the_exit_code() {
        let mut one = task();
        one.exit_code = Some(137);
        assert_eq!(rule(&one).as_deref(), Some("exit-137"));
        one.container_reason = Some("OutOfMemoryError: Container killed".to_owned());
        assert_eq!(rule(&one).as_deref(), Some("out-of-memory"));
    }

    #[test]
    fn exit_code_0_is_a_finding_only_for_the_service() {
        let mut one = task();
        one.exit_code = Some(0);
        assert_eq!(rule(&one).as_deref(), Some("exit-0"));
        one.group = "family:api".to_owned();
        assert_eq!(rule(&one), None);
    }

    #[test]
    fn scale_in_is_not_a_finding() {
        let mut one = task();
        one.stop_code = Some("ServiceSchedulerInitiated".to_owned());
        one.stopped_reason =
            Some("Scaling activity initiated by (deployment ecs-svc/1)".to_owned());
        one.exit_code = Some(143);
        assert_eq!(rule(&one), None);
    }

    #[test]
    fn a_task_that_stays_pending_is_stuck() {
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
