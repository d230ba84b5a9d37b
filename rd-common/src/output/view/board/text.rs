//! The text of the progress: the region of a terminal, the line of a log, and what is said when the run is asked to stop.

use super::{Board, Step, since};
use crate::output::clean::one_line;
use crate::output::look::Signs;
use crate::output::style::{BOLD, DIM, ERROR, PLAIN, WARN, paint};
use crate::output::wrap::columns;
use crate::records::Verb;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// The most lines of steps in the line of a log.
const MOST_IN_A_LINE: usize = 3;
/// The most lines that the region on a terminal takes, so that what is done stays in sight.
const MOST_LINES: usize = 16;

impl Board {
    /// The line that a log gets from time to time.
    pub fn line(&self, now: Timestamp) -> String {
        let running = self.running();
        let steps: Vec<String> = running
            .iter()
            .take(MOST_IN_A_LINE)
            .map(|(_, address, step)| {
                format!(
                    "{} {} ({})",
                    one_line(address),
                    one_line(&step.reason),
                    since(step.since, now)
                )
            })
            .collect();
        let more = running.len().saturating_sub(MOST_IN_A_LINE);
        let more = match more {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        let colon = if steps.is_empty() { "" } else { ": " };
        format!(
            "{} ({}){colon}{}{more}\n",
            self.counts(", "),
            since(self.start, now),
            steps.join(", ")
        )
    }

    /// What is said once when the run is asked to stop.
    pub fn stopping_line(&self) -> String {
        let running = self.running();
        let names: Vec<String> = running
            .iter()
            .take(MOST_IN_A_LINE)
            .map(|(_, address, _)| one_line(address).into_owned())
            .collect();
        let what = match (
            names.is_empty(),
            running.len().saturating_sub(MOST_IN_A_LINE),
        ) {
            (true, _) => "nothing new is started".to_owned(),
            (_, 0) => format!("finishing what was asked of AWS for {}", names.join(", ")),
            (_, more) => format!(
                "finishing what was asked of AWS for {} and {more} more",
                names.join(", ")
            ),
        };
        format!(
            "{}: {what}; the state has all of it, and the same command continues. Ctrl-C again ends at once\n",
            paint(WARN, "stopping")
        )
    }

    /// The region of a terminal of this size: lines without line feeds, none wider than `width`.
    pub fn lines(&self, now: Timestamp, width: usize, rows: usize, signs: Signs) -> Vec<String> {
        let dot = format!(" {} ", signs.dot());
        let most = rows.saturating_sub(1).clamp(1, MOST_LINES);
        let doing = match (self.stopping, &self.command) {
            (true, _) => "stopping",
            (_, Some(Verb::Destroy)) => "destroying",
            _ => "applying",
        };
        let mut head = format!("{doing} {}", one_line(&self.stack));
        for part in [self.counts(&dot), since(self.start, now)] {
            if !part.is_empty() {
                head.push_str(&format!("{dot}{part}"));
            }
        }
        let mut lines = vec![cut(&[(BOLD, &head)], width)];
        let busy: Vec<_> = self
            .all()
            .filter(|(_, steps)| !steps.open.is_empty())
            .collect();
        // What takes longest is shown first where there is no room for all.
        let room = most.saturating_sub(1 + busy.len());
        let shown: BTreeSet<&str> = self
            .running()
            .iter()
            .take(room)
            .map(|(_, address, _)| *address)
            .collect();
        let column = shown.iter().map(|address| columns(address)).max();
        let column = column.unwrap_or(0).min(width / 2);
        for (slice, steps) in busy {
            let mut parts = Vec::new();
            for (count, word) in [
                (steps.done(), "done"),
                (steps.failed.len(), "failed"),
                (steps.running().count(), "running"),
                (steps.waiting(), "waiting"),
            ] {
                if count > 0 {
                    parts.push(format!("{count} {word}"));
                }
            }
            let mut text = parts.join(&dot);
            let waits_for = steps.waits_for();
            if !waits_for.is_empty() {
                text.push_str(&format!(" for {}", waits_for.join(", ")));
            }
            let style = match steps.failed.is_empty() {
                true => DIM,
                false => ERROR,
            };
            lines.push(cut(
                &[(BOLD, &format!("  {slice:5} ")), (style, &text)],
                width,
            ));
            let mut running: Vec<_> = steps
                .running()
                .filter(|(address, _)| shown.contains(address.as_str()))
                .collect();
            running.sort_by_key(|(address, step)| (step.since, *address));
            for (address, step) in running {
                lines.push(step_line(address, step, now, column, width));
            }
        }
        lines.truncate(most);
        lines
    }
}

/// The line of a step: its address, what it does, and at the end of the line for how long.
fn step_line(address: &str, step: &Step, now: Timestamp, column: usize, width: usize) -> String {
    let time = since(step.since, now);
    let left = width.saturating_sub(columns(&time) + 2);
    let address = format!("    {:column$}  ", one_line(address));
    let reason = one_line(&step.reason);
    let text = format!("{address}{reason}");
    let gap = left.saturating_sub(columns(&text)) + 2;
    let text = cut(&[(BOLD, &address), (PLAIN, &reason)], left);
    format!("{text}{}{}", " ".repeat(gap), paint(DIM, time))
}

/// Texts in their styles, cut to the columns of a line: a line that the terminal wraps would count as two.
fn cut(parts: &[(anstyle::Style, &str)], width: usize) -> String {
    let all: usize = parts.iter().map(|(_, text)| text.chars().count()).sum();
    let mut left = if all > width {
        width.saturating_sub(3)
    } else {
        width
    };
    let mut line = String::new();
    for (style, text) in parts {
        let kept: String = text.chars().take(left).collect();
        left -= kept.chars().count();
        if !kept.is_empty() {
            line.push_str(&paint(*style, kept));
        }
    }
    if all > width {
        line.push_str(&"...".chars().take(width).collect::<String>());
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::style::unstyled;
    use serde_json::json;

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    fn board() -> Board {
        let mut board = Board::default();
        let begin = |slice: &str| {
            json!({"type": "begin", "slice": slice, "format": "rd/1", "command": "apply", "stack": "shop-test",
                "region": "us-east-1", "tool_version": "0", "run": "r"})
        };
        let step = |address: &str, state: &str, reason: &str, since: &str| {
            let slice = address.split('.').next();
            json!({"type": "progress", "slice": slice, "address": address, "state": state, "reason": reason,
                "since": format!("2026-11-27T{since}Z")})
        };
        for record in [
            begin("net"),
            begin("data"),
            begin("logs"),
            step("net.vpc.main", "running", "creating", "10:00:01"),
            step("net.vpc.main", "ended", "", "10:00:02"),
            step("net.nat_gateway.a", "running", "pending", "10:01:00"),
            step(
                "data.db_instance.postgres",
                "running",
                "creating",
                "10:00:10",
            ),
            step(
                "data.db_instance.postgres",
                "running",
                "backing-up",
                "10:00:10",
            ),
            step("data.secret.database", "ended", "", "10:00:11"),
            json!({"type": "diagnostic", "slice": "data", "severity": "error", "summary": "no",
                "address": "data.secret.database"}),
            step("logs.alarm.cpu", "waiting", "data.instance_id", "10:00:10"),
            step("logs.alarm.tasks", "waiting", "", "10:00:10"),
        ] {
            board.note(
                &serde_json::from_value(record).unwrap(),
                at("2026-11-27T10:00:00Z"),
            );
        }
        board
    }

    fn lines(width: usize, rows: usize) -> Vec<String> {
        let lines = board().lines(at("2026-11-27T10:01:30Z"), width, rows, Signs::Unicode);
        lines.iter().map(|line| unstyled(line)).collect()
    }

    #[test]
    fn what_takes_longest_stands_under_its_slice_with_the_reason_of_aws() {
        assert_eq!(
            lines(79, 24),
            [
                "applying shop-test · 1 of 6 done · 1 failed · 2 running · 2 waiting · 1m 30s",
                "  net   1 done · 1 running",
                "    net.nat_gateway.a          pending                                      30s",
                "  data  1 failed · 1 running",
                "    data.db_instance.postgres  backing-up                                1m 20s",
                "  logs  2 waiting for data",
            ]
        );
    }

    /// The region as the terminal gets it, at each width and in each look.
    #[test]
    fn the_region_in_color() {
        let shown = |width: usize, signs| {
            let lines = board().lines(at("2026-11-27T10:01:30Z"), width, 24, signs);
            lines.join("\n").replace('\u{1b}', "␛")
        };
        assert_eq!(
            shown(80, Signs::Unicode),
            "␛[1mapplying shop-test · 1 of 6 done · 1 failed · 2 running · 2 waiting · 1m 30s␛[0m\n\
             ␛[1m  net   ␛[0m␛[2m1 done · 1 running␛[0m\n\
             ␛[1m    net.nat_gateway.a          ␛[0mpending                                       ␛[2m30s␛[0m\n\
             ␛[1m  data  ␛[0m␛[31m1 failed · 1 running␛[0m\n\
             ␛[1m    data.db_instance.postgres  ␛[0mbacking-up                                 ␛[2m1m 20s␛[0m\n\
             ␛[1m  logs  ␛[0m␛[2m2 waiting for data␛[0m"
        );
        assert_eq!(
            shown(60, Signs::Ascii),
            "␛[1mapplying shop-test - 1 of 6 done - 1 failed - 2 running -␛[0m...\n\
             ␛[1m  net   ␛[0m␛[2m1 done - 1 running␛[0m\n\
             ␛[1m    net.nat_gateway.a          ␛[0mpending                   ␛[2m30s␛[0m\n\
             ␛[1m  data  ␛[0m␛[31m1 failed - 1 running␛[0m\n\
             ␛[1m    data.db_instance.postgres  ␛[0mbacking-up             ␛[2m1m 20s␛[0m\n\
             ␛[1m  logs  ␛[0m␛[2m2 waiting for data␛[0m"
        );
        let wide = shown(120, Signs::Unicode);
        let ends: Vec<usize> = wide
            .lines()
            .map(|line| unstyled(&line.replace('␛', "\u{1b}")).chars().count())
            .collect();
        // Times stand at the end of the line.
        assert_eq!((ends[2], ends[4]), (120, 120), "{wide}");
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_no_region_higher() {
        for width in [10, 20, 40, 59, 119, 200] {
            for rows in [2, 4, 5, 24] {
                let lines = lines(width, rows);
                assert!(lines.len() < rows.max(2), "{rows}: {lines:#?}");
                let widest = lines.iter().map(|line| line.chars().count()).max();
                assert!(widest <= Some(width), "{width}: {lines:#?}");
            }
        }
        // The longest is kept.
        let few = lines(59, 6).join("\n");
        assert!(
            few.contains("backing-up") && !few.contains("pending"),
            "{few}"
        );
    }

    #[test]
    fn a_log_gets_one_line() {
        let board = board();
        assert_eq!(
            board.line(at("2026-11-27T10:01:30Z")),
            "1 of 6 done, 1 failed, 2 running, 2 waiting (1m 30s): data.db_instance.postgres backing-up (1m 20s), \
             net.nat_gateway.a pending (30s)\n"
        );
        let stopping = unstyled(&board.stopping_line());
        let names = "for data.db_instance.postgres, net.nat_gateway.a;";
        assert!(
            stopping.starts_with("stopping: ") && stopping.contains(names),
            "{stopping}"
        );
    }

    #[test]
    fn nothing_is_shown_once_all_programs_have_ended() {
        let mut board = board();
        for slice in ["net", "data", "logs"] {
            let end = json!({"type": "end", "slice": slice, "status": "ok"});
            board.note(
                &serde_json::from_value(end).unwrap(),
                at("2026-11-27T10:01:30Z"),
            );
        }
        assert!(!board.has_steps());
    }
}
