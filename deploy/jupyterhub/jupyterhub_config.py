"""JupyterHub for one course: everyone is a Unix user of their own, and the course is one too.

Students and instructors log in with the passwords of this machine. Instructors open the course
under Services: a JupyterLab that runs as the course's account, with its folder and formgrader.
"""

import grp
import os
import pwd
import sys
from pathlib import Path

from jupyterhub.spawner import LocalProcessSpawner

try:
    import tomllib
except ImportError:  # Python 3.10
    import tomli as tomllib

c = get_config()  # noqa: F821 - JupyterHub provides it
course = tomllib.loads(Path(__file__).with_name("course.toml").read_text("utf-8"))
folder = Path(course["folder"])
groups = {course["students"], course["instructors"]}
if os.geteuid() != 0:
    raise SystemExit(
        "Start this hub as root: only root can run a server as each person's own user."
    )

# A web server with TLS stands in front of it; see docs/jupyterhub.md.
c.JupyterHub.bind_url = "http://127.0.0.1:8000"
c.JupyterHub.db_url = f"sqlite:///{folder}/hub/jupyterhub.sqlite"
c.JupyterHub.cookie_secret_file = f"{folder}/hub/cookie_secret"
c.ConfigurableHTTPProxy.pid_file = f"{folder}/hub/proxy.pid"

# Who may log in: members of the two Unix groups, each with the hub groups of the same name.
c.JupyterHub.authenticator_class = "pam"
c.LocalAuthenticator.allowed_groups = groups
c.Authenticator.manage_groups = True


def with_groups(authenticator, handler, known):
    """Add the course's Unix groups to what is known of a person who logs in."""
    name = known["name"]
    numbers = os.getgrouplist(name, pwd.getpwnam(name).pw_gid)
    known["groups"] = [group for group in groups if grp.getgrnam(group).gr_gid in numbers]
    return known


c.Authenticator.post_auth_hook = with_groups

# Everyone's own server.
c.JupyterHub.spawner_class = LocalProcessSpawner
c.Spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # nbgrader calls programs by name
c.Spawner.environment = {"JUPYTER_CONFIG_PATH": f"{folder}/etc/student:{folder}/etc", "PATH": path}


def check_own_user(spawner):
    """Refuse to start a server that would not run as its owner's own Unix user.

    nbgrader takes the Unix user for the student. Where all are one, everyone could hand in as
    everyone else, and read everything.
    """
    name = spawner.user.name
    become = getattr(type(spawner), "make_preexec_fn", None)
    if become is not LocalProcessSpawner.make_preexec_fn:
        refuse(
            f"{type(spawner).__name__} does not run {name}'s server as the Unix user {name}, so "
            "nobody could tell whose work is whose; set c.JupyterHub.spawner_class to "
            "LocalProcessSpawner."
        )
    user = pwd.getpwnam(name)
    home = Path(user.pw_dir)
    if home.stat().st_uid != user.pw_uid:
        refuse(f"{home}, the home folder of {name}, belongs to somebody else.")
    home.chmod(home.stat().st_mode & 0o700)  # the work lies there, and the keys to its feedback


def refuse(why):
    """Start no server; the person is told why."""
    refusal = RuntimeError(why)
    refusal.jupyterhub_message = why
    raise refusal


c.Spawner.pre_spawn_hook = check_own_user

# The course: a JupyterLab that runs as the course's account, for instructors.
c.JupyterHub.services = [
    {
        "name": course["course"],
        "url": f"http://127.0.0.1:{course['port']}",
        "command": [sys.executable, "-m", "jupyterhub.singleuser"],
        "user": course["account"],
        "cwd": f"{folder}/course",
        "environment": {
            "JUPYTER_CONFIG_PATH": f"{folder}/etc/course:{folder}/etc",
            "JUPYTERHUB_DEFAULT_URL": "/lab",
            "PATH": path,
        },
        "oauth_no_confirm": True,
    }
]
c.JupyterHub.load_roles = [
    {
        "name": "course",
        "groups": [course["instructors"]],
        "scopes": [f"access:services!service={course['course']}"],
    }
]
