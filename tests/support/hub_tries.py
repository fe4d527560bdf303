"""What a student of bad intent tries on a hub, in a notebook of their own."""

import contextlib
import json
import pwd
from pathlib import Path

# What a student runs in a notebook of their own: each attempt, and what became of it.
ATTEMPTS = """
import json, os, shutil, sys
def listed(path): os.listdir(path)
def read(path): open(path, "rb").read(1)
def write(path): open(path, "wb").close()
def plant(path): open(os.path.join(path, "planted.ipynb"), "wb").close()
def rename(path): os.rename(path, path + "9")
def remove(path): os.rmdir(path) if os.path.isdir(path) else os.unlink(path)
def outcome(what, path):
    try:
        globals()[what](path)
    except OSError as error:
        return type(error).__name__
    return "done"
print(json.dumps([[what, path, outcome(what, path)] for what, path in json.loads(%r)]))
"""


def attempt(person, attempts, base=""):
    """Let a person try things; return the outcome of each."""
    words = json.dumps([[what, str(path)] for what, path in attempts])
    return json.loads(person.run(ATTEMPTS % words, base))


def forge(person, other, lesson, handed_in):
    """Try to hand in as somebody else; return the exit codes of nbgrader's command."""
    mine, hers = person.user, other.user
    future = "2099-01-01 00:00:00.000000 UTC"
    return json.loads(
        person.run(f"""
import json, os, pathlib, shutil, subprocess, sys
os.chdir(os.path.expanduser("~"))
inbound = pathlib.Path({str(handed_in.inbound)!r})
environment = dict(os.environ, JUPYTERHUB_USER={hers!r}, USER={hers!r}, LOGNAME={hers!r})
nbgrader = [sys.executable, "-m", "nbgrader", "submit", {lesson!r}]
said = []
for words in ([], ["--student={hers}"]):
    done = subprocess.run(nbgrader + words, env=environment, capture_output=True, text=True)
    said.append(done.returncode)
by_hand = inbound / "{hers}+{lesson}+{future}+hand"
shutil.copytree({lesson!r}, by_hand)
os.symlink({str(handed_in.first)!r}, inbound / "{hers}+{lesson}+{future}+link")
os.symlink({str(Path("~" + hers).expanduser())!r}, inbound / "{hers}+{lesson}+{future}+home")
(inbound / "nonsense+{lesson}+yesterday").mkdir()
(inbound / "{mine}+{lesson}+noon").mkdir()
print(json.dumps(said))
""")
    )


def hand_in_links(person, lesson, handed_in, source):
    """Hand in a link to the answers in place of a notebook, and a pipe beside it."""
    person.run(f"""
import os, pathlib
linked = pathlib.Path({str(handed_in.inbound)!r}, "{person.user}+{lesson}+2098-01-01 00:00:00 UTC")
linked.mkdir()
os.symlink({str(source / "rnn.ipynb")!r}, linked / "rnn.ipynb")
os.mkfifo(linked / "pipe.ipynb")
linked.chmod(0o755)
""")


def on_others(server, people, lesson, handed_in, page):
    """Return what Mal tries on everything that is Ada's or the course's, by its full path."""
    home = Path("~" + server.ada).expanduser()
    cached = sorted(home.glob(f".local/share/jupyter/nbgrader_cache/*/*{lesson}+*/rnn.ipynb"))[-1]
    course, graded = people.course, Path(server.ada, lesson)
    return [
        # what Ada handed in
        ("listed", handed_in.inbound),
        ("listed", handed_in.second),
        ("read", handed_in.second / "rnn.ipynb"),
        ("read", handed_in.second / "submission_secret.txt"),
        ("write", handed_in.second / "rnn.ipynb"),
        ("plant", handed_in.second),
        ("remove", handed_in.second / "rnn.ipynb"),
        ("rename", handed_in.second),
        ("rename", handed_in.first),
        # her feedback
        ("listed", page.parent),
        ("read", page),
        ("write", page),
        ("remove", page),
        ("plant", page.parent),
        # her home, with her work, her feedback and its key
        ("listed", home),
        ("read", home / lesson / "rnn.ipynb"),
        ("read", cached),
        ("read", cached.with_name("submission_secret.txt")),
        # the course: answers, hidden tests, marks, everyone's work
        ("listed", course),
        ("read", course / "source" / lesson / "rnn.ipynb"),
        ("read", course / "source" / lesson / "misconceptions.toml"),
        ("read", course / "gradebook.db"),
        ("write", course / "gradebook.db"),
        ("read", course / "submitted" / graded / "rnn.ipynb"),
        ("read", course / "autograded" / graded / "rnn.ipynb"),
        ("read", course / "feedback" / graded / "rnn.html"),
        ("read", course / "audit.jsonl"),
        # the exchange, the hub, and the keys in the environment of others' servers
        ("rename", people.exchange),
        ("plant", people.exchange),
        ("plant", people.exchange / "outbound"),
        ("rename", people.exchange / "inbound"),
        ("listed", server.folder / "hub"),
        ("read", server.folder / "hub" / "jupyterhub.sqlite"),
        ("write", server.folder / "etc" / "nbgrader_config.py"),
        *(("read", path) for path in environments(server.ada) | environments(server.account)),
    ]


def environments(user):
    """Return the environment files of a user's servers."""
    number = pwd.getpwnam(user).pw_uid
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # others end as we look
            server = b"jupyterhub.singleuser" in (folder / "cmdline").read_bytes()
            if server and folder.stat().st_uid == number:
                found.add(folder / "environ")
    assert found
    return found
