"""The crates that are linked into some programs, from `cargo metadata`."""

import json
import os
import sys
from pathlib import Path


class Dependencies:
    """The packages of these programs, without what only builds or tests need."""

    def __init__(self, metadata, programs):
        self.packages = {package["id"]: package for package in metadata["packages"]}
        self.nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
        by_name = {
            package["name"]: package["id"] for package in metadata["packages"] if package["source"] is None
        }
        missing = [program for program in programs if program not in by_name]
        if missing:
            sys.exit(f"error: the workspace has no package {missing[0]}\n  → name programs of this workspace")
        self.roots = [by_name[program] for program in programs]
        self.linked = self._linked()

    @classmethod
    def from_arguments(cls):
        """The first argument is a file of `cargo metadata`, the others are the programs."""
        path, *programs = sys.argv[1:]
        return cls(json.loads(Path(path).read_text()), programs)

    def needs(self, package_id):
        """The packages that one is linked with."""
        return [
            dependency["pkg"]
            for dependency in self.nodes[package_id]["deps"]
            if any(kind["kind"] is None for kind in dependency["dep_kinds"])
        ]

    def third_party(self):
        """The packages of others, sorted by name and version."""
        packages = [self.packages[one] for one in self.linked]
        others = [package for package in packages if package["source"] is not None]
        return sorted(others, key=lambda package: (package["name"], package["version"]))

    def _linked(self):
        seen, waiting = set(), list(self.roots)
        while waiting:
            one = waiting.pop()
            if one not in seen:
                seen.add(one)
                waiting += self.needs(one)
        return seen


def licence_files(package):
    """The files with licences and notices that a package has."""
    folder = Path(package["manifest_path"]).parent
    names = ("LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE")
    found = {folder / name for name in os.listdir(folder) if name.upper().startswith(names)}
    if package["license_file"]:
        found.add(folder / package["license_file"])
    files = (path for one in found for path in ([one] if one.is_file() else one.rglob("*")))
    return sorted(path for path in files if path.is_file())


def expression(package):
    """The licence as an SPDX expression: some crates still write `MIT/Apache-2.0`."""
    return " OR ".join(part.strip() for part in (package["license"] or "").split("/"))
