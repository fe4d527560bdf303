"""docs/jupyterhub.md, word for word: each of its commands on a copy of this machine.

The copy is a layer over this system, with processes of its own; both are gone at the end. It
installs everything anew, from the network.
"""

import re
import shutil
import subprocess

import pytest

from grading.sandbox.bubblewrap import bubblewrap
from tests.support.course import ROOT
from tests.support.hub_server import why_not

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]

PAGE = (ROOT / "docs/jupyterhub.md").read_text("utf-8")
(SERVER,) = re.findall(r"^/opt/sequence-models/bin/jupyterhub .*$", PAGE, re.M)
ANSWER = "ask a password twice"
LAYERS = ("/etc", "/home", "/opt", "/root", "/srv", "/usr", "/var")
START = """
set -euo pipefail
export HOME=/root DEBIAN_FRONTEND=noninteractive
unset VIRTUAL_ENV PYTHONPATH
"""
LOG_IN = """
cd /
{server} >/var/log/hub.log 2>&1 &
/opt/sequence-models/bin/python - <<'PYTHON' || {{ tail -40 /var/log/hub.log; exit 1; }}
import time
import requests

hub = "http://127.0.0.1:8000/hub"
for _ in range(120):
    time.sleep(0.5)
    try:
        if requests.get(f"{{hub}}/api/", timeout=5).ok:  # the proxy answers first
            break
    except requests.ConnectionError:
        pass
for user in ("ada", "tea"):
    browser = requests.Session()
    browser.get(f"{{hub}}/login", timeout=60)
    form = {{"username": user, "password": "{answer}", "_xsrf": browser.cookies["_xsrf"]}}
    page = browser.post(f"{{hub}}/login?next=/hub/home", form, timeout=60)
    assert page.ok and page.url.endswith("/hub/home"), page.url
    opened = "/services/sequence-models/" in page.text
    print(f"{{user}} has logged in and", "sees the course" if opened else "sees no course")
PYTHON
"""


def commands():
    """Return the lines of the page's blocks of commands."""
    return [
        line
        for block in re.findall(r"^```sh\n(.*?)^```", PAGE, re.M | re.S)
        for line in block.splitlines()
    ]


def script():
    """Return the page's commands as one script; the last of them runs beside a login."""
    lines = commands()
    assert lines[-1] == SERVER
    lines = [line.replace("<this repository>", str(ROOT)) for line in lines[:-1]]
    lines = [line.replace("apt-get install", "apt-get install --yes") for line in lines]
    if shutil.which("npm"):  # it may come with a Node.js that does not go with Debian's own
        lines = [line.replace(" git npm ", " git ") for line in lines]
    lines = [f"{line} <<<$'{ANSWER}\\n{ANSWER}'" if "passwd" in line else line for line in lines]
    told = [f"echo {line!r}\n{line}" for line in lines]
    return START + "\n".join(told) + LOG_IN.format(server=SERVER, answer=ANSWER)


@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_the_short_road_leads_to_a_hub_with_people_on_it():
    words = [str(bubblewrap()), "--dev-bind", "/", "/", "--unshare-pid", "--proc", "/proc"]
    words += ["--die-with-parent", "--cap-add", "ALL"]
    words += ["--setenv", "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
    for layer in LAYERS:
        words += ["--overlay-src", layer, "--tmp-overlay", layer]
    done = subprocess.run(
        [*words, "bash", "-c", script()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1700,
        check=False,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "ada has logged in and sees no course" in done.stdout
    assert "tea has logged in and sees the course" in done.stdout
