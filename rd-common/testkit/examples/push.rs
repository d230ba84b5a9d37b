//! What `make bench` prints of a push: how long it takes, what goes over the wire and how much memory it needs, whole,
//! cut off, killed and repeated.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measuring program"
)]

use rd_testkit::archive::{Layout, config, docker_saved, noise, write};
use rd_testkit::faults::Wire;
use rd_testkit::{World, endpoint, finish};
use serde_json::Value;
use std::io::Write;
use std::process::Child;
use std::time::{Duration, Instant};

/// The size of an image in MB, `BENCH_PUSH_MB`.
const MEGABYTES: usize = 200;
/// How many layers it has.
const LAYERS: usize = 12;
/// How large the pieces are that a layer is made of: half of each is noise, so that compression has something to do.
const PIECE: usize = 4096;

/// A layer of `size` bytes.
fn layer(seed: u64, size: usize) -> Vec<u8> {
    let mut bytes = noise(seed, size);
    for (number, piece) in bytes.chunks_mut(PIECE).enumerate() {
        let half = piece.len() / 2;
        piece[..half].fill(u8::try_from(number % 64).unwrap());
    }
    bytes
}

/// Layers of `total` bytes: the first is as large as half of all, as that of a base image or of modules is.
fn layers(seed: u64, total: usize, many: usize) -> Vec<Vec<u8>> {
    let first = if many == 1 { total } else { total / 2 };
    let others = (total - first) / (many - 1).max(1);
    let sizes = std::iter::once(first).chain(std::iter::repeat_n(others, many - 1));
    let numbered = sizes.zip(seed..);
    numbered.map(|(size, seed)| layer(seed, size)).collect()
}

struct Run {
    seconds: f64,
    memory: f64,
    told: Value,
}

/// The most memory that a process has had so far, in MiB.
fn peak(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024.0)
}

/// Follows a process until `until` says so or it has ended.
fn follow(child: &mut Child, mut until: impl FnMut() -> bool) -> f64 {
    let mut memory = 0.0;
    while child.try_wait().unwrap().is_none() && !until() {
        memory = peak(child.id()).unwrap_or(memory);
        std::thread::sleep(Duration::from_millis(5));
    }
    memory
}

fn start(world: &World, archive: &str) -> Child {
    let mut child = world
        .rd("rd-ecs")
        .args("push --any-architecture --tag bench")
        .arg(archive)
        .start();
    drop(child.stdin.take());
    child
}

fn push(world: &World, archive: &str) -> Run {
    let begin = Instant::now();
    let mut child = start(world, archive);
    let memory = follow(&mut child, || false);
    let done = finish(child);
    assert_eq!(done.code, 0, "{}", done.stderr);
    Run {
        seconds: begin.elapsed().as_secs_f64(),
        memory,
        told: serde_json::from_str(&done.stdout).unwrap(),
    }
}

fn row(what: &str, wire: &Wire, run: &Run) {
    println!(
        "| {what} | {:.1} | {:.0} | {:.1} | {} | {} |",
        run.seconds,
        run.memory,
        wire.carried() as f64 / 1e6,
        run.told["layers"]["pushed"],
        run.told["resumed"],
    );
    std::io::stdout().flush().unwrap();
}

fn main() {
    let wire = Wire::start(endpoint());
    let world = World::at("", wire.url());
    world.service("");
    world.rd("rd-ecs").args("apply -y").ok();
    let megabytes = std::env::var("BENCH_PUSH_MB")
        .ok()
        .and_then(|text| text.parse().ok());
    let total = megabytes.unwrap_or(MEGABYTES) * 1_000_000;
    let save = |name: &str, seed: u64, total: usize, many: usize| {
        let image = docker_saved(&[], "arm64", &layers(seed, total, many));
        write(&world.path().join(name), &image);
    };
    let measured = |what: &str, every: u64, times: usize, archive: &str| {
        wire.cut(every, times);
        let run = push(&world, archive);
        assert_eq!(wire.cuts(), times);
        row(what, &wire, &run);
        run
    };
    println!(
        "\n## A push of {} MB in {LAYERS} layers, to a registry on loopback\n",
        total / 1_000_000
    );
    println!(
        "| | seconds | peak memory, MiB | sent, MB | layers pushed | gone on with |\n|---|---|---|---|---|---|"
    );

    save("whole.tar", 1000, total, LAYERS);
    let whole = measured(
        "docker save, compressed on the way",
        u64::MAX,
        0,
        "whole.tar",
    );
    measured("the same again", u64::MAX, 0, "whole.tar");
    let size = whole.told["bytes"].as_u64().unwrap();

    save("cut.tar", 2000, total, LAYERS);
    measured(
        "cut off in the middle of layers, 3 times",
        size / 4,
        3,
        "cut.tar",
    );

    save("killed.tar", 3000, total, LAYERS);
    wire.cut(u64::MAX, 0);
    let mut child = start(&world, "killed.tar");
    follow(&mut child, || wire.carried() > size * 3 / 4);
    child.kill().unwrap();
    child.wait().unwrap();
    measured("after a kill at three quarters", u64::MAX, 0, "killed.tar");

    let mut layout = Layout::default();
    let parts: Vec<(&str, Vec<u8>)> = layers(4000, total, LAYERS)
        .into_iter()
        .map(|bytes| ("application/vnd.oci.image.layer.v1.tar+gzip", bytes))
        .collect();
    let image = layout.image(&config("arm64", &[]), &parts);
    write(&world.path().join("layout.tar"), &layout.finish(&[image]));
    measured("OCI layout, as it is", u64::MAX, 0, "layout.tar");

    save("one.tar", 5000, total, 1);
    measured("docker save, all in one layer", u64::MAX, 0, "one.tar");
    save("small.tar", 6000, total / 100, LAYERS);
    measured(
        "docker save, a hundredth of the size",
        u64::MAX,
        0,
        "small.tar",
    );
}
