//! What `make bench` prints of the pipeline: how long an apply of the stack takes beside its longest chain of waits, and
//! beside the slices one after the other. What takes minutes at AWS takes its time here too, with shorter seconds.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measuring program"
)]

use rd_testkit::faults::{Proxy, STACK};
use rd_testkit::{World, endpoint, finish};
use std::time::{Duration, Instant};

/// How long a second of AWS is here.
const UNIT: Duration = Duration::from_millis(20);
/// The same for the programs' own pauses.
const SCALE: &str = "0.02";
/// How many runs; the median counts.
const RUNS: usize = 3;

/// The slices in the order of the pipe.
const SLICES: [&str; 5] = ["net", "data", "cache", "store", "edge"];

/// A stack with everything that is slow: private endpoints, and a domain in Route 53.
fn world(proxy: &Proxy) -> World {
    let world = World::at("", proxy.url());
    let domain = format!("bench-{}.example", world.account);
    let zone = format!(
        "<CreateHostedZoneRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><Name>{domain}</Name>\
         <CallerReference>bench</CallerReference></CreateHostedZoneRequest>"
    );
    world.route53("POST", "/2013-04-01/hostedzone", &zone);
    world.settings(&format!(
        "project = \"bench\"\nenvironment = \"test\"\ndomain = \"{domain}\"\n[net]\nendpoints = \"private\"\n"
    ));
    proxy.slow(&STACK, UNIT);
    world
}

/// Runs a line of a shell to its end; seconds.
fn timed(world: &World, line: &str) -> f64 {
    let start = Instant::now();
    let line = format!("set -o pipefail; {line}");
    let mut child = world
        .rd("rd-net")
        .shell(&line)
        .env("RD_WAIT_SCALE", SCALE)
        .start();
    drop(child.stdin.take());
    let done = finish(child);
    assert_eq!(done.code, 0, "{line}: {}", done.stderr);
    start.elapsed().as_secs_f64()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn main() {
    let proxy = Proxy::start(endpoint());
    // Nothing that is slow needs another slow thing, so the slowest is the longest chain.
    let chain = STACK.iter().map(|slow| slow.seconds).max().unwrap();
    let chain = UNIT.as_secs_f64() * f64::from(chain);
    let pipe: Vec<String> = SLICES
        .iter()
        .map(|one| format!("rd-{one} apply -y"))
        .collect();
    let together = || timed(&world(&proxy), &pipe.join(" | "));
    let one_by_one = || {
        let world = world(&proxy);
        let all = pipe
            .iter()
            .map(|line| timed(&world, &format!("{line} --no-stdin")));
        all.sum::<f64>()
    };
    let makespan = median((0..RUNS).map(|_| together()).collect());
    let sum = median((0..RUNS).map(|_| one_by_one()).collect());
    println!(
        "\n## An apply of the whole stack: median of {RUNS} runs, a second of AWS as {} ms\n",
        UNIT.as_millis()
    );
    println!("| | seconds | beside the longest chain |\n|---|---|---|");
    println!("| longest chain of waits (the database) | {chain:.2} | 1.00 |");
    println!("| the pipeline | {makespan:.2} | {:.2} |", makespan / chain);
    println!(
        "| the slices one after another | {sum:.2} | {:.2} |",
        sum / chain
    );
}
