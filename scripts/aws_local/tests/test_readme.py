"""The table of modules in the README and the list of additions are complete."""

import importlib
import re
import unittest
from pathlib import Path

from aws_local import additions

ROOT = Path(__file__).resolve().parent.parent
NOT_IN_TABLE = {"additions.py"}


def modules():
    for path in ROOT.rglob("*.py"):
        name = path.relative_to(ROOT).as_posix()
        if path.name != "__init__.py" and not name.startswith("tests/") and name not in NOT_IN_TABLE:
            yield name


class Readme(unittest.TestCase):
    def test_each_module_has_a_line(self):
        rows = [line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith("| `")]
        named = {name for row in rows for name in re.findall(r"`([\w/]+\.py)`", row.split(" | ")[0])}
        self.assertEqual(named - NOT_IN_TABLE, set(modules()))


class Additions(unittest.TestCase):
    def test_each_module_with_an_install_is_listed(self):
        found = []
        for name in modules():
            if not name.startswith("speed/"):
                module = name.removesuffix(".py").replace("/", ".")
                if hasattr(importlib.import_module(f"aws_local.{module}"), "install"):
                    found.append(module)
        self.assertEqual(sorted(additions.MODULES), sorted(found))
