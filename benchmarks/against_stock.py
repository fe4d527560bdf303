"""How fast and how large: this grader against nbgrader's own, on the same submissions.

``python -m benchmarks.against_stock [rounds]`` grades the sample class through ``nbgrader
autograde``, once with the sandbox and once with nbgrader's stock ``Execute``, in turn, and
prints seconds per submission, peak memory of the whole process tree, and the ratios.

The student whose code never ends is left out: there both sides only wait for a limit.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from tests.course import Course, assignments
from tests.sample_class import fill

LEFT_OUT = ("never-ends", "empty-folder", "not-a-notebook", "other-assignment")


def stock_config(config: str) -> str:
    """Return nbgrader's settings without those of our grader: release as here, grade as stock."""
    kept, marker, _ = config.partition("# Grading:")
    assert marker
    return kept


def run(root: Path, assignment: str) -> tuple[list[float], float]:
    """Grade a class; return the seconds of each submission but the first, and peak bytes.

    The first submission bears the start of the program, of the zygote or of the first
    kernel; it is left to a figure of its own.
    """
    shutil.rmtree(root / "autograded", ignore_errors=True)
    bin_folder = str(Path(sys.executable).parent)
    with subprocess.Popen(
        [sys.executable, "-m", "nbgrader", "autograde", assignment]
        + ["--Application.log_format=%(created)f %(message)s"],
        cwd=root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ, PATH=f"{bin_folder}{os.pathsep}{os.environ['PATH']}"),
    ) as process:
        peak = [0]
        watcher = threading.Thread(target=watch, args=(process.pid, peak), daemon=True)
        watcher.start()
        assert process.stderr is not None
        log = process.stderr.read()
    end = time.time()
    starts = re.findall(r"^([\d.]+) Sanitizing ", log, re.MULTILINE)
    times = [float(start) for start in starts] + [end]
    return [b - a for a, b in zip(times[1:], times[2:], strict=False)], peak[0]


def watch(pid: int, peak: list[int]) -> None:
    """Keep the largest sum of proportional memory over a process and its descendants."""
    try:
        parent = psutil.Process(pid)
        while parent.is_running():
            total = 0
            for process in [parent, *parent.children(recursive=True)]:
                try:
                    total += process.memory_full_info().pss
                except psutil.Error:
                    continue
            peak[0] = max(peak[0], total)
            time.sleep(0.1)
    except psutil.Error:
        return


def main(rounds: int) -> None:
    """Grade in turn and print the table."""
    print(f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}")
    with TemporaryDirectory() as folder:
        ours = Course(Path(folder, "ours"), plots=True)
        fill(ours)
        for student in LEFT_OUT:
            shutil.rmtree(ours.root / "submitted" / student)
        stock = Path(folder, "stock")
        shutil.copytree(ours.root, stock)
        config = stock / "nbgrader_config.py"
        config.write_text(stock_config(config.read_text()))
        totals = [0.0, 0.0]
        for assignment in assignments():
            ratios: list[float] = []
            for number in range(rounds):
                a, a_peak = run(ours.root, assignment)
                b, b_peak = run(stock, assignment)
                # Submission by submission: both saw the same code at about the same time.
                pairs = [y / x for x, y in zip(a, b, strict=True)]
                ratios += pairs
                totals = [totals[0] + sum(a), totals[1] + sum(b)]
                print(
                    f"{assignment} round {number + 1}, {len(a)} submissions: "
                    f"here {statistics.mean(a):.2f} s each, {a_peak / 2**20:.0f} MiB; "
                    f"stock {statistics.mean(b):.2f} s each, {b_peak / 2**20:.0f} MiB; "
                    f"stock / here: {sum(b) / sum(a):.2f} in all, "
                    f"median of the pairs {statistics.median(pairs):.2f}"
                )
            middle = statistics.median(ratios)
            print(f"{assignment}: stock / here, median of all pairs {middle:.2f}")
        print(f"both: stock / here, all submissions together {totals[1] / totals[0]:.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
