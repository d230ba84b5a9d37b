//! The examples for CI (`examples/`): every shell step is run, against the local API, with stand-ins for the programs of the forge.

#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::archive::{Layout, config, layer, write};
use rd_testkit::{Done, World};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"production\"\nedition = 2\nregion = \"us-east-1\"\nprotect = false\n\
                        [environments.staging]\n";

/// The `gh` of GitHub's runners: it keeps comments and issues as files, finds the artifacts that were uploaded, and writes
/// down what it was asked.
const GH: &str = r#"#!/usr/bin/env bash
set -euo pipefail
echo "$*" >>"$FORGE/asked"
value() { # value FLAG ARGUMENT…: what follows the flag
    local flag=$1 previous=
    shift
    for argument; do
        [[ $previous == "$flag" ]] && echo "${argument#body=@}"
        previous=$argument
    done
}
case "$1 $2" in
"release download")
    folder=$(value --dir "$@")
    mkdir -p "$folder"
    echo ':' >"$folder/install.sh"
    (cd "$folder" && sha256sum install.sh >SHA256SUMS)
    ;;
"api --paginate") [[ ! -e $FORGE/comment ]] || echo 7 ;;
"api --method") cp "$(value --field "$@")" "$FORGE/comment" ;;
"api repos/acme/shop/commits/abc/pulls") echo def ;;
"run list") echo 41 ;;
"run download")
    folder=$(value --dir "$@")
    mkdir -p "$folder"
    cp "$ARTIFACTS/$(value --name "$@")"/* "$folder"
    ;;
"label create") ;;
"issue list") [[ ! -e $FORGE/issue ]] || echo 9 ;;
"issue create" | "issue edit") cp "$(value --body-file "$@")" "$FORGE/issue" ;;
"issue close") rm "$FORGE/issue" ;;
*) echo "gh: $*" >&2 && exit 1 ;;
esac
"#;

/// The `curl` of GitLab's jobs, with which they write one note.
const CURL: &str = r#"#!/usr/bin/env bash
set -euo pipefail
echo "$*" >>"$FORGE/asked"
for argument; do
    case $argument in
    body@*) cp "${argument#body@}" "$FORGE/comment" && exit ;;
    esac
done
if [[ -e $FORGE/comment ]]; then
    printf '[{"id": 3, "body": "hello"}, {"id": 7, "body": "<!-- rd-plan -->\\n"}]'
else
    printf '[{"id": 3, "body": "hello"}]'
fi
"#;

/// A world with the stand-ins in its folder `forge`.
struct Forge {
    world: World,
    values: BTreeMap<String, String>,
}

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .canonicalize()
        .unwrap()
}

impl Forge {
    fn new() -> Self {
        let world = World::new(SETTINGS);
        let forge = world.path().join("forge");
        for folder in ["forge", "forge/bin", "artifacts", "runner"] {
            std::fs::create_dir_all(world.path().join(folder)).unwrap();
        }
        for (name, text) in [
            ("gh", GH),
            ("curl", CURL),
            ("docker", "#!/bin/sh\ncp next.tar app.tar\n"),
        ] {
            let path = forge.join("bin").join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        }
        std::os::unix::fs::symlink(
            root().join("scripts/pipeline"),
            forge.join("bin/rd-pipeline"),
        )
        .unwrap();
        let list = world.rd("rd-net").shell(
            "mkdir x && cd x && echo : >install.sh && sha256sum install.sh | sha256sum | cut -d' ' -f1",
        );
        let sums = list.ok().stdout.trim().to_owned();
        let values = [
            ("github.token", "token"),
            ("github.repository", "acme/shop"),
            ("github.event.pull_request.number", "12"),
            ("vars.RD_REPOSITORY", "acme/rd"),
            ("vars.RD_VERSION", "v0.1.0"),
            ("vars.RD_SUMS", &sums),
            ("inputs.run", ""),
        ];
        let values = values.map(|(key, value)| (key.to_owned(), value.to_owned()));
        Self {
            values: values.into(),
            world,
        }
    }

    fn set(&mut self, key: &str, value: &str) {
        self.values.insert(key.to_owned(), value.to_owned());
    }

    /// Runs a job, as a step of a workflow that has just begun: nothing of another job is left but artifacts.
    fn run(&self, file: &str, job: &str) -> Done {
        let (root, path) = (root(), self.world.path());
        let venv = root.join(".aws-local/venv/bin/python");
        let line = format!(
            "rm -rf runner/*; export PATH={}/forge/bin:$PATH; {} {}/rd-common/testkit/workflow.py {}/examples/{file} {job}",
            path.display(),
            venv.display(),
            root.display(),
            root.display(),
        );
        let folder = |name: &str| path.join(name).display().to_string();
        let run = self.world.rd("rd-net").shell(&line);
        let run = run
            .env("FORGE", &folder("forge"))
            .env("ARTIFACTS", &folder("artifacts"))
            .env("RUNNER_TEMP", &folder("runner"))
            .env("GITHUB_REPOSITORY", "acme/shop")
            .env("GITHUB_SHA", "abc")
            .env("GITHUB_RUN_ID", "42")
            .env("WORKFLOW_VALUES", &json!(self.values).to_string());
        run.run()
    }

    fn ok(&self, file: &str, job: &str) -> Done {
        let done = self.run(file, job);
        assert_eq!(done.code, 0, "{file} {job}: {}{}", done.stdout, done.stderr);
        done
    }

    fn read(&self, name: &str) -> Option<String> {
        std::fs::read_to_string(self.world.path().join(name)).ok()
    }

    /// What the forge was asked since the last call.
    fn asked(&self) -> String {
        let text = self.read("forge/asked").unwrap_or_default();
        let _ = std::fs::remove_file(self.world.path().join("forge/asked"));
        text
    }

    /// The digest of the image that a service runs, by its newest revision.
    fn runs(&self, environment: &str) -> Value {
        let revisions = self
            .world
            .rd("rd-ecs")
            .args("revisions -e")
            .arg(environment);
        let revisions: Value = serde_json::from_str(&revisions.ok().stdout).unwrap();
        let all = revisions["revisions"].as_array().unwrap().clone();
        let live = all.into_iter().find(|one| one["live"] == true).unwrap();
        live["digest"].clone()
    }

    /// Writes the image that the next build makes.
    fn next_image(&self, number: u8) {
        let layers = [layer(number.into(), 10_000)];
        let mut layout = Layout::default();
        let content: Vec<(&str, Vec<u8>)> =
            vec![("application/vnd.oci.image.layer.v1.tar", layers[0].clone())];
        let image = layout.image(&config("arm64", &layers), &content);
        write(
            &self.world.path().join("next.tar"),
            &layout.finish(&[image]),
        );
    }
}

#[test]
fn github_plans_applies_watches_and_deploys() {
    let mut forge = Forge::new();
    let plan = "github/workflows/plan.yml";
    forge.ok(plan, "plan");
    let comment = forge.read("forge/comment").unwrap();
    assert!(comment.starts_with("<!-- rd-plan -->\n"), "{comment}");
    assert!(comment.contains("net.vpc.main"), "{comment}");
    assert!(
        forge
            .asked()
            .contains("--method POST repos/acme/shop/issues/12/comments ")
    );
    forge.ok(plan, "plan");
    let asked = forge.asked();
    assert!(
        asked.contains("--method PATCH repos/acme/shop/issues/comments/7 ")
            && !asked.contains("POST"),
        "{asked}"
    );

    let apply = "github/workflows/apply.yml";
    forge.ok(apply, "reviewed");
    assert!(
        forge
            .asked()
            .contains("--workflow plan.yml --event pull_request --commit def ")
    );
    forge.ok(apply, "apply");
    let summary = forge.read("runner/github_step_summary").unwrap();
    assert!(!summary.is_empty());
    forge.world.rd("rd-logs").args("plan --exit-code").ok();
    // The same plan again is stale.
    let stale = forge.run(apply, "apply");
    assert_eq!(stale.code, 6, "{}", stale.stderr);
    assert!(
        stale.stdout.contains("::error title=The plan is stale"),
        "{}",
        stale.stdout
    );
    forge.set("inputs.run", "77");
    forge.asked();
    forge.ok(apply, "reviewed");
    assert!(forge.asked().contains("run download 77 "));

    let drift = "github/workflows/drift.yml";
    forge.ok(drift, "drift");
    assert_eq!(forge.read("forge/issue"), None);
    let changed = format!("{SETTINGS}[store]\nnoncurrent_days = 7\n");
    forge.world.settings(&changed);
    forge.asked();
    forge.ok(drift, "drift");
    assert!(forge.asked().contains("issue create "));
    assert!(forge.read("forge/issue").unwrap().contains("store."));
    forge.ok(drift, "drift");
    assert!(forge.asked().contains("issue edit 9 "));
    forge.world.settings(SETTINGS);
    forge.ok(drift, "drift");
    assert_eq!(forge.read("forge/issue"), None);

    // Staging is another environment of the same repository.
    let staging = "rd-net apply -y -e staging --no-stdin";
    let others = ["data", "cache", "store", "edge", "ecs", "logs"];
    let line = others
        .map(|slice| format!(" | rd-{slice} apply -y -e staging"))
        .concat();
    forge
        .world
        .rd("rd-net")
        .shell(&format!("set -o pipefail; {staging}{line}"))
        .ok();
    let deploy = "github/workflows/deploy.yml";
    let mut digests = Vec::new();
    for number in [1, 2] {
        forge.next_image(number);
        forge.ok(deploy, "staging");
        let digest = forge.runs("staging").as_str().unwrap().to_owned();
        forge.set("needs.staging.outputs.digest", &digest);
        forge.ok(deploy, "production");
        assert_eq!(forge.runs("production"), digest.as_str());
        digests.push(digest);
    }
    assert_ne!(digests[0], digests[1]);
    let rollback = "github/workflows/rollback.yml";
    forge.set("inputs.revision", "");
    forge.ok(rollback, "rollback");
    assert_eq!(forge.runs("production"), digests[0].as_str());
    forge.set("inputs.revision", "3; true");
    assert_eq!(forge.run(rollback, "rollback").code, 2);
}

#[test]
fn gitlab_and_cron_do_the_same() {
    let mut forge = Forge::new();
    let pipeline = "gitlab/.gitlab-ci.yml";
    for (key, value) in [
        ("CI_API_V4_URL", "http://forge/api/v4"),
        ("CI_PROJECT_ID", "5"),
        ("CI_MERGE_REQUEST_IID", "12"),
        ("CI_PIPELINE_ID", "42"),
        ("RD_NOTES_TOKEN", "token"),
        (
            "RD_PLAN_ROLE",
            "arn:aws:iam::123456789012:role/shop-production-plan",
        ),
    ] {
        forge.set(key, value);
    }
    forge.ok(pipeline, "plan");
    let asked = forge.asked();
    assert!(asked.contains("--request POST "), "{asked}");
    assert!(
        forge
            .read("forge/comment")
            .unwrap()
            .starts_with("<!-- rd-plan -->\n")
    );
    forge.ok(pipeline, "plan");
    assert!(forge.asked().contains("--request PUT --data-urlencode body@note.md http://forge/api/v4/projects/5/merge_requests/12/notes/7"));
    forge.ok(pipeline, "plan-main");
    forge.ok(pipeline, "apply");
    let stale = forge.run(pipeline, "apply");
    assert_eq!(stale.code, 6, "{}", stale.stderr);
    forge.ok(pipeline, "drift");

    let cron = || {
        let line = format!(
            "PATH={}/forge/bin:$PATH {}/examples/cron/drift",
            forge.world.path().display(),
            root().display()
        );
        forge.world.rd("rd-net").shell(&line).ok().stdout
    };
    assert_eq!(cron(), "");
    forge
        .world
        .settings(&format!("{SETTINGS}[store]\nnoncurrent_days = 7\n"));
    assert!(cron().contains("store."));
    assert_eq!(forge.run(pipeline, "drift").code, 3);
}

/// What keeps others out is written in each workflow.
#[test]
fn forks_get_no_token_and_every_workflow_has_its_turn() {
    let folder = root().join("examples/github/workflows");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    assert!(
        read("plan.yml").contains(
            "if: ${{ github.event.pull_request.head.repo.full_name == github.repository }}"
        )
    );
    for file in std::fs::read_dir(&folder).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let text = read(&name);
        for part in [
            "\npermissions: {}\n",
            "\nconcurrency:\n",
            "timeout-minutes:",
        ] {
            assert!(text.contains(part), "{name} lacks {part}");
        }
        assert!(!text.contains("pull_request_target"), "{name}");
        // What changes the stack is approved, and not stopped half-way.
        let changes = ["apply.yml", "deploy.yml", "rollback.yml"].contains(&name.as_str());
        assert_eq!(text.contains("environment: production"), changes, "{name}");
        assert!(
            !changes || text.contains("cancel-in-progress: false"),
            "{name}"
        );
    }
}

/// `examples/iam` is what `scripts/ci-roles` writes for the stack `shop-production`.
#[test]
fn the_policies_of_the_roles_are_those_of_the_programs() {
    let world = World::new(
        "project = \"shop\"\nenvironment = \"production\"\nregion = \"us-east-1\"\nedition = 2\n[state]\nbackend = \"s3\"\n\
         bucket = \"shop-state-123456789012\"\ntable = \"shop-locks\"\nregion = \"us-east-1\"\n",
    );
    let root = root();
    let line = format!(
        "{}/scripts/ci-roles --trust github:acme/shop --account 123456789012 --into iam --new-environment",
        root.display()
    );
    let written = world.rd("rd-net").shell(&line).ok().stdout;
    assert!(
        written.contains("aws iam create-role --role-name shop-production-plan "),
        "{written}"
    );
    let examples = root.join("examples/iam");
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        let copy = format!("rm -rf {0} && cp -r iam {0}", examples.display());
        world.rd("rd-net").shell(&copy).ok();
    }
    let compare = format!("diff -r iam {}", examples.display());
    world.rd("rd-net").shell(&compare).ok();
    // A role may have ten managed policies.
    for role in ["plan", "apply", "deploy"] {
        let files = std::fs::read_dir(examples.join(format!("shop-production-{role}"))).unwrap();
        assert!((3..=11).contains(&files.count()), "{role}");
    }
}
