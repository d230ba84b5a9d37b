#!/bin/sh
# Installs rd from a release: checks the sums of the archive next to this script, and copies programs, manual pages and
# completions. Needs no root, and runs nothing of the archive before its sum is checked.
set -eu

usage="usage: install.sh [--prefix FOLDER]
  --prefix FOLDER    where to install: bin and share below it (default: ~/.local)"

fail() {
    printf 'error: %s\n  → %s\n' "$1" "$2" >&2
    exit 1
}

prefix=${HOME}/.local
while [ $# -gt 0 ]; do
    case $1 in
    --prefix) prefix=${2?$usage} && shift ;;
    --help) echo "$usage" && exit ;;
    *) fail "unknown argument $1" "$usage" ;;
    esac
    shift
done

here=$(cd "$(dirname "$0")" && pwd)
machine=$(uname -m)-$(uname -s)
[ "$machine" = x86_64-Linux ] || fail "there is no archive for $machine" "build from source: make install"
cd "$here"
[ -f SHA256SUMS ] || fail "SHA256SUMS is missing" "download it next to this script"
archive=$(sed -n 's/^[0-9a-f]\{64\}  \(rd-.*-x86_64-unknown-linux-gnu\.tar\.gz\)$/\1/p' SHA256SUMS)
[ -n "$archive" ] || fail "SHA256SUMS names no archive for $machine" "download it again"
[ -f "$archive" ] || fail "$archive is missing" "download it next to this script"
if command -v sha256sum >/dev/null; then sum=sha256sum; else sum="shasum -a 256"; fi
grep -F "  $archive" SHA256SUMS | $sum -c - >/dev/null 2>&1 ||
    fail "the sum of $archive is not that of SHA256SUMS" "download both again; nothing was installed"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tar -xzf "$archive" -C "$work"
mkdir -p "$prefix"
for folder in bin share; do
    cp -R "$work/${archive%.tar.gz}/$folder" "$prefix/"
done
echo "installed in $prefix/bin: $(ls "$work/${archive%.tar.gz}/bin" | tr '\n' ' ')"
case ":$PATH:" in
*":$prefix/bin:"*) ;;
*) echo "add $prefix/bin to your PATH" ;;
esac
