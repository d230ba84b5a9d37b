"""The whole stack, compared with Terraform: applied from scratch, planned without changes, destroyed; both in turn, in
one account of a local AWS API that is empty at the start."""

import json
import os
import subprocess
import sys
from typing import NamedTuple

import measured
import tf
from measured import Failed, medians

RUNS = int(os.environ.get("BENCH_RUNS", "7"))
APPLIES = int(os.environ.get("BENCH_APPLIES", "3"))
SETTINGS = 'project = "whole"\nenvironment = "test"\n'
# In addition to the defaults, so that there is a subscription; logs.tf has the same.
LOGS_SETTINGS = '[logs]\nalert_email = "ops@example.com"\n'
# The ratio to Terraform that is the goal, by the row of the table.
GOALS = {"wall, s": 10, "peak memory of the largest process, MiB": 10, "memory of all processes, MiB": 10, "API calls": 3}
PLAN_ROWS = ("wall, s", "CPU, s", "peak memory of the largest process, MiB", "memory of all processes, MiB", "API calls")


class Tool(NamedTuple):
    """A tool under test: its name, and the pipes that apply, plan and destroy the stack in a folder."""

    name: str
    apply: list
    plan: list
    destroy: list
    folder: object
    env: dict


def rd(target, slices, folder, env):
    folder.mkdir()
    (folder / "rd.toml").write_text(SETTINGS + LOGS_SETTINGS * ("logs" in slices))
    programs = [target / f"rd-{name}" for name in slices]
    return Tool(
        "rd",
        [[program, "apply", "-y"] for program in programs],
        [[program, "plan", "--exit-code"] for program in programs],
        [[program, "destroy", "-y"] for program in reversed(programs)],
        folder,
        {name: value for name, value in env.items() if name != "RD_WAIT_SCALE"},
    )


def terraform(slices, folder, env, more=()):
    env = tf.environment(env)
    program = tf.prepare(folder, env, slices, more)
    if not program:
        return None
    quiet = ["-input=false", "-no-color"]
    return Tool(
        "terraform",
        [[program, "apply", "-auto-approve", *quiet]],
        [[program, "plan", "-detailed-exitcode", *quiet]],
        [[program, "destroy", "-auto-approve", *quiet]],
        folder,
        env,
    )


def resources(tool):
    """How many resources the tool has in its state."""
    if tool.name == "rd":
        states = (tool.folder / ".rd/whole/test").glob("*.json")
        return sum(len(json.loads(state.read_text())["resources"]) for state in states)
    command = [tool.apply[0][0], "state", "list"]
    listed = subprocess.run(command, cwd=tool.folder, env=tool.env, capture_output=True, text=True, check=True).stdout
    return sum(1 for line in listed.splitlines() if not line.startswith("data."))


class Figures:
    """The measurements, by the name of the tool."""

    def __init__(self):
        self.plans, self.applies, self.destroys, self.counts = {}, {}, {}, {}
        self.versions = None
        # If Terraform cannot create the stack, it is not tried again.
        self.with_terraform = True

    def measure(self, rows, tools, of):
        """One run of each tool in turn."""
        for tool in list(tools):
            try:
                used = measured.run(of(tool), tool.folder, tool.env)
            except Failed as error:
                if tool.name == "rd":
                    raise
                tf.leave_out(f"{tf.first_line(str(error))}; its output:\n{error}")
                tools.remove(tool)
                self.with_terraform = False
                continue
            rows.setdefault(tool.name, []).append(used)


def one_round(number, target, slices, folder, start_server, figures):
    env = start_server(folder / "aws")
    tools = [rd(target, slices, folder / "rd", env)]
    other = terraform(slices, folder / "tf", env) if figures.with_terraform else None
    if other:
        tools.append(other)
        figures.versions = tf.versions(other.apply[0][0], other.folder, other.env)
    show_progress(f"the whole stack, round {number + 1} of {APPLIES}: apply")
    figures.measure(figures.applies, tools, lambda tool: tool.apply)
    if number == 0:
        figures.counts = {tool.name: resources(tool) for tool in tools}
        show_progress(f"{RUNS} plans")
        for _ in range(RUNS):
            figures.measure(figures.plans, tools, lambda tool: tool.plan)
    show_progress("destroy")
    figures.measure(figures.destroys, tools, lambda tool: tool.destroy)
    left = sum(resources(tool) for tool in tools)
    if left:
        raise Failed(f"destroy exited with 0, but left {left} resources behind")


def show_progress(what):
    print(f"bench: {what}", file=sys.stderr)


def table(title, rows, names, pick):
    """Prints the medians of both tools side by side, with the ratio and its goal."""
    print(f"\n### {title}\n")
    ours = medians([pick(used) for used in rows["rd"]])
    if "terraform" not in rows:
        print("| | rd |\n|---|---|")
        for name, value in zip(names, ours):
            print(f"| {name} | {rounded(value)} |")
        return
    theirs = medians([pick(used) for used in rows["terraform"]])
    print("| | rd | terraform | ratio | goal |\n|---|---|---|---|---|")
    for name, value, other in zip(names, ours, theirs):
        goal = f"{GOALS[name]}" if name in GOALS else ""
        print(f"| {name} | {rounded(value)} | {rounded(other)} | {other / value:.1f} | {goal} |")


def rounded(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def measure(target, slices, folder, start_server, stop_server):
    figures = Figures()
    for number in range(APPLIES):
        place = folder / f"whole-{number}"
        place.mkdir()
        try:
            one_round(number, target, slices, place, start_server, figures)
        finally:
            stop_server(place / "aws")
    print(f"\n## The whole stack: {', '.join(slices)}\n")
    counts = figures.counts
    made = f"rd keeps {counts['rd']} resources"
    if "terraform" in counts:
        made += f", Terraform {counts['terraform']} for the same objects with the same settings; {figures.versions}"
    print(f"{made}.")
    table(f"A plan without changes, median of {RUNS} runs", figures.plans, PLAN_ROWS, lambda used: used)
    names = ("wall, s", "CPU, s", "API calls")

    def pick(used):
        return used.wall, used.cpu, used.calls

    table(f"An apply from scratch, median of {APPLIES} runs", figures.applies, names, pick)
    table(f"A destroy of everything, median of {APPLIES} runs", figures.destroys, names, pick)
