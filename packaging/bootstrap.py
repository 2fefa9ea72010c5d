#!/usr/bin/env python3
"""Set up everything on a fresh machine, then `run` the program on an example plan or `test` it.

Standard library only. Needs nothing but a Python (3.11 to 3.13 is looked for when this one is another) and, once, a package
index. Makes `.venv`, installs the exact versions of the lock files beside this script, names missing system libraries or,
as root on Debian, installs them.
"""

from __future__ import annotations

import argparse
import ctypes
import ctypes.util
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "packaging"
EXAMPLE = ROOT / "resources" / "templates" / "nvl72-pod.yaml"
SUPPORTED = ((3, 11), (3, 12), (3, 13))
WINDOWS = sys.platform == "win32"

# Library file -> Debian package. Qt names only the first one it misses, so all are looked up at once.
DEBIAN_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}


def say(text: str) -> None:
    """One line of progress."""
    print(text, flush=True)


def fail(text: str) -> None:
    """Stop with one plain sentence."""
    sys.exit(f"bootstrap: {text}")


def find_python() -> str:
    """An interpreter of a supported version: this one, or one on the path."""
    if sys.version_info[:2] in SUPPORTED and sys.implementation.name == "cpython":
        return sys.executable
    for major, minor in SUPPORTED:
        for name in (f"python{major}.{minor}", *(() if WINDOWS else (f"python{major}{minor}",))):
            path = shutil.which(name)
            if path and version_of([path]) == (major, minor):
                return path
        if WINDOWS and shutil.which("py") and version_of(["py", f"-{major}.{minor}"]) == (major, minor):
            command = ["py", f"-{major}.{minor}", "-c", "import sys; print(sys.executable)"]
            return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    found = ".".join(map(str, sys.version_info[:3]))
    fail(f"CPython 3.11, 3.12 or 3.13 is needed; this is Python {found} and no other was found on the path.")
    return ""


def version_of(command: list[str]) -> tuple[int, int] | None:
    """Version of an interpreter, or None when it does not run."""
    probe = [*command, "-c", "import sys; print(*sys.version_info[:2])"]
    try:
        answer = subprocess.run(probe, check=True, capture_output=True, text=True, timeout=30).stdout.split()
    except (OSError, subprocess.SubprocessError):
        return None
    return int(answer[0]), int(answer[1])


def venv_python(folder: Path) -> Path:
    """The interpreter of a virtual environment."""
    return folder / ("Scripts/python.exe" if WINDOWS else "bin/python")


def make_venv(python: str, folder: Path) -> None:
    """Create the environment anew; on Debian the venv module may be a package of its own."""
    if folder.exists():
        shutil.rmtree(folder)
    say(f"Making the virtual environment {folder.name} with {python}")
    if subprocess.run([python, "-m", "venv", str(folder)], check=False).returncode == 0:
        return
    shutil.rmtree(folder, ignore_errors=True)
    version = version_of([python]) or (3, 11)
    package = f"python{version[0]}.{version[1]}-venv"
    if not apt_install([package]):
        fail(f"the venv module of {python} does not work; on Debian install the package {package}.")
    if subprocess.run([python, "-m", "venv", str(folder)], check=False).returncode != 0:
        fail(f"could not make a virtual environment in {folder}.")


def install(python: Path, locks: list[Path], stamp: Path) -> None:
    """Install the pinned versions and the project itself, unless that has been done already."""
    wanted = hashlib.sha256(b"".join(lock.read_bytes() for lock in locks) + (ROOT / "pyproject.toml").read_bytes())
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted.hexdigest():
        return
    say("Installing pinned dependencies (once; about a minute)")
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    requirements = [part for lock in locks for part in ("-r", str(lock))]
    run_or_fail(
        [*pip, "--no-deps", *requirements], "the pinned dependencies could not be installed; see the lines above"
    )
    project = ["--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    run_or_fail([*pip, *project], "the project itself could not be installed; see the lines above")
    stamp.write_text(wanted.hexdigest(), encoding="utf-8")


def run_or_fail(command: list[str], sentence: str) -> None:
    """Run a command; stop with a sentence when it fails."""
    if subprocess.run(command, check=False).returncode != 0:
        fail(f"{sentence}.")


def missing_libraries() -> list[str]:
    """Debian packages of the system libraries Qt needs and this Linux lacks; empty elsewhere."""
    if not sys.platform.startswith("linux"):
        return []
    return [package for library, package in DEBIAN_LIBRARIES.items() if not loads(library)]


def loads(library: str) -> bool:
    """True when the dynamic loader finds a library."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def apt_install(packages: list[str]) -> bool:
    """Install Debian packages when this is Debian and we are root; False when we may not or cannot."""
    if not shutil.which("apt-get") or not hasattr(os, "geteuid") or os.geteuid() != 0:
        return False
    say(f"Installing system libraries: {' '.join(packages)}")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
    ):
        result = subprocess.run(command, check=False, env=environment, stdout=subprocess.DEVNULL)
        if result.returncode != 0 and command[1] == "install":
            return False
    return True


def ensure_libraries() -> None:
    """Install or name what Qt misses; never stop for it, because everything but the window works without."""
    missing = missing_libraries()
    if missing and not (apt_install(missing) and not missing_libraries()):
        say("Qt misses system libraries. On Debian or Ubuntu: sudo apt-get install " + " ".join(missing))


def prepare(test: bool) -> Path:
    """A ready environment; returns its interpreter."""
    folder = ROOT / ".venv"
    python = find_python()
    inside = venv_python(folder)
    if not inside.exists() or version_of([str(inside)]) != version_of([python]):
        make_venv(python, folder)
    locks = [LOCKS / "lock-run.txt"] + ([LOCKS / "lock-test.txt"] if test else [])
    install(inside, locks, folder / f".installed-{'test' if test else 'run'}")
    ensure_libraries()
    return inside


def main() -> int:
    """`run [PLAN]` or `test [pytest arguments]`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    runner = commands.add_parser("run", help="open the window on a plan; with no display, evaluate it")
    runner.add_argument("plan", nargs="?", default=str(EXAMPLE), help="a plan file; the NVL72 pod by default")
    commands.add_parser("test", help="run the tests; further arguments go to pytest")
    options, rest = parser.parse_known_args()
    if options.command == "run":
        if rest:
            parser.error(f"unknown arguments: {' '.join(rest)}")
        python = prepare(test=False)
        return subprocess.run(
            [str(python), "-m", "infraplanner", options.plan, "--or-evaluate"], check=False
        ).returncode
    python = prepare(test=True)
    environment = os.environ | {"QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")}
    command = [str(python), "-m", "pytest", *rest]
    return subprocess.run(command, check=False, cwd=ROOT, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
