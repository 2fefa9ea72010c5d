import errno
import os
import platform
import stat
import subprocess
import sys

import pytest

from infraplanner.io import PlanLock, SaveError, save_plan
from infraplanner.io import save as save_module
from infraplanner.io.save import BACKUP_COUNT, backups

posix = pytest.mark.skipif(os.name != "posix", reason="modes and links of POSIX")
as_root = hasattr(os, "geteuid") and os.geteuid() == 0


def test_new_file_and_replacement(tmp_path):
    path, state = tmp_path / "p.yaml", tmp_path / "state"
    assert save_plan(path, b"one", state) is None
    assert path.read_bytes() == b"one"
    kept = save_plan(path, b"two", state)
    assert kept.read_bytes() == b"one"
    assert path.read_bytes() == b"two"
    assert [item.name for item in tmp_path.iterdir() if item.is_file()] == ["p.yaml"]


def test_ten_backups_rotate(tmp_path):
    path, state = tmp_path / "p.yaml", tmp_path / "state"
    for number in range(BACKUP_COUNT + 5):
        save_plan(path, f"{number}".encode(), state)
    found = [item.read_text() for item in backups(path, state)]
    assert found == [str(number) for number in range(BACKUP_COUNT + 3, 3, -1)]


def test_saving_the_same_again_makes_no_backup(tmp_path):
    path, state = tmp_path / "p.yaml", tmp_path / "state"
    save_plan(path, b"one", state)
    for _ in range(5):
        save_plan(path, b"two", state)
    # The first save of `two` keeps `one`, the second keeps `two`, and then the newest backup is what is on disk.
    assert [item.read_bytes() for item in backups(path, state)] == [b"two", b"one"]


def test_two_files_of_one_name_have_their_own_backups(tmp_path):
    state = tmp_path / "state"
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        save_plan(tmp_path / folder / "p.yaml", folder.encode(), state)
        save_plan(tmp_path / folder / "p.yaml", b"new", state)
    assert backups(tmp_path / "a" / "p.yaml", state)[0].read_bytes() == b"a"
    assert backups(tmp_path / "b" / "p.yaml", state)[0].read_bytes() == b"b"


def test_missing_folder_and_folder_as_target(tmp_path):
    with pytest.raises(SaveError, match="the folder does not exist"):
        save_plan(tmp_path / "no" / "p.yaml", b"x", tmp_path / "s")
    with pytest.raises(SaveError, match="that is a folder"):
        save_plan(tmp_path, b"x", tmp_path / "s")


@posix
@pytest.mark.skipif(as_root, reason="root may write anywhere")
def test_unwritable_folder(tmp_path):
    path = tmp_path / "locked" / "p.yaml"
    path.parent.mkdir()
    path.write_bytes(b"old")
    path.parent.chmod(0o500)
    try:
        with pytest.raises(SaveError, match="may not be written"):
            save_plan(path, b"new", tmp_path / "s")
        assert path.read_bytes() == b"old"
    finally:
        path.parent.chmod(0o700)


def test_a_read_only_file_is_not_replaced(tmp_path, monkeypatch):
    path = tmp_path / "p.yaml"
    path.write_bytes(b"old")
    monkeypatch.setattr(save_module.os, "access", lambda *_: False)
    with pytest.raises(SaveError, match="may not be written"):
        save_plan(path, b"new", tmp_path / "s")
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize(
    ("code", "words"),
    [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "read-only"), (errno.EACCES, "may not be written")],
)
@pytest.mark.parametrize("step", ["mkstemp", "fsync", "replace"])
def test_failures_leave_the_original_and_no_rubbish(tmp_path, monkeypatch, code, words, step):
    path = tmp_path / "p.yaml"
    path.write_bytes(b"old")
    places = {"mkstemp": save_module.tempfile, "fsync": save_module.os, "replace": save_module.os}
    real = getattr(places[step], step)

    def fail(*arguments, **named):
        # Backups go their own way: only the plan itself must fail here.
        if step == "replace" and "s" in str(arguments[0]).split(os.sep):
            return real(*arguments, **named)
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(places[step], step, fail)
    with pytest.raises(SaveError, match=words) as caught:
        save_plan(path, b"new", tmp_path / "s")
    assert str(caught.value).count(".") <= 3
    assert path.read_bytes() == b"old"
    assert sorted(item.name for item in tmp_path.iterdir() if item.is_file()) == ["p.yaml"]


def test_a_backup_that_fails_does_not_stop_the_save(tmp_path):
    state = tmp_path / "state"
    state.write_text("a file where a folder should be")
    path = tmp_path / "p.yaml"
    path.write_bytes(b"old")
    assert save_plan(path, b"new", state) is None
    assert path.read_bytes() == b"new"


@posix
def test_links_are_followed_and_modes_kept(tmp_path):
    real, link = tmp_path / "real.yaml", tmp_path / "link.yaml"
    real.write_bytes(b"old")
    real.chmod(0o640)
    link.symlink_to(real)
    save_plan(link, b"new", tmp_path / "s")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


@posix
def test_a_new_file_has_the_usual_mode(tmp_path):
    old = os.umask(0o027)
    try:
        save_plan(tmp_path / "p.yaml", b"x", tmp_path / "s")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "p.yaml").stat().st_mode) == 0o640


def test_a_lock_shows_its_owner(tmp_path):
    path = tmp_path / "p.yaml"
    with PlanLock(path) as first:
        assert first.held
        owner = PlanLock(path).acquire()
        assert owner is not None
        assert owner.pid == os.getpid()
        assert " on " in str(owner)
    assert not first.path.exists()
    assert PlanLock(path).owner() is None


@posix
def test_a_lock_of_a_dead_program_is_taken_over(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", "pass"])
    gone.wait()
    lock = PlanLock(tmp_path / "p.yaml")
    lock.path.write_text(f'{{"user": "x", "host": "{platform.node()}", "pid": {gone.pid}}}')
    assert lock.acquire() is None
    assert lock.held
    lock.release()
    lock.release()


def test_a_lock_from_elsewhere_or_unreadable_is_respected(tmp_path):
    lock = PlanLock(tmp_path / "p.yaml")
    lock.path.write_text('{"user": "x", "host": "another", "pid": 1}')
    assert str(lock.acquire()) == "x on another"
    lock.path.write_text("rubbish")
    assert str(lock.acquire()) == "someone on another machine"
    assert not lock.held
    lock.release()
    assert lock.path.exists()


def test_no_lock_where_nothing_can_be_written(tmp_path):
    lock = PlanLock(tmp_path / "no" / "p.yaml")
    assert lock.acquire() is None
    assert not lock.held
