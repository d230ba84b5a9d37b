"""Runs the shell steps of a job of examples/github or examples/gitlab as the runner would: workflow.py FILE JOB

`WORKFLOW_VALUES` is a JSON object with the values of the expressions (`github.token`) or, for GitLab, of the variables. The actions
that are used are not run; an uploaded artifact is copied to the folder `ARTIFACTS`, where the `gh` of this folder finds it. Prints
the name of each step before it runs, and ends with the exit code of the first that fails.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
ALWAYS = "!cancelled()"


class Job:
    def __init__(self, values):
        self.values = values
        self.environment = dict(os.environ)

    def fill(self, text):
        """A text with the values of its expressions. An expression without a value is an error of the test."""
        return EXPRESSION.sub(lambda found: str(self.values[found[1]]), str(text))

    def shell(self, name, script, environment):
        print(f"== {name}", file=sys.stderr, flush=True)
        return subprocess.run(["bash", "-e", "-o", "pipefail", "-c", script], env=environment, check=False).returncode


def github(workflow, name, values):
    job = Job(values)
    temporary = Path(os.environ["RUNNER_TEMP"])
    files = {key: temporary / key.lower() for key in ["GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY"]}
    described = workflow["jobs"][name]
    failed = 0
    for step in described["steps"]:
        title = step.get("name") or step["uses"].split("@")[0]
        condition = EXPRESSION.sub(r"\1", str(step.get("if", "")))
        if failed and condition != ALWAYS:
            continue
        if "uses" in step:
            print(f"== {title}", file=sys.stderr, flush=True)
            if title.endswith("/upload-artifact"):
                to = Path(os.environ["ARTIFACTS"]) / step["with"]["name"]
                to.mkdir(parents=True, exist_ok=True)
                shutil.copy(step["with"]["path"], to)
            continue
        assert "${{" not in step["run"], f"{title}: an expression in a script is a way in for whoever sets its value"
        settings = {**workflow.get("env", {}), **described.get("env", {}), **step.get("env", {})}
        environment = job.environment | {key: job.fill(value) for key, value in settings.items()}
        for key, path in files.items():
            path.touch()
            environment[key] = str(path)
        code = job.shell(title, step["run"], environment)
        added = files["GITHUB_PATH"].read_text().split()
        job.environment["PATH"] = ":".join([*added, os.environ["PATH"]])
        for line in files["GITHUB_OUTPUT"].read_text().splitlines():
            key, _, value = line.partition("=")
            job.values[f"steps.{step.get('id')}.outputs.{key}"] = value
        files["GITHUB_OUTPUT"].write_text("")
        failed = failed or code
    return failed


def gitlab(workflow, name, values):
    job = Job(values)
    described = workflow[name]
    settings = values | described.get("variables", {})
    expanded = {key: os.path.expandvars(re.sub(r"\$(\w+)", lambda found: values.get(found[1], ""), str(value))) for key, value in settings.items()}
    lines = [*described.get("before_script", []), *described["script"]]
    tokens = {token: "token" for token in described.get("id_tokens", {})}
    return job.shell(name, "\n".join(lines), job.environment | expanded | tokens)


def main():
    path, name = Path(sys.argv[1]), sys.argv[2]
    workflow = yaml.safe_load(path.read_text())
    run = gitlab if path.name == ".gitlab-ci.yml" else github
    sys.exit(run(workflow, name, json.loads(os.environ["WORKFLOW_VALUES"])))


if __name__ == "__main__":
    main()
