"""The pages of docs/: every command in them runs, and every option is named in them.

The commands of a page run in order, in a course folder of their own, where there is no network
but the machine itself: a command that would need another host fails.
"""

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest
from nbgrader.apps.nbgraderapp import NbGraderApp

from grading import plugins
from grading.__main__ import main
from grading.sandbox.bubblewrap import bubblewrap
from tests.support.course import ROOT, Course, assignments
from tests.support.lms_readers import canvas_name, zipped

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXT = {page.name: page.read_text("utf-8") for page in PAGES}
NOW = "2026-11-02 12:00:00.000000 UTC"
STUDENTS = "student.md"  # read by those who have no course folder
# Commands that are not simply run, each with the reason.
NOT_RUN = {"make test": "this test is part of it"}
INSTALLS = {  # from the network; only `make test-long` runs these
    "python3 -m venv .venv",
    ". .venv/bin/activate",
    "pip install -r requirements.txt",
}
SERVERS = {  # have to answer, and are stopped
    "jupyter lab",
    "make formgrader",
}
GO_ON = {  # run beside the commands that follow
    "dask scheduler --scheduler-file here.json",
    "dask worker --scheduler-file here.json --nworkers auto --nthreads 1",
}
ELSEWHERE = {  # pages about other places, whose commands have tests of their own
    "browser.md": "places/test_lite.py",
    "jupyterhub.md": "places/test_hub_page.py",
}
FIRST = (STUDENTS,)  # the others are for `make test-long`; CI runs the README's two by themselves
AGAIN = {"index.md": "README.md"}  # pages whose commands another one has, in this order
LEAVES = {  # what the commands of a page are said to make
    "README.md": ["feedback/right/01_rnn/rnn.html", "gradebook.db"],
    "instructor.md": [
        *("reports/preflight-01_rnn.html", "reports/01_rnn.html", "reports/01_rnn.csv"),
        *("autograded/right/01_rnn/rnn.ipynb", "feedback/right/01_rnn/rnn.html"),
        *("home/exchange/sequence-models/outbound/01_rnn/rnn.ipynb", "grades.csv"),
        *("submitted/right/01_rnn/rnn.ipynb", "submitted/untouched/01_rnn/rnn.ipynb"),
    ],
    "lms.md": [
        *("submitted/ada/01_rnn/rnn.ipynb", "feedback/ada/01_rnn/rnn.html"),
        *("reports/canvas.csv", "reports/moodle.csv", "reports/csv.csv"),
        "reports/feedback-canvas-01_rnn.zip",
    ],
}
SAYS = {  # what they say, where that tells more than how they end
    "README.md": ["Grading what is in submitted/."],
    "student.md": ["VALIDATION FAILED ON 3 CELL(S)!"],
    "instructor.md": ["Exercises: 3 correct, 3 not attempted."],
}
SCRIPT = r"""
set -euo pipefail
answers() {
    "$@" >"$HOME/server.log" 2>&1 & local server=$! url=
    for _ in $(seq 600); do
        url=$(grep -om1 'http://localhost:[^ ]*\|http://127.0.0.1:[^ ]*' "$HOME/server.log") &&
            python -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1])' "$url" &&
            break
        kill -0 $server || { cat "$HOME/server.log"; return 1; }
        sleep 0.2
        url=
    done
    [ "$url" ] || { cat "$HOME/server.log"; return 1; }
    kill $server; wait $server || true
}
"""


def blocks(page):
    """Return the blocks of commands of a page."""
    return re.findall(r"^```(?:sh|bash)\n(.*?)^```", TEXT[page], re.M | re.S)


def commands(page):
    """Return every line of those, without its comment."""
    lines = [line for block in blocks(page) for line in block.splitlines()]
    return [shlex.join(shlex.split(line, comments=True)) for line in lines]


def script(page, installing):
    """Return a script that runs the commands of a page."""
    lines = [SCRIPT]
    for line in [line for block in blocks(page) for line in block.splitlines()]:
        command = shlex.join(shlex.split(line, comments=True))
        if command in NOT_RUN or (command in INSTALLS and not installing):
            continue
        lines.append(f"echo {shlex.quote(f'$ {command}')}")
        if command in SERVERS:
            line = f"answers {command}"
        elif command in GO_ON:
            line = f'{command} >>"$HOME/beside.log" 2>&1 &'
        lines.append(line)
    return "\n".join(lines)


def send(submitted, exchange):
    """Move hand-ins into an exchange, as ``nbgrader submit`` leaves them there."""
    inbound = exchange / "sequence-models" / "inbound"
    for folder in submitted.glob("*/01_rnn"):
        sent = inbound / f"{folder.parent.name}+01_rnn+{NOW}"
        shutil.copytree(folder, sent)
        shutil.rmtree(folder)
        (sent / "timestamp.txt").write_text(NOW)
        (sent / "submission_secret.txt").write_text(folder.parent.name)
    exchange.chmod(0o777)


def download(course):
    """Lay a zip of Canvas's into a course, and a roster, and take out what is submitted."""
    (course / "roster.csv").write_text(
        "student_id,Student,ID,Section,First name,Last name,Username\n"
        'ada,"Lovelace, Ada",11,A,Ada,Lovelace,ada\n',
        "utf-8",
    )
    handed_in = (course / "submitted/right/01_rnn/rnn.ipynb").read_bytes()
    archive = course / "downloaded/01_rnn/archive"
    archive.mkdir(parents=True)
    named = canvas_name("Lovelace, Ada", 11, 1001, "rnn.ipynb", late=False)
    (archive / "submissions.zip").write_bytes(zipped({named: handed_in}))
    shutil.rmtree(course / "submitted")


def folder_for(page, place):
    """Make a folder in which the commands of a page can run: a student's, or a course's."""
    if page == STUDENTS:
        zips = commands("instructor.md")
        (words,) = [line.split() for line in zips if "zipfile -c" in line]
        archive = place.parent / "given.zip"
        given = [*words[:4], str(archive), *words[5:]]
        subprocess.run([sys.executable, *given[1:]], cwd=ROOT, check=True)
        shutil.unpack_archive(archive, place)
    else:
        course = Course(place)
        for assignment in assignments():
            course.submit("right", assignment, course.answers(assignment))
            course.submit("untouched", assignment, course.release(assignment))
        for name in ("Makefile", "pyproject.toml", "requirements.txt"):
            shutil.copy(ROOT / name, place)
            # Older than the environment, so make leaves that be; a zip takes nothing before 1980.
            os.utime(place / name, (10**9, 10**9))
        shutil.copytree(ROOT / "tests", place / "tests", ignore=shutil.ignore_patterns("__py*"))
        (place / ".venv").symlink_to(sys.prefix)
        ready = place / ".venv" / "ready"
        if not ready.exists():  # what make adds to the environment later is newer than this file
            ready.touch()
    home = place / "home"
    (home / ".jupyter").mkdir(parents=True)
    (home / "exchange").mkdir()
    if page == "lms.md":
        download(place)
    if page == "instructor.md":
        send(place / "submitted", home / "exchange")
    (home / ".jupyter" / "nbgrader_config.py").write_text(
        f"c.Exchange.root = {str(home / 'exchange')!r}\n"
        "c.ExchangeCollect.check_owner = False\n"  # there are no such users on this machine
    )
    (home / ".jupyter" / "jupyter_server_config.py").write_text(
        "c.ServerApp.allow_root = True\nc.ServerApp.open_browser = False\n"
    )
    return place


def run(page, place, installing=False):
    """Run the commands of a page; return what they said."""
    folder = folder_for(page, place / "course")
    words = [str(bubblewrap()), "--dev-bind", "/", "/", "--proc", "/proc"]
    words += ["--unshare-pid", "--die-with-parent", "--chdir", str(folder)]
    words += ["--cap-add", "ALL"] * (os.geteuid() == 0) + ["--unshare-net"] * (not installing)
    # Menus are set for the whole environment, and this one has instructors, too.
    menus = shutil.copytree(f"{sys.prefix}/etc/jupyter", place / "jupyter")
    words += ["--bind", str(menus), f"{sys.prefix}/etc/jupyter"]
    here = f"{sys.prefix}/bin{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [*words, "bash", "-c", script(page, installing)],
        env={**os.environ, "PATH": here, "HOME": str(folder / "home")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=850,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:]
    assert not [name for name in LEAVES.get(page, []) if not (folder / name).exists()]
    assert not [words for words in SAYS.get(page, []) if words not in done.stdout]
    return done.stdout


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=[] if page in FIRST else [pytest.mark.long])
        for page in TEXT
        if blocks(page) and page not in {**ELSEWHERE, **AGAIN}
    ],
)
def test_every_command_of_a_page_runs(page, tmp_path):
    said = run(page, tmp_path)
    left_out = {*NOT_RUN, *INSTALLS}
    wanted = [command for command in commands(page) if command and command not in left_out]
    assert [line[2:] for line in said.splitlines() if line.startswith("$ ")] == wanted


@pytest.mark.long
@pytest.mark.parametrize("page", [page for page in TEXT if INSTALLS & {*commands(page)}])
def test_a_student_can_install_what_the_page_says(page, tmp_path):
    run(page, tmp_path, installing=True)


def test_every_exception_is_a_command_of_a_page():
    found = {command for page in TEXT for command in commands(page)}
    assert {*NOT_RUN, *INSTALLS, *SERVERS, *GO_ON} <= found
    for page, other in AGAIN.items():
        ours = [command for command in commands(page) if not command.startswith("export 'PATH=")]
        assert ours == commands(other)[: len(ours)]
    tests = [ELSEWHERE[page] for page in TEXT if page in ELSEWHERE]
    assert not [name for name in tests if not (ROOT / "tests" / name).exists()]


def test_no_command_hides_in_a_block_of_another_kind():
    kinds = {kind for text in TEXT.values() for kind in re.findall(r"^```(\w+)$", text, re.M)}
    # In a list MkDocs takes a block for words in a line.
    assert not [page for page, text in TEXT.items() if re.search(r"^ +```", text, re.M)]
    assert kinds <= {"sh", "bat", "python", "ini", "toml", "json"}
    assert [page for page, text in TEXT.items() if "```bat" in text] == [STUDENTS]


def test_the_line_that_hides_an_instructors_tools_hides_the_same_everywhere():
    lines = {
        page: re.findall(r"^jupyter labextension disable (.*)$", TEXT[page], re.M)
        for page in ("README.md", STUDENTS)
    }
    (hidden,) = lines["README.md"]
    assert lines[STUDENTS] == [hidden]
    hub = ROOT / "deploy/jupyterhub/student/labconfig/page_config.json"
    assert set(json.loads(hub.read_text("utf-8"))["disabledExtensions"]) == set(hidden.split())


# --- links ----------------------------------------------------------------------------


def test_every_link_between_the_pages_leads_somewhere(tmp_path):
    words = [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(tmp_path)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    made = {path.with_suffix(".md").name for path in tmp_path.glob("*.html")}
    assert made - {"404.md"} == set(TEXT) - {"README.md"}


def test_every_link_of_the_readme_leads_somewhere():
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", TEXT["README.md"])
    assert "docs/index.md" in links
    assert not [link for link in links if not (ROOT / link).exists()]


def names(pattern):
    """Return each word between backticks that matches a pattern, with its page."""
    pages = {**TEXT, "CONTRIBUTING.md": (ROOT / "CONTRIBUTING.md").read_text("utf-8")}
    words = {
        (page, word) for page, text in pages.items() for word in re.findall(r"`([^`\n]+)`", text)
    }
    return {(page, word) for page, word in words if re.fullmatch(pattern, word)}


def test_every_file_of_ours_that_a_page_names_is_there():
    roots = [ROOT, ROOT / "grading"]  # CONTRIBUTING.md's twelve lines are about the second
    words = ["git", "ls-files"]  # and not what a run has left, such as reports/
    kept = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [ROOT / line for line in kept.splitlines()]
    ours = {p.relative_to(r).parts[0] for r in roots for p in paths if r in p.parent.parents}
    found = {(p, w) for p, w in names(r"[\w-]+/[\w./-]*") if w.partition("/")[0] in ours}
    assert len(found) > 20
    assert not [one for one in found if not any((root / one[1]).exists() for root in roots)]


def test_every_class_of_ours_that_a_page_names_is_one_for_a_configuration():
    found = names(r"(.*=)?grading\.[\w.]+[A-Z]\w+.*")
    assert len(found) >= 3
    for page, word in found:
        (name,) = re.findall(r"grading\.[\w.]+", word)
        assert name.removeprefix("grading.plugins.") in plugins.__all__, (page, word)


# --- commands in a sentence -----------------------------------------------------------


def spoken():
    """Return what stands between single backticks and is a command, with its page."""
    for page, text in TEXT.items():
        for code in re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text):
            if code.startswith(("make ", "python -m grading ", "nbgrader ")):
                yield page, code


def options():
    """Return the options of each command of ``python -m grading``."""
    with pytest.MonkeyPatch.context() as patch:
        seen = {}

        def look(self, *_):
            (verbs,) = [a for a in self._actions if isinstance(a, argparse._SubParsersAction)]
            for name, verb in verbs.choices.items():
                seen[name] = {o for a in verb._actions for o in a.option_strings} - {"-h", "--help"}
            raise SystemExit

        patch.setattr(argparse.ArgumentParser, "parse_args", look)
        with pytest.raises(SystemExit):
            main([])
    return seen


def test_commands_in_sentences_exist_with_their_options():
    known = options()
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    own = {name.replace("_", "-") for name in NbGraderApp.subcommands}
    for page, code in spoken():
        words = code.split()
        if words[0] == "make":
            assert words[1] in targets, (page, code)
        elif words[0] == "nbgrader":
            assert words[1].replace("_", "-") in own, (page, code)
        else:
            said = {word.partition("=")[0] for word in words if word.startswith("--")}
            assert words[3] in known, (page, code)
            assert said <= known[words[3]], (page, code)


def test_every_command_and_option_of_the_grader_is_on_a_page():
    text = "\n".join(TEXT.values())
    for verb, its in options().items():
        assert f"python -m grading {verb}" in text
        assert not [option for option in its if f"`{option}" not in text]
