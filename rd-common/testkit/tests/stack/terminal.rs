//! Programs on a terminal: questions and their answers, Ctrl-C, and text from elsewhere.

use rd_testkit::{Terminal, World};
use serde_json::json;

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n";

/// An apply that waits for an answer.
fn asked(world: &World, scale: &str) -> Terminal {
    let apply = world.rd("rd-store").args("apply");
    let apply = apply.env("RD_WAIT_SCALE", scale).on_terminal();
    apply.wait_for("Type `yes` to apply:");
    apply
}

fn nothing_is_left(world: &World) {
    let locks = world.rd("rd-state").args("locks").ok();
    assert_eq!(locks.stdout, "", "a lock is held");
    assert!(!world.state_file("shop/test", "store").exists());
}

#[test]
fn a_question_is_answered_or_ended_by_ctrl_c_or_time() {
    let world = World::new(SETTINGS);
    let mut stopped = asked(&world, "1");
    stopped.press("\x03");
    let stopped = stopped.end();
    assert_eq!(stopped.code, 130, "{}", stopped.stdout);
    nothing_is_left(&world);

    // Ten minutes.
    let forgotten = asked(&world, "0.002").end();
    assert_eq!(forgotten.code, 6, "{}", forgotten.stdout);
    let text = "no answer within 10 minutes";
    assert!(forgotten.stdout.contains(text), "{}", forgotten.stdout);
    nothing_is_left(&world);

    let mut refused = asked(&world, "1");
    refused.press("no\n");
    assert_eq!(refused.end().code, 6);
    nothing_is_left(&world);

    let mut applied = asked(&world, "1");
    // What is asked about was shown before the question.
    let shown = applied.shown();
    let place = |text: &str| {
        shown
            .find(text)
            .unwrap_or_else(|| panic!("{text}:\n{shown}"))
    };
    assert!(place("to create") < place("Type `yes`"), "{shown}");
    applied.press("yes\n");
    let applied = applied.end();
    assert_eq!(applied.code, 0, "{}", applied.stdout);
    assert!(applied.stdout.contains("1 created"), "{}", applied.stdout);

    // What would be lost stands above the question.
    let mut destroy = world.rd("rd-store").args("destroy").on_terminal();
    destroy.wait_for("Type the stack's name");
    let shown = destroy.shown();
    let lost = "store.bucket.sessions (the objects in it)";
    assert!(
        shown.contains("data is lost:") && shown.contains(lost),
        "{shown}"
    );
    destroy.press("no\n");
    assert_eq!(destroy.end().code, 6);
}

/// Commands for a terminal: set the clipboard, clear the screen, hide the text after it.
const EVIL: &str = "x\x1b]52;c;aGk\x07\x1b[2J\u{9b}2J\x1b[8my";

#[test]
fn text_from_a_record_gives_no_commands_to_a_terminal() {
    let world = World::new(SETTINGS);
    let change = json!({
        "type": "change", "slice": "net", "address": "net.vpc.main", "kind": "vpc", "action": "update",
        "id": EVIL, "waits": EVIL,
        "fields": [{"path": format!("tags.{EVIL}"), "before": EVIL, "after": "b", "cause": "drift"}],
    });
    let status = json!({
        "type": "status", "slice": "net", "address": EVIL, "kind": "vpc", "health": "failed", "reason": EVIL,
        "fields": [], "details": {EVIL: EVIL},
    });
    let diagnostic = json!({
        "type": "diagnostic", "slice": "net", "severity": "error", "summary": EVIL, "hint": EVIL, "address": EVIL,
    });
    let output = json!({"type": "output", "slice": EVIL, "name": EVIL, "value": EVIL});
    let lines = [change, status, diagnostic, output].map(|record| format!("{record}\n"));
    std::fs::write(world.path().join("records"), lines.concat()).unwrap();
    let check = |text: &str, what: &str| {
        let commands = ["\x1b]", "\x1b[2J", "\x1b[8m", "\u{9b}", "\x07"];
        let found = commands.iter().find(|command| text.contains(**command));
        assert_eq!(found, None, "{what}: {text:?}");
        assert!(text.contains("\\u001b]52;c;aGk\\u0007"), "{what}: {text:?}");
    };
    let view = || world.rd("rd-state").args("view records");
    let piped = view().ok();
    check(&piped.stdout, "stdout");
    check(&piped.stderr, "stderr");
    check(&view().on_terminal().end().stdout, "terminal");
    let name = format!("nobody.{EVIL}=1");
    let wrong = world.rd("rd-net").args("plan --set").arg(&name).code(2);
    check(&wrong.stderr, "an error");
    let usage = world.rd("rd-net").arg(EVIL).code(2);
    check(&usage.stderr, "usage");
}
