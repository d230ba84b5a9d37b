"""The bytes of layers, in a folder that is deleted at exit. Each blob is a file named by its digest, each upload a growing
file. A repository's `layers`, sizes by digest as moto keeps them, say which blobs it has.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/what-is-ecr.html
"""

import atexit
import hashlib
import os
import shutil
import tempfile
import threading
import uuid
from pathlib import Path

from moto.core.base_backend import BackendDict
from moto.ecr.models import ecr_backends

PREFIX = "aws-local-registry-"
PIECE = 256 * 1024

_lock = threading.Lock()
_folder = None
uploads = {}


def _alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True


def folder():
    """The folder, created on first use. Deletes the folders of processes that were killed."""
    global _folder
    with _lock:
        if _folder is None:
            for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
                pid = left.name.removeprefix(PREFIX).split("-")[0]
                if pid.isdigit() and not _alive(int(pid)):
                    shutil.rmtree(left, ignore_errors=True)
            _folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
            atexit.register(clear)
        return _folder


def clear():
    global _folder
    with _lock:
        uploads.clear()
        if _folder is not None:
            shutil.rmtree(_folder, ignore_errors=True)
            _folder = None


def path(digest):
    return folder() / digest.replace(":", "-")


def drop_unused(digests):
    """Deletes the files of layers that no repository uses."""
    used = {
        digest
        for account in list(ecr_backends.values())
        for backend in list(account.values())
        for repository in list(backend.repositories.values())
        for digest in list(repository.layers)
    }
    for digest in set(digests) - used:
        path(digest).unlink(missing_ok=True)


class Upload:
    """An upload of a layer, in order."""

    def __init__(self, repository):
        self.id = str(uuid.uuid4())
        self.repository = repository
        self.path = folder() / f"upload-{self.id}"
        self.path.touch()
        self.size = 0
        self.hash = hashlib.sha256()
        # A client may reconnect before the server notices that its first connection is broken.
        self.lock = threading.Lock()
        uploads[self.id] = self

    @property
    def digest(self):
        return f"sha256:{self.hash.hexdigest()}"

    def append(self, pieces):
        """Appends the pieces. Those received stay, even if the request is cut off."""
        with self.path.open("ab") as file:
            for piece in pieces:
                file.write(piece)
                self.hash.update(piece)
                self.size += len(piece)

    def finish(self):
        """Turns the upload into a layer of its repository."""
        self.repository.layers[self.digest] = self.size
        os.replace(self.path, path(self.digest))
        uploads.pop(self.id, None)

    def drop(self):
        uploads.pop(self.id, None)
        self.path.unlink(missing_ok=True)


def find(repository, upload_id):
    upload = uploads.get(upload_id)
    return upload if upload is not None and upload.repository is repository else None


def read(digest, start, length):
    with path(digest).open("rb") as file:
        file.seek(start)
        while length > 0 and (piece := file.read(min(PIECE, length))):
            length -= len(piece)
            yield piece


def install():
    plain = BackendDict.reset

    def reset(_cls):
        clear()
        plain()

    BackendDict.reset = classmethod(reset)


def pieces(environ):
    """The body of a request in pieces, with a Content-Length or in chunks. Raises ConnectionError if it ends early."""
    stream = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated"):
        yield from _chunks(getattr(stream, "_rfile", stream))
    else:
        yield from _exactly(stream, int(environ.get("CONTENT_LENGTH") or 0))


def _exactly(stream, length):
    read_some = getattr(stream, "read1", stream.read)
    while length > 0 and (piece := read_some(min(PIECE, length))):
        length -= len(piece)
        yield piece
    if length > 0:
        raise ConnectionError("the body ended early")


def _chunks(stream):
    """Decodes the chunks. werkzeug's reader would lose what it has read if the connection breaks."""
    while length := _chunk_length(stream.readline(100)):
        yield from _exactly(stream, length)
        stream.readline(100)
    while stream.readline(65536).strip():
        pass


def _chunk_length(line):
    try:
        return int(line.split(b";")[0], 16)
    except ValueError:
        raise ConnectionError("the body ended early") from None
