"""Writing a plan so that nothing is ever lost: temporary file, fsync, rename, rotated backups, lock file."""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import json
import os
import platform
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infraplanner import places

BACKUP_COUNT = 10
_ERRORS = {
    "ENOSPC": "the disk is full",
    "EDQUOT": "the disk quota is used up",
    "EACCES": "the folder or file may not be written",
    "EPERM": "the folder or file may not be written",
    "EROFS": "the folder is read-only",
    "ENOENT": "the folder does not exist",
    "ENOTDIR": "the folder does not exist",
    "EISDIR": "that is a folder",
    "ENAMETOOLONG": "the name is too long",
}


class SaveError(OSError):
    """A save that did not happen; the message is one plain sentence, and the file on disk is as it was."""


def save_plan(path: Path, data: bytes, state: Path | None = None) -> Path | None:
    """Replace the plan at `path` by `data` at once, keeping what stood there as a backup; returns the backup's path.

    `state` is where backups go (the user's state folder by default); a backup that cannot be made does not stop the
    save. Raises SaveError, and then the file is as it was.
    """
    backup = None
    with contextlib.suppress(OSError):
        backup = _back_up(Path(os.path.realpath(path)), state or places.state_dir())
    replace_file(path, data)
    return backup


def replace_file(path: Path, data: bytes) -> None:
    """Write a file as a whole or not at all. A link is followed, the file keeps its mode. Raises SaveError."""
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise SaveError(f"{path} was not saved: that is a folder.")
    if target.exists() and not os.access(target, os.W_OK):
        # The rename would succeed, but whoever made the file read-only did not want it replaced.
        raise SaveError(f"{path} was not saved: {_ERRORS['EACCES']}.")
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name[:80]}.", suffix=".tmp", dir=target.parent)
        temporary = Path(name)
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        _copy_mode(target, temporary)
        os.replace(temporary, target)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink()
        raise SaveError(f"{path} was not saved: {_reason(error)}.") from error
    _sync_folder(target.parent)


def _reason(error: OSError) -> str:
    import errno  # noqa: PLC0415 - only on the way to a message

    return _ERRORS.get(errno.errorcode.get(error.errno or 0, ""), error.strerror or "the file system refused it")


def _copy_mode(target: Path, temporary: Path) -> None:
    try:
        mode = stat.S_IMODE(target.stat().st_mode)
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        mode = 0o666 & ~mask
    with contextlib.suppress(OSError):
        temporary.chmod(mode)


def _sync_folder(folder: Path) -> None:
    """Make the rename durable; not every system lets a folder be opened."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def backup_folder(path: Path, state: Path | None = None) -> Path:
    """Where the backups of a plan lie: one folder a file, named after its path."""
    target = os.path.realpath(path)
    mark = hashlib.sha256(target.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return (state or places.state_dir()) / "backups" / mark


def backups(path: Path, state: Path | None = None) -> list[Path]:
    """The backups of a plan, newest first."""
    folder = backup_folder(path, state)
    found = [folder / f"{number}.yaml" for number in range(1, BACKUP_COUNT + 1)]
    return [item for item in found if item.is_file()]


def _back_up(target: Path, state: Path) -> Path | None:
    if not target.is_file():
        return None
    folder = backup_folder(target, state)
    folder.mkdir(parents=True, exist_ok=True)
    newest = folder / "1.yaml"
    if newest.is_file() and _same(newest, target):
        return newest
    fresh = folder / "0.tmp"
    shutil.copy2(target, fresh)
    for number in range(BACKUP_COUNT - 1, 0, -1):
        old = folder / f"{number}.yaml"
        if old.is_file():
            os.replace(old, folder / f"{number + 1}.yaml")
    os.replace(fresh, newest)
    return newest


def _same(one: Path, other: Path) -> bool:
    return one.stat().st_size == other.stat().st_size and one.read_bytes() == other.read_bytes()


@dataclass(frozen=True, slots=True)
class LockOwner:
    """Who has a plan open."""

    user: str
    host: str
    pid: int

    def __str__(self) -> str:
        return f"{self.user or 'someone'} on {self.host or 'another machine'}"


class PlanLock:
    """A lock file beside a plan, so that two people on a shared drive see each other. It warns; it does not forbid."""

    def __init__(self, path: Path) -> None:
        target = Path(os.path.realpath(path))
        self.path = target.with_name(f".{target.name}.lock")
        self.held = False

    def acquire(self) -> LockOwner | None:
        """Take the lock; returns its owner when someone else holds it. A folder that cannot be written has no lock."""
        for _ in range(2):
            try:
                handle = os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
            except FileExistsError:
                owner = self.owner()
                if owner is not None and not is_gone(owner):
                    return owner
                with contextlib.suppress(OSError):
                    self.path.unlink()
                continue
            except OSError:
                return None
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump({"user": _user(), "host": platform.node(), "pid": os.getpid()}, stream)
            self.held = True
            return None
        return None

    def owner(self) -> LockOwner | None:
        """Who holds the lock, as far as the file tells."""
        try:
            data: Any = json.loads(self.path.read_text(encoding="utf-8")[:4096])
            return LockOwner(str(data["user"]), str(data["host"]), int(data["pid"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            return LockOwner("", "", 0)

    def release(self) -> None:
        """Give the lock back; safe to call twice."""
        if self.held:
            self.held = False
            with contextlib.suppress(OSError):
                self.path.unlink()

    def __enter__(self) -> PlanLock:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def is_gone(owner: LockOwner) -> bool:
    """True for a lock that a program on this machine left behind when it died."""
    if owner.host != platform.node() or owner.pid <= 0 or os.name != "posix":
        return False
    try:
        os.kill(owner.pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
