"""Make the groups, the account and the folders of a course on a hub, as root.

``python deploy/jupyterhub/set_up.py`` reads ``course.toml`` beside it. It can be run again: what
is there stays, and owners and permissions are put right.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

try:
    import tomllib
except ImportError:  # Python 3.10
    import tomli as tomllib

HERE = Path(__file__).resolve().parent
COURSE = HERE.parents[1]  # this repository
GUARDS = "nbgrader_config.json"  # without it the grader refuses


def main() -> None:
    """Set a course up."""
    if os.geteuid() != 0:
        sys.exit("Run this as root: it makes groups, a user and their folders.")
    course = tomllib.loads((HERE / "course.toml").read_text("utf-8"))
    account, folder = course["account"], Path(course["folder"])
    for group in (course["students"], course["instructors"]):
        run("groupadd", "--force", "--system", group)
    home = folder / "course"
    try:
        pwd.getpwnam(account)
    except KeyError:
        options = ["--system", "--user-group", "--shell", "/bin/bash", "--home-dir", str(home)]
        run("useradd", *options, account)

    exchange = folder / "exchange"
    inside = exchange / course["course"]
    for path, owner, mode in [
        (folder, "root", 0o755),
        (folder / "etc", "root", 0o755),
        (folder / "hub", "root", 0o700),
        (home, account, 0o700),
        # nbgrader wants it open to all. The sticky bit keeps everyone from renaming what is in it.
        (exchange, "root", 0o1777),
        (inside, account, 0o755),
        (inside / "outbound", account, 0o755),
        # A hand-in gets the account's group, and only who made it can rename or remove it.
        (inside / "inbound", account, 0o3733),
        (inside / "feedback", account, 0o711),
    ]:
        path.mkdir(parents=True, exist_ok=True)
        shutil.chown(path, owner, owner)
        path.chmod(mode)

    shutil.copytree(HERE, folder / "etc", dirs_exist_ok=True)
    if not (home / "nbgrader_config.py").exists():
        for name in ("source", "lesson_tools"):
            shutil.copytree(COURSE / name, home / name)
        for path in [*COURSE.glob("*.py"), *COURSE.glob("*.json")]:
            shutil.copy(path, home)
        run("chown", "--recursive", f"{account}:", str(home))
    elif not (home / GUARDS).exists():  # a course from before there was one
        options = ["--owner", account, "--group", account, "--mode", "644"]
        run("install", *options, str(COURSE / GUARDS), str(home))
    print(f"The course is in {home}. Put people into {course['students']} and ", end="")
    print(f"{course['instructors']}, then start jupyterhub -f {folder}/etc/jupyterhub_config.py")


def run(*words: str) -> None:
    """Run a command; it says itself what is wrong."""
    subprocess.run(words, check=True)


if __name__ == "__main__":
    main()
