"""How fast a class is graded, against stock nbgrader on the same submissions in the same run.

``python -m benchmarks.speed [part ...]`` prints a table of each part that is named; without a
name all of them. It takes an hour, most of it stock nbgrader's; let the machine be quiet.

``class``    a class of 100: marks, plots, marks alone, feedback, CPU over a bare floor
``lessons``  a class of 100 in each lesson: marks; plots and stock nbgrader of ten
``thousand`` 1,000 submissions against 100: time of each, and peak memory
``cluster``  Dask on this machine against as many workers
``single``   one submission, cold, from the command to its mark
``profile``  where the time of one submission goes; draws docs/speed.svg

Each figure is the median of `ROUNDS` rounds in which the sides take turns. CPU is what the
whole machine spends, less what it spends when idle.
"""

from __future__ import annotations

import contextlib
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from tests.support.course import STOCK_CONFIG, Course, assignment_of, assignments
from tests.support.gallery import UNUSUAL
from tests.support.gallery.answers import WRONG

ROUNDS = 5
A = "01_rnn"


def fill(course: Course, size: int, assignment: str = A) -> None:
    """Hand in for a class: most are right, some in an unusual way, some are wrong."""
    chance = random.Random(1)
    course.plots = True
    others = [e for e in [*UNUSUAL, *WRONG] if assignment_of(e.function) == assignment]
    for number in range(size):
        entries = [chance.choice(others)] if chance.random() < 0.5 else []
        course.submit(f"student-{number:04}", assignment, course.answers(assignment, *entries))


@dataclass
class Run:
    """What a command took.

    Attributes
    ----------
    seconds, cpu : float
    peak : float
        MiB of the whole process tree, what is shared counted once.
    marks : float
        Seconds to the last mark, where it was said.
    """

    seconds: float = 0.0
    cpu: float = 0.0
    peak: float = 0.0
    marks: float = field(default=float("nan"))


def run(course: Path, *words: str, weigh: bool = False) -> Run:
    """Run a command of Python's ``-m`` in a course. To weigh its memory takes time of its own."""
    found = Run()
    before, start = busy(), time.monotonic()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with subprocess.Popen(
        [sys.executable, "-m", *words],
        cwd=course,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ, PATH=path),
    ) as process:
        if weigh:
            threading.Thread(target=watch, args=(process.pid, found), daemon=True).start()
        assert process.stderr is not None
        said = []
        for line in process.stderr:
            said.append(line)
            words_said = line.split()
            if words_said[1:2] == ["marks"] and words_said[2] == words_said[4] != "0":
                found.marks = time.monotonic() - start
    found.seconds = time.monotonic() - start
    found.cpu = busy() - before
    if process.returncode != 0:
        raise SystemExit("".join(said[-20:]))
    return found


def busy() -> float:
    """Return the seconds that the processors have worked, all of them together."""
    spent = psutil.cpu_times()
    return float(spent.user + spent.nice + spent.system)


def watch(pid: int, found: Run) -> None:
    """Keep the largest sum of proportional memory over a process and its descendants."""
    with contextlib.suppress(psutil.Error):
        parent = psutil.Process(pid)
        while parent.is_running():
            total = 0
            for process in [parent, *parent.children(recursive=True)]:
                with contextlib.suppress(psutil.Error):
                    total += process.memory_full_info().pss
            found.peak = max(found.peak, total / 2**20)
            time.sleep(0.5)


@contextlib.contextmanager
def courses(size: int, assignment: str = A) -> Iterator[tuple[Path, Path]]:
    """Make a class twice: one course with our settings, one with stock nbgrader's."""
    with TemporaryDirectory() as folder:
        ours = Course(Path(folder, "ours"))
        fill(ours, size, assignment)
        stock = Path(folder, "stock")
        shutil.copytree(ours.root, stock)
        config = stock / "nbgrader_config.py"
        config.write_text(STOCK_CONFIG)
        config.with_suffix(".json").unlink()  # it stops nbgrader's own steps
        yield ours.root, stock


def ratio(name: str, one: list[float], other: list[float], target: str, unit: str = "s") -> None:
    """Print a row: two medians, and the median of ``other / one`` in each round."""
    pairs = [b / a for a, b in zip(one, other, strict=True)]
    print(
        f"| {name} | {statistics.median(one):.3f} {unit} | {statistics.median(other):.3f} {unit} | "
        f"{statistics.median(pairs):.2f} ({min(pairs):.2f} to {max(pairs):.2f}) | {target} |",
        flush=True,
    )


FLOOR = """
import os, sys, resource
os.environ.update(OPENBLAS_NUM_THREADS="1", MPLBACKEND="module://matplotlib_inline.backend_inline")
import nbformat
from pathlib import Path
from grading.sandbox.inside.shell import warm_up
draws, paths = sys.argv[1] == "draw", sorted(Path("submitted").glob("*/*/*.ipynb"))
work = [[c.source for c in nbformat.read(p, 4).cells if c.cell_type == "code"] for p in paths]
shell = warm_up()
shell.draws = draws
here = sorted(Path("source").glob("*/"))[0]
os.chdir(here)
sys.path.insert(0, str(Path("../..").resolve()))
for cells in work:
    child = os.fork()
    if child == 0:
        for source in cells:
            shell.start_outputs(2**24)
            shell.run_cell(source, store_history=True)
        os._exit(0)
    os.waitpid(child, 0)
spent = resource.getrusage(resource.RUSAGE_CHILDREN)
os.write(2, f"{(spent.ru_utime + spent.ru_stime) / len(work)}".encode())
"""


def floor(course: Path, kind: str) -> float:
    """Return the CPU seconds of one submission's cells in a forked warm process alone.

    Every processor is kept as busy as when a class is graded: that makes each slower.
    """
    words = [sys.executable, "-c", FLOOR, kind]
    how = {"cwd": course, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    beside = [subprocess.Popen(words, text=True, **how) for _ in range(os.cpu_count() or 1)]
    said = [process.communicate()[1] for process in beside]
    return statistics.mean(float(text.strip().split("\n")[-1]) for text in said)


def whole_class(size: int = 100) -> None:
    """Compare a class with stock nbgrader, and with the bare floor."""
    grade, rows = ("grading", "autograde", A, "--force"), []
    with courses(size) as (ours, stock):
        for number in range(ROUNDS):
            shown, alone = run(ours, *grade), run(ours, *grade, "--no-plots")
            run(ours, *grade)  # feedback is made of a class that has its plots
            pages = run(ours, "grading", "feedback", A)
            other = run(stock, "nbgrader", "autograde", A, "--force", "--log-level=ERROR")
            html = run(stock, "nbgrader", "generate_feedback", A, "--force", "--log-level=ERROR")
            bare = floor(ours, "draw"), floor(ours, "no")
            rows.append((shown, alone, pages, other, html, bare))
            print(f"round {number + 1} of {ROUNDS}", file=sys.stderr, flush=True)
    shown, alone, pages, other, html, bare = zip(*rows, strict=True)
    stock_time = [one.seconds / size for one in other]
    print(f"\n{size} submissions of {A}; seconds for each\n")
    print("| what | here | stock | stock / here | at least |\n|---|---|---|---|---|")
    ratio("every plot drawn", [one.seconds / size for one in shown], stock_time, "12")
    ratio("to the last mark, plots behind", [one.marks / size for one in shown], stock_time, "40")
    ratio("marks alone", [one.seconds / size for one in alone], stock_time, "60")
    page_time = [one.seconds / size for one in html]
    ratio("a feedback page", [one.seconds / size for one in pages], page_time, "5")
    print("\n| CPU of a submission | bare floor | here | here / floor | less than |")
    print("|---|---|---|---|---|")
    for name, mine, index, most in (
        ("with plots", shown, 0, "1.3"),
        ("marks alone", alone, 1, "2"),
    ):
        cpu = [one.cpu / size for one in mine]
        ratio(name, [one[index] for one in bare], cpu, most)


def lessons(size: int = 100, few: int = 10, rounds: int = 3) -> None:
    """Compare a class in each lesson with stock nbgrader; plots and stock are of a few each.

    A lesson that trains draws for half a minute of processor time, so a class of them would take
    the day; a few of them take as long each as many do, and the start of the command besides.
    """
    print(f"\n{size} submissions of each lesson, plots and stock of {few}; medians of {rounds}\n")
    print("| lesson | to the last mark | with plots, each | stock, each | stock / marks, each |")
    print("|---|---|---|---|---|")
    for name in assignments():
        rows = []
        with courses(size, name) as (ours, _), courses(few, name) as (drawn, stock):
            for _ in range(rounds):
                marks = run(ours, "grading", "autograde", name, "--force", "--no-plots").seconds
                plots = run(drawn, "grading", "autograde", name, "--force").seconds / few
                other = run(stock, "nbgrader", "autograde", name, "--force", "--log-level=ERROR")
                rows.append((marks, plots, other.seconds / few, size * other.seconds / few / marks))
        spans = [
            f"{statistics.median(one):.3g}{unit} ({min(one):.3g} to {max(one):.3g})"
            for one, unit in zip(zip(*rows, strict=True), (" s", " s", " s", ""), strict=True)
        ]
        print(f"| {name} | {' | '.join(spans)} |", flush=True)


def thousand() -> None:
    """Compare a class of 1,000 with one of 100."""
    rows = []
    with courses(100) as (small, _), courses(1000) as (large, _):
        for _ in range(ROUNDS):
            grade = ("grading", "autograde", A, "--force", "--no-plots")
            rows.append(tuple(run(course, *grade, weigh=True) for course in (small, large)))
        grade = ("grading", "autograde", A, "--force")
        drawn = [run(course, *grade, weigh=True) for course in (small, large)]
    print("\n| 1,000 against 100 | 100 | 1,000 | 1,000 / 100 | less than |\n|---|---|---|---|---|")
    hundred = [one.seconds / 100 for one, _ in rows]
    ratio("each submission", hundred, [other.seconds / 1000 for _, other in rows], "1.1")
    memory = [one.peak for one, _ in rows], [other.peak for _, other in rows]
    ratio("peak memory", *memory, "1.1", "MiB")
    ratio("with plots, once", [drawn[0].seconds / 100], [drawn[1].seconds / 1000], "1.1")
    ratio("peak memory", [drawn[0].peak], [drawn[1].peak], "1.1", "MiB")


def cluster(size: int = 100) -> None:
    """Compare a Dask cluster on this machine with as many workers."""
    from distributed import LocalCluster

    grade, rows = ("grading", "autograde", A, "--force", "--no-plots"), []
    workers = os.cpu_count() or 1
    with courses(size) as (ours, _):
        for _ in range(ROUNDS):
            with LocalCluster(
                n_workers=workers, threads_per_worker=1, dashboard_address=None
            ) as dask:
                there = f"--cluster={dask.scheduler_address}"
                run(ours, *grade, there, "--student=student-0000")  # Dask's workers stay warm
                rows.append((run(ours, *grade, f"--workers={workers}"), run(ours, *grade, there)))
    print(f"\n| {size} submissions | workers | Dask | Dask / workers | less than |")
    print("|---|---|---|---|---|")
    ratio(
        "marks alone",
        [one.seconds / size for one, _ in rows],
        [other.seconds / size for _, other in rows],
        "1.15",
    )


def single() -> None:
    """Compare one submission, cold, from the command to its mark."""
    rows = []
    with courses(1) as (ours, stock):
        for _ in range(ROUNDS):
            mine = run(ours, "grading", "autograde", A, "--force", "--no-plots")
            rows.append((mine, run(stock, "nbgrader", "autograde", A, "--force")))
        helps = [run(ours, "grading", "--help").seconds for _ in range(ROUNDS)]
    print("\n| cold | here | stock | stock / here | wanted |\n|---|---|---|---|---|")
    ratio("one submission", [a.marks for a, _ in rows], [b.seconds for _, b in rows], "here: 3 s")
    print(f"| python -m grading --help | {statistics.median(helps):.3f} s | | | 0.3 s |")


def profile(rounds: int = 30) -> None:
    """Print and draw where the time of one submission goes, in one process after the other."""
    from benchmarks import anatomy

    with courses(1) as (ours, _):
        found = anatomy.look(ours, A, rounds)
    for phase, parts in found.items():
        print(f"\n{phase}: {sum(parts.values()) * 1000:.0f} ms")
        for name, seconds in parts.items():
            print(f"  {seconds * 1000:6.1f} ms  {name}")
    anatomy.draw(found, Path("docs", "speed.svg"))


PARTS = {
    "class": whole_class,
    "lessons": lessons,
    "thousand": thousand,
    "cluster": cluster,
    "single": single,
}
PARTS["profile"] = profile


def main(names: list[str]) -> None:
    """Print the machine, then each part."""
    print(f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}")
    print(", ".join(f"{name} {version(name)}" for name in ("nbgrader", "numpy", "matplotlib")))
    for name in names or PARTS:
        PARTS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
