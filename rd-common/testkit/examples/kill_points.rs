//! What `make bench` prints of faults: an apply of the default network is killed, or loses an answer, at some of its
//! creates; then it is run again, then everything is destroyed. What is still there was lost. The same for Terraform,
//! where it is installed.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measuring program"
)]

use rd_testkit::faults::{Calls, Fault, Proxy, Rule};
use rd_testkit::{World, endpoint};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const SETTINGS: &str = "project = \"bench\"\nenvironment = \"test\"\n";

/// A run that has not ended by then counts as failed.
const PATIENCE: Duration = Duration::from_secs(90);

/// A tool that applies and destroys the network in a world's folder.
struct Tool {
    name: &'static str,
    /// Its value of the tag `ManagedBy`.
    tag: &'static str,
    apply: &'static str,
    destroy: &'static str,
    prepare: fn(&World) -> bool,
}

const TOOLS: [Tool; 2] = [
    Tool {
        name: "rd-net",
        tag: "rd",
        apply: "rd-net apply -y --no-stdin",
        destroy: "rd-net destroy -y --no-stdin",
        prepare: |_| true,
    },
    Tool {
        name: "terraform",
        tag: "terraform",
        apply: "terraform apply -auto-approve -input=false -lock-timeout=5s",
        destroy: "terraform destroy -auto-approve -input=false -lock-timeout=5s",
        prepare: terraform,
    },
];

/// Puts the network's configuration into the world; false where Terraform or its provider is missing.
fn terraform(world: &World) -> bool {
    let network = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/bench.d/network.tf");
    std::fs::copy(network, world.path().join("network.tf")).unwrap();
    let mirror = std::env::var("BENCH_TF_PLUGINS").map(|folder| format!("-plugin-dir={folder}"));
    let init = format!("terraform init -input=false {}", mirror.unwrap_or_default());
    run(world, &init, None)
}

/// Runs a line as the process that a kill hits; true where it went well.
fn run(world: &World, line: &str, proxy: Option<&Proxy>) -> bool {
    let programs = std::env::current_exe().unwrap();
    let programs = programs
        .parent()
        .and_then(Path::parent)
        .unwrap()
        .to_path_buf();
    let path = std::env::var("PATH").unwrap_or_default();
    let mut words = line.split_whitespace();
    let mut child = Command::new(words.next().unwrap());
    child
        .args(words)
        .current_dir(world.path())
        .env_remove("TF_CLI_CONFIG_FILE")
        .envs(world.environment())
        .env("PATH", format!("{}:{path}", programs.display()))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let Ok(mut child) = child.spawn() else {
        return false;
    };
    if let Some(proxy) = proxy {
        proxy.victim(child.id());
    }
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.success();
        }
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// How a tool came through a fault at so many points.
#[derive(Default)]
struct Score {
    points: usize,
    stuck: usize,
    left: usize,
}

fn score(tool: &Tool, fault: &Fault, points: usize) -> Option<Score> {
    let creates = Calls::Matching(|call| {
        ["Create", "Allocate", "Authorize"]
            .iter()
            .any(|verb| call.operation.starts_with(verb))
            && call.operation != "CreateTags"
    });
    let mut score = Score::default();
    let proxy = Proxy::start(endpoint());
    let whole = World::at(SETTINGS, proxy.url());
    if !(tool.prepare)(&whole) {
        return None;
    }
    proxy.rules(Vec::new(), None);
    if !run(&whole, tool.apply, Some(&proxy)) {
        return None;
    }
    let count = proxy
        .calls()
        .iter()
        .filter(|call| creates.has(call))
        .count();
    run(&whole, tool.destroy, None);
    for point in 0..points.min(count) {
        let place = point * count / points.min(count);
        let world = World::at(SETTINGS, proxy.url());
        (tool.prepare)(&world);
        proxy.rules(
            vec![Rule::once(creates.clone(), place, fault.clone())],
            None,
        );
        run(&world, tool.apply, Some(&proxy));
        proxy.rules(Vec::new(), None);
        score.points += 1;
        score.stuck += usize::from(!run(&world, tool.apply, None));
        run(&world, tool.destroy, None);
        score.left += usize::from(world.count_managed_by(tool.tag) > 0);
    }
    Some(score)
}

fn main() {
    let points = std::env::var("BENCH_POINTS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(3);
    println!(
        "\n## Faults during an apply of the default network, then the apply again, then a destroy\n"
    );
    println!(
        "| | points | the second apply failed | something was left behind for ever |\n|---|---|---|---|"
    );
    let faults = [
        (
            "killed with -9 when AWS had made something",
            Fault::KillAfter,
        ),
        ("the answer to a create lost", Fault::LoseAnswer),
    ];
    for (what, fault) in &faults {
        for tool in &TOOLS {
            match score(tool, fault, points) {
                Some(score) => println!(
                    "| {}, {what} | {} | {} | {} |",
                    tool.name, score.points, score.stuck, score.left
                ),
                None => println!(
                    "| {}, {what} | not measured: it does not run here | | |",
                    tool.name
                ),
            }
        }
    }
}
