"""The bytes of layers, in a folder that goes when the process does: each blob a file named by its digest, each upload a
file that grows. What a repository has is in its `layers`, as moto keeps them: sizes by digest.

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
    """Made when first needed. Folders of processes that were killed go then."""
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
    """Removes the files of layers that no repository has any more."""
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
    """A layer on its way into a repository, in order."""

    def __init__(self, repository):
        self.id = str(uuid.uuid4())
        self.repository = repository
        self.path = folder() / f"upload-{self.id}"
        self.path.touch()
        self.size = 0
        self.hash = hashlib.sha256()
        # A client that was cut off may come again before the server has seen that it is gone.
        self.lock = threading.Lock()
        uploads[self.id] = self

    @property
    def digest(self):
        return f"sha256:{self.hash.hexdigest()}"

    def append(self, pieces):
        """What came stays, even when what should come after it does not."""
        with self.path.open("ab") as file:
            for piece in pieces:
                file.write(piece)
                self.hash.update(piece)
                self.size += len(piece)

    def finish(self):
        """The upload becomes a layer of its repository."""
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
    """The body of a request as it comes, with a Content-Length or in chunks. A ConnectionError where it ends early."""
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
    """Decoded here, since werkzeug's reader loses what it had read when the client goes away."""
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
