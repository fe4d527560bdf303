"""Run code without the grader's wall, where it can do no harm: the positive controls.

A container holds it: it sees this machine's files, and may change those of one course only.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from grading.sandbox.bubblewrap import bubblewrap
from tests.support.gallery import KEY

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Done:
    """How a contained command ended; ``code`` is None when it had to be stopped."""

    code: int | None
    said: str


def contained(command: list[str], course: Path, folder: Path, seconds: float) -> Done:
    """Run a command with what `tests.support.outside` puts beside it.

    Parameters
    ----------
    command : list of str
    course : pathlib.Path
        The one folder that it may change. Its ``home`` is its home.
    folder : pathlib.Path
        Where it runs.
    seconds : float
        After which it ends, with all its processes.
    """
    (course / "home").mkdir(exist_ok=True)
    (course / "home" / "letter").touch()
    line = [bubblewrap(), "--die-with-parent", "--new-session", "--unshare-user", "--unshare-pid"]
    line += ["--unshare-net", "--unshare-ipc", "--unshare-uts", "--uid", "0", "--gid", "0"]
    line += ["--cap-drop", "ALL", "--cap-add", "CAP_SYS_ADMIN", "--hostname", "contained"]
    line += ["--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
    line += ["--ro-bind", str(ROOT), str(ROOT), "--ro-bind", sys.prefix, sys.prefix]
    line += ["--bind", str(course), str(course), "--chdir", str(folder)]
    line += ["--", "prlimit", f"--as={3 * 2**30}", "--core=0", f"--fsize={2**28}"]
    line += [sys.executable, "-m", "tests.support.outside", *command]
    environment = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": str(course / "home"),
        "PYTHONPATH": str(ROOT),
        "GALLERY_KEY": KEY,
        "LANG": "C.UTF-8",
        "OPENBLAS_NUM_THREADS": "1",
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": "/tmp",
    }
    with subprocess.Popen(
        line,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        try:
            said, _ = process.communicate(timeout=seconds)
            code: int | None = process.returncode
        except subprocess.TimeoutExpired:
            process.kill()
            said, code = process.communicate()[0], None
    return Done(code, said.decode(errors="replace"))


# As a kernel would run a notebook: its cells, in order, in one IPython.
PLAIN = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
config = Config()
config.HistoryManager.enabled = False
shell = InteractiveShell.instance(config=config, colors="NoColor")
for student, cells in json.load(open(sys.argv[1])).items():
    print("=====", student, flush=True)
    for cell in cells:
        shell.run_cell(cell)
"""


def plainly(cells: dict[str, list[str]], course: Path) -> dict[str, str]:
    """Run the cells of a few students in one plain IPython; return what each printed."""
    import json

    folder = course / "autograded" / "mallory" / "01_rnn"
    folder.mkdir(parents=True)
    (folder / "cells.json").write_text(json.dumps(cells))
    command = [sys.executable, "-c", PLAIN, str(folder / "cells.json")]
    done = contained(command, course, folder, 120)
    parts = [part.partition("\n") for part in done.said.split("===== ")[1:]]
    assert len(parts) == len(cells), done
    return {student: said for student, _, said in parts}
