"""What is visible inside the wall, and what a sandbox leaves behind."""

import contextlib
import gc
import json
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from grading.core.errors import GraderFault
from grading.core.verdicts import Verdict
from grading.sandbox import bubblewrap as wall
from grading.sandbox import inside
from grading.sandbox.bubblewrap import WallError, Zygote
from grading.sandbox.session import Session
from tests.support.sandbox import DAEMON, LIMITS, SHORT, becomes, define, failure, printed

ROOT = Path(__file__).resolve().parents[2]


LAYERS = """landlock = restrict_files(limits["views"])
        restrict_calls(limits["filter"])"""


@pytest.fixture(scope="module", params=["all layers", "namespaces alone"])
def zygote(request, tmp_path_factory):
    """A zygote started where a variable is secret; also one without the further layers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADER_SECRET", "x")
        if request.param == "namespaces alone":
            bare = tmp_path_factory.mktemp("bare") / "inside"
            shutil.copytree(Path(inside.__file__).parent, bare)
            text = (bare / "keeper.py").read_text()
            assert LAYERS in text
            (bare / "keeper.py").write_text(text.replace(LAYERS, "landlock = 0"))
            patch.setattr(inside, "__file__", str(bare / "__init__.py"))
        zygote = Zygote()
    assert not (request.param == "namespaces alone" and zygote.landlock)  # it is the bare one
    yield zygote
    zygote.close()


def outside(source):
    """Run the same code without a wall: what it finds here, it could find there."""
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def within(session, source):
    return json.loads(printed(session, source))


def test_no_file_is_visible_but_those_listed(session, tmp_path):
    (tmp_path / "secret").touch()
    there = [ROOT / "pyproject.toml", ROOT / "source", Path(__file__), tmp_path / "secret"]
    there += [Path("/etc/passwd"), Path("/proc/self/environ"), Path(f"/proc/{os.getpid()}")]
    paths = [str(path) for path in there]
    look = f"import json, os; print(json.dumps([p for p in {paths} if os.path.exists(p)]))"
    assert outside(look) == paths
    assert within(session, look) == []

    shown = ["/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/dev", "/etc/fonts"]
    shown += ["/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d"]
    shown += [sys.base_prefix, sysconfig.get_path("purelib"), wall.PLACE]
    walk = f"""import json, os
shown, found = tuple(p + "/" for p in {shown}), []
for folder, folders, files in os.walk({{root!r}}):
    folders[:] = [f for f in folders if not os.path.join(folder, f, "").startswith(shown)]
    found += [os.path.join(folder, f) for f in files]
found = [p for p in found if not (p + "/").startswith(shown)]
print(json.dumps(found))"""
    assert str(ROOT / "grading" / "sandbox" / "session.py") in outside(
        walk.format(root=str(ROOT / "grading"))
    )
    assert within(session, walk.format(root="/")) == []


def test_the_environment_is_of_named_variables_only(session, monkeypatch):
    monkeypatch.setenv("GRADER_SECRET", "x")  # as when the zygote was started
    look = "import json, os; print(json.dumps(dict(os.environ)))"
    assert "GRADER_SECRET" in outside(look)
    found = within(session, look)
    found.pop("PWD", None)  # bubblewrap's own
    assert found == wall.environment()


def test_the_hash_seed_is_fixed(session):
    assert printed(session, "import sys; print(sys.flags.hash_randomization)") == "0\n"


def test_there_is_no_network(session):
    name = f"\0grader-{os.getpid()}"
    with socket.create_server(("127.0.0.1", 0)) as inet, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(name)
        unix.listen()
        look = f"""import json, socket
reached = []
for family, address in [(2, ("127.0.0.1", {inet.getsockname()[1]})), (1, {name!r})]:
    try:
        with socket.socket(family) as s: s.connect(address)
        reached.append(family)
    except OSError: pass
print(json.dumps(reached))"""
        assert outside(look) == [2, 1]
        assert within(session, look) == []


def test_nothing_written_reaches_another_session_or_the_machine(start):
    write = """import json, os
done = []
packages = os.path.dirname(os.__file__)
for folder in ("/", "/dev", "/dev/shm", "/scratch", "/var/tmp", "/usr", packages):
    try: open(folder + "/left-behind", "w").close(); done.append(folder)
    except OSError: pass
print(json.dumps(done))"""
    look = """import glob, json
folders = ["", "/dev", "/dev/shm", "/scratch", "/var/tmp", "/usr"]
found = [path for folder in folders for path in glob.glob(folder + "/left-behind")]
print(json.dumps(found + glob.glob("*.py")))"""
    first, beside = start(**{"mine.py": b"x = 1"}), start()
    define(beside, "1")
    assert printed(first, "import mine; print(mine.x)") == "1\n"
    assert within(first, write) == ["/scratch"]
    assert set(within(first, look)) == {"/scratch/left-behind", "mine.py"}
    assert within(beside, look) == []
    first.close()
    assert within(start(), look) == []
    assert not Path("/scratch/left-behind").exists()


def test_no_process_outside_the_session_is_visible(start):
    count = """import json, os, subprocess
def alive(p):
    try: os.kill(p, 0)
    except ProcessLookupError: return False
    except PermissionError: pass
    return True
print(json.dumps([p for p in range(1, 400) if alive(p)]))"""
    beside, session = start(), start()
    define(beside, "import subprocess\nfor _ in range(3): subprocess.Popen(['sleep', '20'])")
    assert len(within(beside, count)) == 5
    assert len(within(session, count)) == 2
    assert printed(session, "print(os.path.exists('/proc/self'))") == "False\n"


def test_no_terminal_of_another_session_is_visible(start):
    beside, session = start(), start()
    # A terminal would have a name that both can open; so there is none to be had.
    source = "import os\ntry: os.openpty()\nexcept OSError: print(os.path.exists('/dev/pts/ptmx'))"
    assert printed(beside, source) == printed(session, source) == "False\n"


@pytest.mark.parametrize("number", [9, 19], ids=["kill", "stop"])
def test_a_signal_to_the_whole_group_stays_in_the_sandbox(start, number):
    beside, session = start(SHORT), start(SHORT)
    define(beside, "x = 1")
    define(session, f"import os\ndef f(): os.kill(0, {number})")
    _, failures = failure(session, "f")
    assert failures == [Verdict.CRASHED if number == 9 else Verdict.TIMED_OUT]
    assert printed(beside, "print(x)") == "1\n"
    assert printed(session, "print(os.sep)") == "/\n"
    assert printed(start(SHORT), "print(2)") == "2\n"


ENDS = {
    "the session is closed": lambda zygote, session: session.close(),
    "its process ends": lambda zygote, session: session.run_cell("os.kill(os.getpid(), 9)"),
    "it is late": lambda zygote, session: session.run_cell("while True: pass"),
    "the zygote is closed": lambda zygote, session: zygote.close(),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_no_daemon_outlives_its_sandbox(end):
    zygote, word = Zygote(), f"50.{os.getpid()}"
    session = Session(zygote, SHORT, {})
    with contextlib.closing(zygote), contextlib.closing(session):
        define(session, DAEMON.format(word))
        assert becomes(True, word)
        end(zygote, session)
        assert becomes(False, word)


def test_without_its_zygote_a_session_is_a_grader_fault():
    zygote = Zygote()
    zygote.close()
    with pytest.raises(GraderFault):
        Session(zygote, LIMITS, {}).run_cell("1")


STARTS = {
    "could not be started": ["/nowhere/bwrap"],
    "no user namespaces": ["/bin/sh", "-c", "echo no user namespaces >&2; exit 1"],
}


@pytest.mark.parametrize(("words", "command"), STARTS.items(), ids=STARTS)
def test_without_bubblewrap_grading_refuses_with_a_sentence(monkeypatch, words, command):
    monkeypatch.setattr(wall, "command", lambda control, core: command)
    with pytest.raises(WallError, match=words) as caught:
        Zygote()
    assert "\n" not in str(caught.value)
    del caught
    gc.collect()


def refused(*around):
    """Start a zygote within a command, in which it cannot; return what it says."""
    look = "from grading.sandbox import Zygote\nfrom grading.core import GraderFault\n"
    look += "try: Zygote().close()\nexcept GraderFault as fault: print(fault)"
    done = subprocess.run(
        [*around, sys.executable, "-c", look], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"cannot make such a machine here: {done.stderr}")
    return done.stdout


def test_a_course_that_submissions_could_read_is_refused(tmp_path):
    wall.check_unseen(ROOT, tmp_path, "/usr/local/share/nbgrader/exchange")
    packages = Path(sysconfig.get_path("purelib"))
    (tmp_path / "link").symlink_to(packages)
    for folder in (packages / "course", tmp_path / "link" / "course", "/usr/local/course"):
        with pytest.raises(WallError, match="move the course"):
            wall.check_unseen(tmp_path, folder)


def test_it_names_user_namespaces_when_they_are_missing():
    forbid = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'
    said = refused("unshare", "--user", "--map-root-user", "sh", "-c", forbid, "sh")
    assert "user namespaces are switched off" in said
    assert "sysctl -w user.max_user_namespaces" in said
    assert said.count("\n") == 1


def test_it_names_libseccomp_when_it_is_missing():
    places = [p for d in ("/usr/lib", "/lib") for p in Path(d).rglob("libseccomp.so.2")]
    hide = [word for p in places for word in ("--ro-bind", "/dev/null", str(p.resolve()))]
    said = refused(wall.bubblewrap(), "--dev-bind", "/", "/", *hide)
    assert "needs libseccomp" in said
    assert "libseccomp2" in said
    assert said.count("\n") == 1
