"""Reading a file's bytes and telling text from anything else."""

from __future__ import annotations

import stat
from pathlib import Path

from .limits import LIMITS, Limits
from .problems import Problem, TextError

_BOM = b"\xef\xbb\xbf"
_FOREIGN = ((b"\xff\xfe", "UTF-16 or UTF-32"), (b"\xfe\xff", "UTF-16"), (b"\x00\x00\xfe\xff", "UTF-32"))


def read_file(path: Path, limits: Limits = LIMITS) -> bytes:
    """The bytes of a regular file. Raises TextError with one plain sentence when it cannot or must not be read."""
    try:
        info = path.stat()
        if not stat.S_ISREG(info.st_mode):
            kind = "a folder" if stat.S_ISDIR(info.st_mode) else "something that is not a regular file"
            raise TextError([Problem(str(path), 0, 0, kind, "a file")])
        if info.st_size > limits.size_bytes:
            raise _too_big(str(path), info.st_size, limits)
        return path.read_bytes()
    except FileNotFoundError:
        raise TextError([Problem(str(path), 0, 0, "no such file", "an existing file")]) from None
    except (OSError, ValueError) as error:
        if isinstance(error, TextError):
            raise
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise TextError(
            [Problem(str(path), 0, 0, f"a file that cannot be read ({reason})", "a readable file")]
        ) from None


def _too_big(file: str, size: int, limits: Limits) -> TextError:
    found = f"{size} bytes"
    return TextError([Problem(file, 0, 0, found, f"at most {limits.size_bytes // 1_000_000} MB")])


def clean_bytes(data: bytes, file: str, limits: Limits = LIMITS) -> bytes:
    """UTF-8 bytes without BOM and with LF line ends. Raises TextError for another encoding or binary data."""
    if len(data) > limits.size_bytes:
        raise _too_big(file, len(data), limits)
    for mark, name in _FOREIGN:
        if data.startswith(mark):
            raise TextError([Problem(file, 1, 1, f"text encoded as {name}", "UTF-8")])
    data = data.removeprefix(_BOM)
    nul = data.find(b"\x00")
    if nul >= 0:
        line, column = _place(data, nul)
        raise TextError([Problem(file, line, column, "a zero byte (the file is binary or not UTF-8)", "UTF-8 text")])
    # Line ends are equal in YAML; one form lets files from any editor take the fast way.
    return data.replace(b"\r\n", b"\n") if b"\r" in data else data


def decode(data: bytes, file: str) -> str:
    """The text of clean bytes. Raises TextError with the place of the first byte that is not UTF-8."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line, column = _place(data, error.start)
        raise TextError([Problem(file, line, column, f"the byte 0x{data[error.start]:02x}", "UTF-8 text")]) from None


def _place(data: bytes, offset: int) -> tuple[int, int]:
    start = data.rfind(b"\n", 0, offset) + 1
    return data.count(b"\n", 0, offset) + 1, offset - start + 1
