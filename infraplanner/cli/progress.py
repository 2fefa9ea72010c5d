"""Progress of long commands on stderr, where somebody is there to see it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable


def add_quiet(parser: argparse.ArgumentParser) -> None:
    """The option that keeps stderr still."""
    parser.add_argument("--quiet", action="store_true", help="no progress on stderr")


def counter(text: str, *, quiet: bool) -> Callable[[int, int], None]:
    """Tells `done / total` in one line of a terminal; nothing when stderr is none or `quiet` is set."""
    if quiet or not sys.stderr.isatty():
        return lambda _done, _total: None

    def tell(done: int, total: int) -> None:
        sys.stderr.write(f"\r{text} {done} / {total}" + ("\n" if done == total else ""))
        sys.stderr.flush()

    return tell
