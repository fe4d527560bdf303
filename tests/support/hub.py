"""A real JupyterHub on loopback, set up as on a server, with people who are Unix users."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
import uuid
from typing import Any

import requests
import websocket

from tests.support.hub_server import Server, free_port

SECONDS = 300.0  # that a server may take before it answers, on a machine that does much else
PATIENT = f"c.Spawner.start_timeout = c.Spawner.http_timeout = {SECONDS:.0f}\n"


def say(who: str, what: str) -> None:
    """Tell the round step by step, for the log."""
    print(f"{who:>10}  {what}", flush=True)


class Hub:
    """The hub and its proxy, started with the shipped configuration.

    Parameters
    ----------
    server : Server
    changes : str
        Lines of Python that are added to the configuration.
    """

    def __init__(self, server: Server, changes: str = "") -> None:
        self.server = server
        self.browsers: list[requests.Session] = []
        port, hub_port, api_port = (free_port() for _ in range(3))
        self.url = f"http://127.0.0.1:{port}"
        config = server.place / "test_config.py"
        config.write_text(
            f"load_subconfig({str(server.folder / 'etc' / 'jupyterhub_config.py')!r})\n"
            f"c.JupyterHub.bind_url = {self.url!r}\n"
            f"c.JupyterHub.hub_port = {hub_port}\n"
            f"c.ConfigurableHTTPProxy.api_url = 'http://127.0.0.1:{api_port}'\n{PATIENT}{changes}"
        )
        programs = [server.python.parent, server.place / "proxy" / "node_modules" / ".bin"]
        path = ":".join([*map(str, programs), os.environ["PATH"]])
        self.log = (server.place / "hub.log").open("ab")
        self.process = subprocess.Popen(
            [server.python, "-m", "jupyterhub", "--config", config],
            cwd=server.folder / "hub",
            env={"PATH": path, "LANG": "C.UTF-8"},
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )

        def answers() -> bool:
            assert self.process.poll() is None, self.said()
            with contextlib.suppress(requests.ConnectionError):
                places = (
                    f"http://127.0.0.1:{hub_port}",
                    self.url,
                )  # the hub, and through its proxy
                return all(requests.get(f"{place}/hub/api/", timeout=10).ok for place in places)
            return False

        try:
            wait(answers)
        except BaseException:
            self.close()
            raise

    def said(self) -> str:
        """Return what the hub and all servers have said so far."""
        return (self.server.place / "hub.log").read_text()

    def close(self) -> None:
        """Stop the hub, which stops proxy and servers."""
        for browser in self.browsers:
            browser.close()
        self.process.terminate()
        try:
            self.process.wait(SECONDS)
        finally:
            self.process.kill()
            self.log.close()
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                left = (self.server.folder / "hub" / "proxy.pid").read_text().split()[0]
                os.kill(int(left), signal.SIGKILL)


class Person:
    """Somebody who has logged in with name and password.

    Parameters
    ----------
    hub : Hub
    user : str
    """

    def __init__(self, hub: Hub, user: str) -> None:
        self.hub, self.user = hub, user
        self.home = f"/user/{user}"
        self.browser = browser = requests.Session()
        hub.browsers.append(browser)
        browser.get(f"{hub.url}/hub/login", timeout=SECONDS)
        form = {"username": user, "password": hub.server.passwords[user]}
        form["_xsrf"] = browser.cookies["_xsrf"]
        answer = browser.post(f"{hub.url}/hub/login?next=/hub/home", form, timeout=SECONDS)
        assert answer.ok, f"{user} is not let in"
        answer = browser.post(
            f"{hub.url}/hub/api/users/{user}/tokens",
            headers={"X-XSRFToken": browser.cookies.get("_xsrf", path="/hub/")},
            timeout=SECONDS,
        )
        assert answer.status_code == 201, answer.text
        self.token = {"Authorization": f"token {answer.json()['token']}"}

    def visit(self, path: str) -> requests.Response:
        """Open a page as a browser does, with cookies and by all redirections."""
        return self.browser.get(self.hub.url + path, timeout=SECONDS)

    def ask(self, method: str, path: str, **more: Any) -> requests.Response:
        """Ask the proxy for something, in this person's name."""
        return requests.request(
            method,
            self.hub.url + path,
            headers=self.token,
            timeout=120,
            allow_redirects=False,
            **more,
        )

    def get(self, path: str, method: str = "GET", **more: Any) -> Any:
        """Return what is answered; it has to be there."""
        answer = self.ask(method, path, **more)
        assert answer.ok, f"{self.user}: {method} {path}: {answer.status_code} {answer.text[:2000]}"
        with contextlib.suppress(ValueError):
            return answer.json()
        return answer.text

    def start(self) -> requests.Response:
        """Start this person's own server; it is there or refused, or takes a while longer."""
        return self.ask("POST", f"/hub/api/users/{self.user}/server")

    def wait(self) -> None:
        """Wait until the server is ready."""
        wait(lambda: self.get(f"/hub/api/users/{self.user}")["servers"][""]["ready"])

    def run(self, code: str, base: str = "") -> str:
        """Run Python in a kernel of this person's server; return what it prints."""
        base = base or self.home
        kernel = self.get(f"{base}/api/kernels", "POST", json={"name": "python3"})["id"]
        channel = websocket.create_connection(
            f"ws{self.hub.url[4:]}{base}/api/kernels/{kernel}/channels",
            header=self.token,
            timeout=120,
        )
        request = str(uuid.uuid4())
        head = {"msg_id": request, "msg_type": "execute_request", "session": request}
        head |= {"username": "", "version": "5.3"}
        content = {"code": code, "silent": False, "store_history": False}
        message = {"header": head, "parent_header": {}, "metadata": {}, "content": content}
        channel.send(json.dumps(message | {"channel": "shell", "buffers": []}))
        printed = ""
        try:
            while True:
                said = json.loads(channel.recv())
                if said["parent_header"].get("msg_id") != request:
                    continue
                kind, content = said["msg_type"], said["content"]
                assert kind != "error", "\n".join(content["traceback"])
                printed += content["text"] if kind == "stream" else ""
                if kind == "status" and content["execution_state"] == "idle":
                    return printed
        finally:
            channel.close()
            self.ask("DELETE", f"{base}/api/kernels/{kernel}")


def wait(ready: Any) -> None:
    """Wait until something is so; fail when that takes too long."""
    end = time.monotonic() + SECONDS
    while not ready():
        assert time.monotonic() < end, f"{SECONDS:.0f} seconds have passed"
        time.sleep(0.1)
