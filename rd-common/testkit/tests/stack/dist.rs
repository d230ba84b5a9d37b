//! Releases: what `scripts/dist` packages, how it is installed, and programs of several versions.

use rd_testkit::{Done, World};
use std::path::Path;

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n";
const NAME: &str = "rd-0.1.0-x86_64-unknown-linux-gnu";

/// Runs a line of a shell with the scripts of the workspace as `$root`.
fn shell(world: &World, line: &str) -> Done {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    // Cargo is next to the compiler that built this test.
    let cargo = Path::new(env!("CARGO")).parent().map(Path::display);
    let cargo = cargo.map_or_else(String::new, |folder| folder.to_string());
    let set = format!("set -euo pipefail; root={root}; export PATH=$PATH:{cargo};");
    let mut shell = world.rd("rd-state").shell(&format!("{set} {line}"));
    // Where Cargo keeps the sources of the dependencies.
    for name in ["HOME", "CARGO_HOME"] {
        if let Ok(value) = std::env::var(name) {
            shell = shell.env(name, &value);
        }
    }
    shell.run()
}

fn ok(world: &World, line: &str) -> String {
    let done = shell(world, line);
    assert_eq!(done.code, 0, "{line}: {}{}", done.stdout, done.stderr);
    done.stdout
}

#[test]
fn a_release_has_what_it_needs_and_is_installed_only_with_its_sum() {
    let world = World::new("");
    // Without debug information, so that compressing it takes a moment.
    ok(
        &world,
        "mkdir built && strip -o built/rd-state \"$(command -v rd-state)\"",
    );
    let dist = "SOURCE_DATE_EPOCH=1764273405 $root/scripts/dist --native --built \"$PWD/built\" --into \"$PWD\"";
    ok(&world, &format!("{dist}/one rd-state"));
    ok(&world, &format!("{dist}/other rd-state"));
    ok(
        &world,
        "cmp one/SHA256SUMS other/SHA256SUMS && cd one && sha256sum --check SHA256SUMS",
    );

    let files = ok(&world, &format!("tar -tzf one/{NAME}.tar.gz"));
    for file in [
        "bin/rd-state",
        "share/man/man1/rd-state.1",
        "share/man/man1/rd-state-init.1",
        "share/bash-completion/completions/rd-state",
        "share/zsh/site-functions/_rd-state",
        "share/fish/vendor_completions.d/rd-state.fish",
        "share/doc/rd/LICENSE",
        "share/doc/rd/THIRD-PARTY-LICENSES",
        "share/doc/rd/sbom.cdx.json",
    ] {
        let file = format!("{NAME}/{file}");
        assert!(files.lines().any(|line| line == file), "{file}: {files}");
    }

    ok(
        &world,
        "one/install.sh --prefix \"$PWD/prefix\" && prefix/bin/rd-state --version",
    );
    let licences = ok(&world, "cat prefix/share/doc/rd/THIRD-PARTY-LICENSES");
    for text in [
        "  aws-sdk-s3 ",
        "  ring ",
        "Permission is hereby granted",
        "Apache License",
    ] {
        assert!(licences.contains(text), "{text}");
    }
    // What only tests or other programs are linked with.
    assert!(!licences.contains("  insta ") && !licences.contains("  aws-sdk-ec2 "));
    let sbom: serde_json::Value =
        serde_json::from_str(&ok(&world, "cat prefix/share/doc/rd/sbom.cdx.json"))
            .unwrap_or_default();
    assert_eq!(sbom["bomFormat"], "CycloneDX");
    assert_eq!(sbom["metadata"]["timestamp"], "2025-11-27T19:56:45Z");
    let components = sbom["components"].as_array().cloned().unwrap_or_default();
    let has_sum = |one: &serde_json::Value| one["hashes"][0]["alg"] == "SHA-256";
    let ring = components.iter().find(|one| one["name"] == "ring");
    assert!(ring.is_some_and(has_sum), "{components:?}");

    let spoilt = format!("printf x >>other/{NAME}.tar.gz; other/install.sh --prefix \"$PWD/none\"");
    let refused = shell(&world, &spoilt);
    assert_eq!(refused.code, 1, "{}", refused.stderr);
    assert!(
        refused.stderr.contains("is not that of SHA256SUMS"),
        "{}",
        refused.stderr
    );
    assert!(!world.path().join("none").exists());
}

#[test]
fn a_source_archive_knows_its_commit() {
    let world = World::new("");
    let archive = "cd $root; git rev-parse --quiet HEAD 2>/dev/null || echo none";
    let commit = ok(&world, archive);
    // Such an archive has no history of its own.
    if commit.trim() == "none" {
        return;
    }
    let text = ok(
        &world,
        "cd $root; git archive HEAD rd-common/src/commit.txt | tar -xO",
    );
    assert_eq!(text.split(' ').next(), Some(commit.trim()), "{text}");
    assert_eq!(text.split_whitespace().count(), 3, "{text}");
}

#[test]
fn doctor_says_when_programs_of_one_pipe_differ_in_version() {
    let world = World::new(SETTINGS);
    let same = shell(&world, "rd-state doctor --local");
    assert_eq!(same.code, 0, "{}", same.stderr);
    let line = "mkdir mixed && cp \"$(command -v rd-state)\" mixed && \
                printf '#!/bin/sh\\necho rd-net 0.0.9 \\(abcdef 2025-01-01\\)\\n' >mixed/rd-net && chmod +x mixed/rd-net && \
                mixed/rd-state doctor --local";
    let differ = shell(&world, line);
    assert_eq!(differ.code, 1, "{}", differ.stderr);
    for part in [
        "differ in version: rd-state is ",
        "rd-net is 0.0.9 (abcdef 2025-01-01)",
        "of one release",
    ] {
        assert!(differ.stderr.contains(part), "{}", differ.stderr);
    }
    assert!(!differ.stderr.contains("rd-data is"), "{}", differ.stderr);
}
