//! The status of every slice at 60, 80 and 120 columns, plain and coloured, short and full: records of a stack with many
//! resources, as its programs wrote them (`widths/status.jsonl`).

use insta::{assert_snapshot, with_settings};
use rd_common::slices::SLICES;
use rd_testkit::{World, assert_fits};

const RECORDS: &str = include_str!("widths/status.jsonl");

#[test]
fn the_status_of_every_slice_is_shown_at_every_width() {
    let world = World::new("");
    assert_fits("record", RECORDS);
    for width in ["60", "80", "120"] {
        for color in ["", "1"] {
            let mut text = String::new();
            for slice in SLICES {
                let own = format!("\"slice\":\"{slice}\"");
                let records: Vec<&str> =
                    RECORDS.lines().filter(|line| line.contains(&own)).collect();
                for flag in ["", "--full"] {
                    let view = world.rd("rd-state").args("view --format text").args(flag);
                    let view = view.env("COLUMNS", width).env("CLICOLOR_FORCE", color);
                    let shown = view.stdin(records.join("\n")).ok().stdout;
                    text.push_str(&format!("$ rd-{slice} status {flag}\n{shown}\n"));
                }
            }
            let long = text.lines().filter(|line| {
                let most = width.parse::<usize>().unwrap_or_default();
                // What has no place to break, such as an ARN, stays whole.
                color.is_empty() && line.chars().count() > most && line.trim().contains(' ')
            });
            let long: Vec<&str> = long.collect();
            assert!(long.is_empty(), "{width}: {long:#?}");
            let end = if color.is_empty() { "" } else { "_colored" };
            with_settings!({
                omit_expression => true,
                prepend_module_to_snapshot => false,
                snapshot_path => "widths",
            }, {
                assert_snapshot!(format!("status_{width}{end}"), text.replace('\u{1b}', "␛"));
            });
        }
    }
}
