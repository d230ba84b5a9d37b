"""Terraform, if it is installed: prepares the configuration in this folder for the local AWS API."""

import json
import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Slices whose file has another name than the slice.
FILES = {"net": "network.tf"}


def environment(env):
    """The environment without the user's Terraform settings, and with the passwords that the files take as variables."""
    kept = {name: value for name, value in env.items() if name != "TF_CLI_CONFIG_FILE"}
    passwords = {f"TF_VAR_{name}": secrets.token_hex(16) for name in ("database_password", "cache_token")}
    return kept | passwords


def leave_out(reason):
    print(f"skipping Terraform: {reason}\n", file=sys.stderr)


def prepare(folder, env, slices, more=()):
    """Copies the files of the slices into a new folder, adds more files by name and text, and initializes it. Returns the
    path of Terraform, or None if it is not installed or has no provider. `BENCH_TF_PLUGINS` names a folder with the
    provider."""
    program = shutil.which("terraform")
    if not program:
        return None
    folder.mkdir()
    for name in slices:
        shutil.copy(HERE / FILES.get(name, f"{name}.tf"), folder)
    for name, text in more:
        (folder / name).write_text(text)
    mirror = os.environ.get("BENCH_TF_PLUGINS")
    init = [program, "init", "-input=false", "-no-color", *([f"-plugin-dir={mirror}"] if mirror else [])]
    done = subprocess.run(init, cwd=folder, env=env, capture_output=True, text=True)
    if done.returncode != 0:
        leave_out(f"`terraform init` failed: {first_line(done.stderr)}")
        return None
    return program


def first_line(text):
    """The line of Terraform's output that states the error."""
    lines = (line.strip("│╷╵ ") for line in text.splitlines())
    return next((line for line in lines if line.startswith("Error")), text.strip() or "no reason given")


def versions(program, folder, env):
    """`Terraform 1.11.4 with provider 5.100.0`."""
    shown = subprocess.run([program, "version", "-json"], cwd=folder, env=env, capture_output=True, text=True, check=True)
    found = json.loads(shown.stdout)
    providers = ", ".join(found["provider_selections"].values())
    return f"Terraform {found['terraform_version']} with provider {providers}"
