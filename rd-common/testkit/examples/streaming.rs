//! What `make bench` prints of the pipeline: how long an apply of the stack takes beside its longest chain of waits,
//! and beside the slices one after the other. What takes minutes at AWS takes its time here too, with shorter seconds.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measuring program"
)]

use rd_testkit::faults::{Proxy, STACK};
use rd_testkit::{Done, World, endpoint, finish};
use serde_json::Value;
use std::collections::BTreeMap;
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

/// Runs a line of a shell to its end; seconds, and what it wrote.
fn timed(world: &World, line: &str) -> (f64, Done) {
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
    (start.elapsed().as_secs_f64(), done)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Every reference in a value: `net.vpc_id`, `data.secret.database.id`.
fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => match members.get("$ref").and_then(Value::as_str) {
            Some(reference) => found.push(reference.to_owned()),
            None => members.values().for_each(|one| references(one, found)),
        },
        Value::Array(items) => items.iter().for_each(|one| references(one, found)),
        _ => {}
    }
}

/// The slices one after the other, so that no step waits for another slice: how long it takes, and its longest chain,
/// which is what no order of the steps can beat: each step's own seconds along the references, from slice to slice.
fn one_by_one(proxy: &Proxy) -> (f64, f64) {
    let world = world(proxy);
    let mut sum = 0.0;
    let mut seconds: BTreeMap<String, f64> = BTreeMap::new();
    let mut needs: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    let mut outputs: BTreeMap<String, Value> = BTreeMap::new();
    for slice in SLICES {
        let program = format!("rd-{slice}");
        let plan = world.rd(&program).args("plan --offline --no-stdin").ok();
        let (took, done) = timed(&world, &format!("{program} apply -y --no-stdin"));
        sum += took;
        for applied in done.of_type("applied") {
            let address = applied["address"].as_str().unwrap().to_owned();
            ids.insert(applied["id"].as_str().unwrap().to_owned(), address.clone());
            seconds.insert(address, applied["seconds"].as_f64().unwrap());
        }
        for output in done.of_type("output") {
            let name = format!("{slice}.{}", output["name"].as_str().unwrap());
            outputs.insert(name, output["value"].clone());
        }
        for change in plan.of_type("change") {
            let mut all = Vec::new();
            references(&change["fields"], &mut all);
            needs.insert(change["address"].as_str().unwrap().to_owned(), all);
        }
    }
    // A reference within a slice begins with an address; one to another slice leads to whose ids are in the output.
    let leads_to = |reference: &String| -> Vec<String> {
        match outputs.get(reference) {
            Some(value) => {
                let text = value.to_string();
                let named = ids.iter().filter(|(id, _)| text.contains(id.as_str()));
                named.map(|(_, address)| address.clone()).collect()
            }
            None => reference
                .rsplit_once('.')
                .map(|(address, _)| address.to_owned())
                .into_iter()
                .collect(),
        }
    };
    let mut ends: BTreeMap<String, f64> = BTreeMap::new();
    // As many rounds as the longest chain could have steps.
    for _ in 0..seconds.len() {
        for (address, own) in &seconds {
            let before = needs.get(address).into_iter().flatten().flat_map(leads_to);
            let begin = before.filter_map(|need| ends.get(&need).copied());
            ends.insert(address.clone(), begin.fold(0.0, f64::max) + own);
        }
    }
    (sum, ends.into_values().fold(0.0, f64::max))
}

fn main() {
    let proxy = Proxy::start(endpoint());
    let waits = STACK.iter().map(|slow| slow.seconds).max().unwrap();
    let waits = UNIT.as_secs_f64() * f64::from(waits);
    let pipe: Vec<String> = SLICES
        .iter()
        .map(|one| format!("rd-{one} apply -y"))
        .collect();
    let together = || timed(&world(&proxy), &pipe.join(" | ")).0;
    let makespan = median((0..RUNS).map(|_| together()).collect());
    let (sums, chains): (Vec<f64>, Vec<f64>) = (0..RUNS).map(|_| one_by_one(&proxy)).unzip();
    let (sum, chain) = (median(sums), median(chains));
    println!(
        "\n## An apply of the whole stack: median of {RUNS} runs, a second of AWS as {} ms\n",
        UNIT.as_millis()
    );
    println!("| | seconds | beside the longest chain |\n|---|---|---|");
    println!(
        "| longest single wait (the database) | {waits:.2} | {:.2} |",
        waits / chain
    );
    println!("| longest chain of steps, calls and waits | {chain:.2} | 1.00 |");
    println!("| the pipeline | {makespan:.2} | {:.2} |", makespan / chain);
    println!(
        "| the slices one after another | {sum:.2} | {:.2} |",
        sum / chain
    );
}
