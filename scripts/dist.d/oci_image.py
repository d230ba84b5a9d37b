#!/usr/bin/env python3
"""Makes a container image with the programs of a release, as a tar archive of an OCI image layout: without a daemon, without
root and without a network. `rd-ecs push` uploads it, and so do skopeo and crane. The same input gives the same bytes."""

import argparse
import gzip
import hashlib
import io
import json
import subprocess
import sys
import tarfile
import tempfile
from datetime import datetime, timezone
from pathlib import Path

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")

EXAMPLES = """examples:
  oci_image.py dist/rd-0.1.0-x86_64-unknown-linux-gnu.tar.gz --base base.tar --output rd.tar
  oci_image.py dist/rd-0.1.0-x86_64-unknown-linux-gnu.tar.gz --libraries-of-this-machine --output rd.tar

The programs need glibc. --base is an image that has it, as an OCI layout (a folder or a tar archive), such as Debian's or
distroless: `skopeo copy docker://gcr.io/distroless/cc-debian12 oci-archive:base.tar` fetches one. Without a base, the
libraries and the certificates of this machine are copied: such an image is only as reproducible as the machine.
"""


def fail(summary, hint):
    print(f"error: {summary}\n  → {hint}", file=sys.stderr)
    sys.exit(1)


class Blobs:
    """The blobs of an image, by their digests."""

    def __init__(self):
        self.all = {}

    def add(self, data, media_type):
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        self.all[digest] = data
        return {"mediaType": media_type, "digest": digest, "size": len(data)}

    def add_json(self, value, media_type):
        return self.add(json.dumps(value, sort_keys=True).encode(), media_type)


class Base:
    """An image in an OCI layout: a folder or a tar archive."""

    def __init__(self, path):
        if path.is_dir():
            self.read = lambda name: (path / name).read_bytes()
        else:
            archive = tarfile.open(path)
            names = {member.name.removeprefix("./"): member for member in archive.getmembers()}
            self.read = lambda name: archive.extractfile(names[name]).read()
        index = json.loads(self.read("index.json"))
        self.manifest = self._manifest(index, path)
        self.config = json.loads(self.blob(self.manifest["config"]["digest"]))

    def blob(self, digest):
        data = self.read(f"blobs/{digest.replace(':', '/')}")
        if f"sha256:{hashlib.sha256(data).hexdigest()}" != digest:
            fail(f"the blob {digest} of the base has another digest", "fetch the base again")
        return data

    def _manifest(self, index, path):
        for one in index["manifests"]:
            platform = one.get("platform") or {"os": "linux", "architecture": "amd64"}
            found = json.loads(self.blob(one["digest"]))
            if "manifests" in found:
                return self._manifest(found, path)
            if (platform["os"], platform["architecture"]) == ("linux", "amd64"):
                return found
        fail(f"{path} has no image for linux/amd64", "fetch the base for this platform")


def libraries(programs):
    """The shared libraries of these programs on this machine, with the loader, by the path at which each is looked for."""
    found = {}
    for program in programs:
        for line in subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout.splitlines():
            path = next((word for word in line.split() if word.startswith("/")), None)
            if path:
                found[path.lstrip("/")] = Path(path).resolve().read_bytes()
    return found


def layer(files, at):
    """A compressed layer with these files, by path, and the digest of its content."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        folders = {str(parent) for path in files for parent in Path(path).parents if str(parent) != "."}
        for folder in sorted(folders):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode, entry.mtime = tarfile.DIRTYPE, 0o755, at
            archive.addfile(entry)
        for path, content in sorted(files.items()):
            entry = tarfile.TarInfo(path)
            is_text = path.endswith((".crt", ".md")) or "/doc/" in path
            entry.size, entry.mode, entry.mtime = len(content), 0o644 if is_text else 0o755, at
            archive.addfile(entry, io.BytesIO(content))
    plain = data.getvalue()
    return gzip.compress(plain, 9, mtime=0), f"sha256:{hashlib.sha256(plain).hexdigest()}"


def contents(release):
    """The programs of a release and its licences, by their paths in the image."""
    files = {}
    with tarfile.open(release) as archive:
        for member in archive.getmembers():
            _, _, path = member.name.partition("/")
            if member.isfile() and path.startswith(("bin/", "share/doc/")):
                files[f"usr/{path}"] = archive.extractfile(member).read()
    if not any(path.startswith("usr/bin/") for path in files):
        fail(f"{release} has no programs", "pass the archive that scripts/dist has written")
    return files


def image(release, base, with_libraries, at):
    blobs = Blobs()
    files = contents(release)
    if with_libraries:
        with tempfile.TemporaryDirectory() as folder:
            programs = [Path(folder) / Path(path).name for path in files if path.startswith("usr/bin/")]
            for program in programs:
                program.write_bytes(files[f"usr/bin/{program.name}"])
                program.chmod(0o755)
            files |= libraries(programs)
        if CERTIFICATES.exists():
            files[str(CERTIFICATES).lstrip("/")] = CERTIFICATES.read_bytes()
    data, diff_id = layer(files, at)
    layers, config = [], {"os": "linux", "architecture": "amd64", "config": {}, "rootfs": {"type": "layers", "diff_ids": []}}
    if base:
        config = base.config
        for one in base.manifest["layers"]:
            layers.append(blobs.add(base.blob(one["digest"]), one["mediaType"]))
    config["created"] = datetime_of(at)
    config.setdefault("config", {}).pop("Entrypoint", None)
    config["config"].update({"Cmd": ["/usr/bin/rd-state", "--help"], "WorkingDir": "/work"})
    config["config"].setdefault("Env", ["PATH=/usr/local/bin:/usr/bin:/bin"])
    config["rootfs"]["diff_ids"] = [*config["rootfs"]["diff_ids"], diff_id]
    config.setdefault("history", []).append({"created": config["created"], "created_by": "rd"})
    layers.append(blobs.add(data, LAYER))
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": blobs.add_json(config, CONFIG), "layers": layers}
    described = blobs.add_json(manifest, MANIFEST) | {"platform": {"os": "linux", "architecture": "amd64"}}
    return {"schemaVersion": 2, "mediaType": INDEX, "manifests": [described]}, blobs.all


def datetime_of(at):
    return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def write(path, index, blobs, at):
    files = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}', "index.json": json.dumps(index, sort_keys=True).encode()}
    files |= {f"blobs/{digest.replace(':', '/')}": data for digest, data in blobs.items()}
    with tarfile.open(path, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = len(data), 0o644, at
            archive.addfile(entry, io.BytesIO(data))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("release", type=Path, help="the archive that scripts/dist has written")
    libc = parser.add_mutually_exclusive_group(required=True)
    libc.add_argument("--base", type=Path, metavar="LAYOUT", help="an image with glibc and certificates")
    libc.add_argument("--libraries-of-this-machine", action="store_true", help="copy glibc and the certificates instead")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="where to write the image")
    arguments = parser.parse_args()
    with tarfile.open(arguments.release) as archive:
        at = archive.getmembers()[0].mtime
    base = Base(arguments.base) if arguments.base else None
    index, blobs = image(arguments.release, base, arguments.libraries_of_this_machine, int(at))
    write(arguments.output, index, blobs, int(at))
    print(index["manifests"][0]["digest"])


if __name__ == "__main__":
    main()
