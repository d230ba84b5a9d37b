"""Prints the licences of all crates that are linked into some programs, with their texts, from the sources that Cargo has
on this machine: no look-up needs the network. Texts that several crates share are printed once."""

import sys
from collections import defaultdict
from pathlib import Path

from dependencies import Dependencies, expression, licence_files

MIT = (Path(__file__).parent / "mit.txt").read_text()


def texts_of(package):
    """The texts of a crate's licences. One without a file, but under MIT, has the text of MIT with its authors."""
    texts = [path.read_text(errors="replace").strip() for path in licence_files(package)]
    if not texts and "MIT" in expression(package):
        authors = ", ".join(package["authors"]) or f"the authors of {package['name']}"
        texts = [MIT.replace("<authors>", authors).strip()]
    if not texts:
        name = f"{package['name']} {package['version']}"
        sys.exit(f"error: {name} ({expression(package)}) has no text of its licence\n  → add a rule to {__file__}")
    return texts


def main():
    crates = Dependencies.from_arguments().third_party()
    users = defaultdict(list)
    print("These crates are part of the programs. Their licences follow, each text with the crates that have it.\n")
    for package in crates:
        print(f"  {package['name']} {package['version']}: {expression(package)}")
        for text in texts_of(package):
            # Line ends and indents differ, the words do not.
            users[" ".join(text.split())].append((package, text))
    for owners in users.values():
        names = ", ".join(f"{package['name']} {package['version']}" for package, _ in owners)
        print(f"\n{'=' * 100}\n{names}\n{'=' * 100}\n\n{owners[0][1]}")


if __name__ == "__main__":
    main()
