"""The whole stack beside Terraform: applied from nothing, planned with nothing to do, destroyed; both in turn, in one
account of a local AWS API that is empty before."""

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
# Beside the defaults, so that there is a subscription; logs.tf has the same.
LOGS_SETTINGS = '[logs]\nalert_email = "ops@example.com"\n'
# How much better it is to be than Terraform, by the row of the table.
GOALS = {"wall, s": 10, "peak memory of the largest process, MiB": 10, "memory of all processes, MiB": 10, "API calls": 3}
PLAN_ROWS = ("wall, s", "CPU, s", "peak memory of the largest process, MiB", "memory of all processes, MiB", "API calls")


class Tool(NamedTuple):
    """What makes the stack: its name, and the pipes that apply, plan and destroy in a folder."""

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


def terraform(slices, folder, env):
    env = tf.environment(env)
    program = tf.prepare(folder, env, slices)
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
    """How many resources the tool says that it has made."""
    if tool.name == "rd":
        states = (tool.folder / ".rd/whole-test").glob("*.json")
        return sum(len(json.loads(state.read_text())["resources"]) for state in states)
    command = [tool.apply[0][0], "state", "list"]
    listed = subprocess.run(command, cwd=tool.folder, env=tool.env, capture_output=True, text=True, check=True).stdout
    return sum(1 for line in listed.splitlines() if not line.startswith("data."))


class Figures:
    """What was measured, by the tool's name."""

    def __init__(self):
        self.plans, self.applies, self.destroys, self.counts = {}, {}, {}, {}
        self.versions = None
        # Where Terraform cannot make the stack, it is tried once.
        self.beside = True

    def measure(self, rows, tools, of):
        """One run of each tool in turn."""
        for tool in list(tools):
            try:
                used = measured.run(of(tool), tool.folder, tool.env)
            except Failed as error:
                if tool.name == "rd":
                    raise
                tf.leave_out(f"{tf.first_line(str(error))}; all of it:\n{error}")
                tools.remove(tool)
                self.beside = False
                continue
            rows.setdefault(tool.name, []).append(used)


def one_round(number, target, slices, folder, start_server, figures):
    env = start_server(folder / "aws")
    tools = [rd(target, slices, folder / "rd", env)]
    beside = terraform(slices, folder / "tf", env) if figures.beside else None
    if beside:
        tools.append(beside)
        figures.versions = tf.versions(beside.apply[0][0], beside.folder, beside.env)
    tell(f"the whole stack, round {number + 1} of {APPLIES}: apply")
    figures.measure(figures.applies, tools, lambda tool: tool.apply)
    if number == 0:
        figures.counts = {tool.name: resources(tool) for tool in tools}
        tell(f"{RUNS} plans")
        for _ in range(RUNS):
            figures.measure(figures.plans, tools, lambda tool: tool.plan)
    tell("destroy")
    figures.measure(figures.destroys, tools, lambda tool: tool.destroy)
    left = sum(resources(tool) for tool in tools)
    if left:
        raise Failed(f"{left} resources were left behind by a destroy that said it went well")


def tell(what):
    print(f"bench: {what}", file=sys.stderr)


def table(title, rows, names, pick):
    """The medians of both tools beside each other, with what is wanted of the ratio."""
    print(f"\n### {title}\n")
    ours = medians([pick(used) for used in rows["rd"]])
    if "terraform" not in rows:
        print("| | rd |\n|---|---|")
        for name, value in zip(names, ours):
            print(f"| {name} | {told(value)} |")
        return
    theirs = medians([pick(used) for used in rows["terraform"]])
    print("| | rd | terraform | ratio | goal |\n|---|---|---|---|---|")
    for name, value, other in zip(names, ours, theirs):
        goal = f"{GOALS[name]}" if name in GOALS else ""
        print(f"| {name} | {told(value)} | {told(other)} | {other / value:.1f} | {goal} |")


def told(value):
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
    table(f"A plan that finds nothing to do, median of {RUNS} runs", figures.plans, PLAN_ROWS, lambda used: used)
    names = ("wall, s", "CPU, s", "API calls")

    def pick(used):
        return used.wall, used.cpu, used.calls

    table(f"An apply from nothing, median of {APPLIES} runs", figures.applies, names, pick)
    table(f"The destroy of it, median of {APPLIES} runs", figures.destroys, names, pick)
