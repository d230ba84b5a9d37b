"""Terraform, where it is installed: the files beside this one, against the local AWS API."""

import json
import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# The files that are not named after their slice.
FILES = {"net": "network.tf"}


def environment(env):
    """Without the settings of whoever runs this; with the passwords that the files leave open."""
    kept = {name: value for name, value in env.items() if name != "TF_CLI_CONFIG_FILE"}
    passwords = {f"TF_VAR_{name}": secrets.token_hex(16) for name in ("database_password", "cache_token")}
    return kept | passwords


def leave_out(reason):
    print(f"Terraform is left out: {reason}\n", file=sys.stderr)


def prepare(folder, env, slices):
    """Puts the files of some slices into a new folder and readies it: the path of Terraform, or none where it is not
    installed or has no provider. `BENCH_TF_PLUGINS` names a folder with the provider."""
    program = shutil.which("terraform")
    if not program:
        return None
    folder.mkdir()
    for name in slices:
        shutil.copy(HERE / FILES.get(name, f"{name}.tf"), folder)
    mirror = os.environ.get("BENCH_TF_PLUGINS")
    init = [program, "init", "-input=false", "-no-color", *([f"-plugin-dir={mirror}"] if mirror else [])]
    done = subprocess.run(init, cwd=folder, env=env, capture_output=True, text=True)
    if done.returncode != 0:
        leave_out(f"`terraform init` failed: {first_line(done.stderr)}")
        return None
    return program


def first_line(text):
    """The line that says what is wrong, of what Terraform wrote."""
    lines = (line.strip("│╷╵ ") for line in text.splitlines())
    return next((line for line in lines if line.startswith("Error")), text.strip() or "no reason given")


def versions(program, folder, env):
    """`Terraform 1.11.4 with provider 5.100.0`."""
    told = subprocess.run([program, "version", "-json"], cwd=folder, env=env, capture_output=True, text=True, check=True)
    told = json.loads(told.stdout)
    providers = ", ".join(told["provider_selections"].values())
    return f"Terraform {told['terraform_version']} with provider {providers}"
