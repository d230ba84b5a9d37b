//! Completion in real shells: each types a command line, presses Tab, and shows what it offers. zsh and fish are tested
//! where they are installed.

use rd_testkit::World;

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n[environments.staging]\n";

/// Types into an interactive shell in a terminal, and prints what the terminal shows until the shell ends.
const TERMINAL: &str = r#"
import os, pty, select, sys, time
typed, command = sys.argv[1].encode().decode("unicode_escape").encode(), sys.argv[2:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
seen = b""
def until(mark, seconds):
    global seen
    end = time.time() + seconds
    while mark not in seen and time.time() < end:
        if select.select([terminal], [], [], 0.05)[0]:
            try:
                part = os.read(terminal, 65536)
            except OSError:
                return
            if not part:
                return
            seen += part
until(b"READY", 20)
for key in typed.split(b"|"):
    os.write(terminal, key)
    time.sleep(float(os.environ.get("KEY_PAUSE", "0.5")))
until(b"END-OF-LINE", 30)
os.write(terminal, b"\x03\x04")
os.close(terminal)
sys.stdout.write(seen.split(b"READY", 1)[-1].decode(errors="replace"))
"#;

fn installed(world: &World, shell: &str) -> bool {
    world
        .rd("rd-net")
        .shell(&format!("command -v {shell}"))
        .run()
        .code
        == 0
}

/// What the functions of the script offer for a command line, without a terminal: bash calls them like this.
fn bash(world: &World, line: &str) -> Vec<String> {
    let program = line.split(' ').next().unwrap_or_default();
    let function = format!("_rd_complete_{}", program.replace('-', "_"));
    // Bash itself splits the words, at `=` as well as at spaces.
    let script = format!(
        r#"source <({program} completions bash)
line='{line}'
COMP_LINE=$line COMP_POINT=${{#line}}
IFS=' ' read -ra parts <<<"${{line//=/ = }}"
COMP_WORDS=("${{parts[@]}}")
[[ $line == *' ' ]] && COMP_WORDS+=('')
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
current=${{COMP_WORDS[COMP_CWORD]}}
[[ $current == = ]] && current=
{function} {program} "$current" "${{COMP_WORDS[COMP_CWORD - 1]}}"
printf '%s\n' "${{COMPREPLY[@]}}""#
    );
    let done = world.rd("rd-net").shell(&script).ok();
    done.stdout
        .lines()
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

/// What the program offers to a shell that it is not tested in here.
fn offered(world: &World, shell: &str, words: &[&str]) -> String {
    let mut rd = world
        .rd(words[0])
        .env("RD_COMPLETE", shell)
        .env("_CLAP_COMPLETE_INDEX", &(words.len() - 1).to_string())
        // It must not ask AWS: nothing listens there.
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        .arg("--");
    for word in words {
        rd = rd.arg(word);
    }
    rd.ok().stdout
}

fn applied() -> World {
    let world = World::new(SETTINGS);
    world.rd("rd-store").args("apply -y").ok();
    world
        .rd("rd-store")
        .args("apply -y -e qa --new-environment")
        .ok();
    world
        .rd("rd-store")
        .args("apply -y --set store.versioning=false")
        .ok();
    world
}

#[test]
fn commands_flags_and_names_from_the_store_are_completed() {
    let world = applied();
    let has = |line: &str, expected: &[&str]| {
        let found = bash(&world, line);
        for word in expected {
            assert!(
                found.iter().any(|one| one == word),
                "{line}: {word}: {found:?}"
            );
        }
        found
    };
    has("rd-store ", &["plan", "usage", "output"]);
    assert_eq!(bash(&world, "rd-store out"), ["output"]);
    // After the command: its flags, the global flags, and their values.
    has(
        "rd-store plan --",
        &["--exit-code", "--environment", "--format"],
    );
    assert_eq!(bash(&world, "rd-store plan --exit"), ["--exit-code"]);
    assert_eq!(bash(&world, "rd-store plan --format "), ["json", "text"]);
    assert_eq!(bash(&world, "rd-store plan --format=j"), ["json"]);
    assert_eq!(bash(&world, "rd-store plan --format="), ["json", "text"]);
    // Names from the store and from rd.toml.
    assert_eq!(
        bash(&world, "rd-store output buck")
            .first()
            .map(String::as_str),
        Some("bucket_arn")
    );
    assert_eq!(
        bash(&world, "rd-store output -e qa bucket_a"),
        ["bucket_arn"]
    );
    assert_eq!(bash(&world, "rd-store output -e staging bucket"), [""; 0]);
    assert_eq!(bash(&world, "rd-store plan -e "), ["qa", "staging", "test"]);
    assert_eq!(bash(&world, "rd-store plan --environment=s"), ["staging"]);
    assert_eq!(
        bash(&world, "rd-state show store.b"),
        ["store.bucket.sessions"]
    );
    assert_eq!(
        bash(&world, "rd-state rm store."),
        ["store.bucket.sessions"]
    );
    assert_eq!(bash(&world, "rd-state history st"), ["store"]);
    let mut serials = has("rd-state diff store ", &["1", "2"]);
    serials.retain(|serial| !serial.starts_with('-'));
    let history = world.rd("rd-state").args("history store --all").ok();
    assert_eq!(
        serials.len(),
        history.stdout.lines().count(),
        "newest first: {serials:?}"
    );
    assert_eq!(serials.last().map(String::as_str), Some("1"));
    // Files, by the shell's rules.
    assert_eq!(bash(&world, "rd-state view rd.t"), ["rd.toml"]);
    // Wrong settings are the command's to report, not the completion's.
    world.settings("project = ");
    assert_eq!(bash(&world, "rd-store output b"), [""; 0]);
    assert_eq!(bash(&world, "rd-store plan --exit"), ["--exit-code"]);
}

#[test]
fn the_programs_answer_every_shell_without_asking_aws() {
    let world = applied();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let names = offered(&world, shell, &["rd-store", "output", "bucket"]);
        assert!(names.contains("bucket_arn"), "{shell}: {names}");
        let environments = offered(&world, shell, &["rd-store", "plan", "-e", ""]);
        for name in ["qa", "staging", "test"] {
            assert!(environments.contains(name), "{shell}: {environments}");
        }
        let script = world
            .rd("rd-store")
            .args("completions")
            .arg(shell)
            .ok()
            .stdout;
        assert!(
            script.contains("rd-store") && script.contains("RD_COMPLETE"),
            "{script}"
        );
    }
    // What a value means, where the shell can show it.
    let help = offered(&world, "fish", &["rd-state", "show", "store."]);
    assert!(
        help.contains("store.bucket.sessions\tshop-test-sessions"),
        "{help}"
    );
}

#[test]
fn revisions_are_completed_from_the_state() {
    let world = World::new(SETTINGS);
    let folder = world.path().join(".rd");
    // As a service with two deployments leaves it.
    for (serial, revision) in [(1, 41), (2, 42)] {
        let arn =
            format!("arn:aws:ecs:us-east-1:123456789012:task-definition/shop-test-api:{revision}");
        let state = serde_json::json!({
            "format": "rd-state/1", "lineage": "l", "serial": serial, "stack": "shop-test", "slice": "ecs",
            "project": "shop", "environment": "test",
            "region": "us-east-1", "account": "123456789012", "written": "2026-01-01T00:00:00Z", "run": "r",
            "command": "test", "outputs": {},
            "resources": {"ecs.task_definition.api": {
                "kind": "task_definition", "id": arn, "phase": "ready", "since": "2026-01-01T00:00:00Z", "spec": {"image": format!("app:v{revision}")},
            }},
        });
        let file = world.state_file("shop/test", "ecs");
        let history = file.parent().unwrap().join("history");
        std::fs::create_dir_all(&history).unwrap();
        std::fs::write(
            history.join(format!("ecs.{serial:06}.json")),
            state.to_string(),
        )
        .unwrap();
        std::fs::write(&file, state.to_string()).unwrap();
    }
    assert!(folder.is_dir());
    let diff = offered(&world, "fish", &["rd-ecs", "revisions", "diff", ""]);
    assert!(diff.starts_with("42\tapp:v42\n41\tapp:v41\n"), "{diff}");
    let rollback = offered(&world, "fish", &["rd-ecs", "rollback", "--to", "4"]);
    assert_eq!(rollback, "42\tapp:v42\n41\tapp:v41\n");
}

#[test]
fn an_interactive_shell_completes() {
    let world = applied();
    let shells = [
        (
            "bash",
            "bash --norc --noprofile -i",
            "source <(rd-store completions bash); PS1='> '",
        ),
        (
            "zsh",
            "zsh -f -i",
            "autoload -U compinit; compinit -u -D; source <(rd-store completions zsh); PS1='> '",
        ),
    ];
    for (shell, start, setup) in shells {
        if !installed(&world, shell) {
            continue;
        }
        std::fs::write(world.path().join("terminal.py"), TERMINAL).unwrap();
        // The line is completed, and what it prints shows that it was.
        let keys = format!(
            "{setup}; echo REA''DY\\r|rd-store output bucket_a\\t| && echo END-OF''-LINE\\r|"
        );
        let done = world
            .rd("rd-net")
            .shell(&format!("python3 terminal.py \"$KEYS\" {start}"))
            .env("KEYS", &keys)
            .env("TERM", "dumb")
            .ok();
        assert!(
            done.stdout.contains("arn:aws:s3:::shop-test-sessions"),
            "{shell}: {}",
            done.stdout
        );
    }
}

#[test]
fn fish_completes() {
    let world = applied();
    if !installed(&world, "fish") {
        return;
    }
    let script = "rd-store completions fish | source; complete -C 'rd-store output bucket_'; \
                  complete -C 'rd-store plan -e '; complete -C 'rd-store plan --format=j'";
    let done = world
        .rd("rd-net")
        .shell("fish --no-config -c \"$SCRIPT\"")
        .env("SCRIPT", script)
        .ok();
    for expected in ["bucket_arn\tarn:aws:s3:::", "staging", "--format=json"] {
        assert!(
            done.stdout.contains(expected),
            "{expected}: {}",
            done.stdout
        );
    }
}
