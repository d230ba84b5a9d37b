"""Prints the SBOM of some programs (CycloneDX 1.5, JSON): every crate that is linked into them, with its licence, the sum of
its source from Cargo.lock, and what it depends on. The same commit gives the same text."""

import json
import os
import re
import uuid
from datetime import datetime, timezone
from pathlib import Path

from dependencies import Dependencies, expression

LOCK = Path(__file__).resolve().parents[2] / "Cargo.lock"


def reference(package):
    return f"pkg:cargo/{package['name']}@{package['version']}"


def checksums():
    """The SHA-256 sum of each crate's source, by name and version."""
    pattern = r'name = "(.+)"\nversion = "(.+)"\nsource = ".+"\nchecksum = "([0-9a-f]{64})"'
    return {(name, version): digest for name, version, digest in re.findall(pattern, LOCK.read_text())}


def component(package, sums):
    is_own = package["source"] is None
    described = {
        "type": "application" if any("bin" in target["kind"] for target in package["targets"]) and is_own else "library",
        "bom-ref": reference(package),
        "name": package["name"],
        "version": package["version"],
        "licenses": [{"expression": expression(package)}],
    }
    if package["description"]:
        described["description"] = " ".join(package["description"].split())
    if is_own:
        return described
    described["purl"] = reference(package)
    described["hashes"] = [{"alg": "SHA-256", "content": sums[package["name"], package["version"]]}]
    if package["repository"]:
        described["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
    return described


def main():
    dependencies = Dependencies.from_arguments()
    packages = sorted(
        (dependencies.packages[one] for one in dependencies.linked), key=lambda one: (one["name"], one["version"])
    )
    sums = checksums()
    version = dependencies.packages[dependencies.roots[0]]["version"]
    at = datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), timezone.utc)
    whole = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {"type": "application", "bom-ref": "rd", "name": "rd", "version": version},
            "properties": [{"name": "commit", "value": os.environ["RD_BUILD"].split()[0]}],
        },
        "components": [component(package, sums) for package in packages],
        "dependencies": [
            {"ref": "rd", "dependsOn": sorted(reference(dependencies.packages[one]) for one in dependencies.roots)},
            *(
                {
                    "ref": reference(package),
                    "dependsOn": sorted({reference(dependencies.packages[one]) for one in dependencies.needs(package["id"])}),
                }
                for package in packages
            ),
        ],
    }
    text = json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False)
    whole["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, text)}"
    print(json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False))


if __name__ == "__main__":
    main()
