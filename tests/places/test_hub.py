"""A class on a real JupyterHub: the whole round, and what a student cannot do there.

``make test-hub``. As root it makes Unix users whose names begin with ``smfs-``, and removes them.
"""

import json
import pwd
import subprocess
import tempfile
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from nbgrader.utils import notebook_hash

from tests.support import hub, hub_server, hub_tries, pictures
from tests.support.course import grade_id, reference_cells
from tests.support.hub import say

pytestmark = [pytest.mark.hub, pytest.mark.timeout(1800)]
LESSON = "01_rnn"
FORMGRADER = "formgrader/api"


@pytest.fixture(scope="module")
def server():
    """A machine with a hub, an instructor and two students."""
    why = hub_server.why_not()
    if why:
        pytest.skip(why)
    place = Path(tempfile.mkdtemp(prefix="smfs-", dir="/tmp"))
    place.chmod(0o755)
    machine = hub_server.Server(place)
    try:
        try:
            machine.install()
        except hub_server.Unavailable as problem:
            pytest.skip(str(problem))
        say("root", "has installed the course, with its groups, account, exchange and folders")
        machine.tea = machine.add("tea", "teach")
        machine.ada, machine.mal = (machine.add(name, "students") for name in ("ada", "mal"))
        machine.eve = machine.add("eve")
        say("root", f"has made the users {machine.tea}, {machine.ada} and {machine.mal}")
        yield machine
    finally:
        machine.remove()
        assert machine.tag not in Path("/etc/passwd").read_text() + Path("/etc/group").read_text()


@pytest.fixture(scope="module")
def people(server):
    """The three, logged in on a running hub, and its course."""
    running = hub.Hub(server, "c.JupyterHub.tornado_settings = {'slow_spawn_timeout': 0}\n")
    say("hub", "is up with its proxy, on loopback")
    try:
        three = {name: hub.Person(running, getattr(server, name)) for name in ("tea", "ada", "mal")}
        for name in ("ada", "mal"):
            assert three[name].start().status_code == 202
        for name in ("ada", "mal"):
            three[name].wait()
            say(name, "has a server of their own")
        yield SimpleNamespace(
            **three,
            hub=running,
            exchange=server.folder / "exchange" / server.course,
            course=server.folder / "course",
            service=f"/services/{server.course}",
        )
    finally:
        running.close()


@pytest.fixture(scope="module")
def teach(people):
    """Do something in the formgrader's way; return the answer."""

    def act(what, path=f"assignment/{LESSON}"):
        answer = people.tea.get(f"{people.service}/{FORMGRADER}/{path}/{what}", "POST")
        assert answer["success"], answer.get("error", answer)
        return answer["log"]

    return act


@pytest.fixture(scope="module")
def student():
    """Do something in the assignment list's way; return the list."""

    def act(person, what):
        course = {"course_id": person.hub.server.course, "assignment_id": LESSON}
        answer = person.get(f"{person.home}/assignments/{what}", "POST", json=course)
        assert answer["success"], answer["value"]
        return answer["value"]

    return act


def write_answers(person, functions):
    """Fill in the blanks of some functions, through the server of the person."""
    path = f"{person.home}/api/contents/{LESSON}/rnn.ipynb"
    notebook = nbformat.from_dict(person.get(path)["content"])
    solutions = reference_cells(LESSON)
    for cell in notebook.cells:
        if grade_id(cell) in functions:
            cell.source = solutions[grade_id(cell)]
    # What belongs to no exercise is plots, which take time.
    notebook.cells = [c for c in notebook.cells if grade_id(c) or c.cell_type != "code"]
    person.get(path, "PUT", json={"type": "notebook", "content": notebook})


@pytest.fixture(scope="module")
def handed_in(people, teach, student):
    """The lesson released, fetched and handed in; what Ada handed in, twice."""
    teach("assign")
    teach("release")
    say("tea", f"has released {LESSON}")
    for person in (people.ada, people.mal):
        (entry,) = student(person, "fetch")
        assert entry["status"] == "fetched"
        assert (Path(f"~{person.user}").expanduser() / LESSON / "rnn.ipynb").exists()
        say(person.user[-3:], f"has fetched {LESSON}")
    student(people.ada, "submit")
    write_answers(people.ada, [*reference_cells(LESSON)])
    write_answers(people.mal, ["rnn_cell_forward"])
    for person in (people.ada, people.mal):
        *_, entry = student(person, "submit")
        assert entry["status"] == "submitted"
        say(person.user[-3:], "has handed in" + " a second time" * (person is people.ada))
    inbound = people.exchange / "inbound"
    first, second = sorted(inbound.glob(f"{people.ada.user}+*"))
    (mals,) = inbound.glob(f"{people.mal.user}+*")
    return SimpleNamespace(inbound=inbound, first=first, second=second, mals=mals)


@pytest.fixture(scope="module")
def forged(people, handed_in):
    """How Mal tries to hand in as Ada; the exit codes of nbgrader's own command."""
    codes = hub_tries.forge(people.mal, people.ada, LESSON, handed_in)
    say("mal", "has tried to hand in as Ada: variables, nbgrader's --student, a folder, two links")
    return codes


@pytest.fixture(scope="module")
def collected(people, handed_in, forged, teach):
    """What the instructor's collecting says, before and after it is all over."""
    first = teach("collect")
    say("tea", "has collected:")
    for line in first.splitlines():
        say("", line)
    return SimpleNamespace(log=first, again=teach("collect"))


@pytest.fixture(scope="module")
def returned(people, server, handed_in, collected, teach, student):
    """The hand-ins graded, and feedback with its students; the marks."""
    for user in (server.ada, server.mal):
        teach("autograde", f"submission/{LESSON}/{user}")
    rows = people.tea.get(f"{people.service}/{FORMGRADER}/submissions/{LESSON}")
    marks = {row["student"]: row["score"] for row in rows}
    for user, mark in marks.items():
        say("tea", f"has graded {user} in the sandbox: {mark} points")
    teach("generate_feedback")
    teach("release_feedback")
    say("tea", "has released feedback")
    pages = {}
    for person in (people.ada, people.mal):
        student(person, "fetch_feedback")
        for path in (Path(f"~{person.user}").expanduser() / LESSON / "feedback").glob("*/*.html"):
            pages[person.user] = path.read_text("utf-8")
            say(person.user[-3:], f"has fetched feedback: {path.parent.name}/{path.name}")
    return SimpleNamespace(marks=marks, pages=pages)


def test_a_spawner_that_runs_everyone_as_one_user_is_refused(server):
    everyone = hub.Hub(server, "c.JupyterHub.spawner_class = 'simple'\n")
    try:
        refused = hub.Person(everyone, server.ada).start()
    finally:
        everyone.close()
    assert refused.status_code == 500
    said = refused.json()["message"]
    say("hub", f"with SimpleLocalProcessSpawner: {said}")
    assert said.startswith("SimpleLocalProcessSpawner does not run")
    assert "set c.JupyterHub.spawner_class to LocalProcessSpawner" in said


def test_a_hub_that_cannot_become_its_users_does_not_start(server):
    config = server.folder / "etc" / "jupyterhub_config.py"
    done = subprocess.run(
        [server.python, "-m", "jupyterhub", "--config", config],
        user="nobody",
        cwd="/",
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("Start this hub as root")


def test_a_course_that_lacks_a_file_without_which_nothing_is_graded_gets_it(server):
    course = server.folder / "course"
    guards = course / "nbgrader_config.json"
    shipped = guards.read_bytes()
    guards.write_bytes(shipped + b"\n")
    server.set_up()
    assert guards.read_bytes() == shipped + b"\n"  # what is there stays
    guards.unlink()
    done = subprocess.run(
        [server.python, "-m", "grading", "autograde", LESSON],
        user=server.account,
        group=server.account,
        cwd=course,
        env={"PATH": f"{server.python.parent}:/usr/bin:/bin", "HOME": str(course)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert f"there is no nbgrader_config.json in {course}" in done.stdout + done.stderr
    server.set_up()
    assert guards.read_bytes() == shipped
    assert guards.owner() == guards.group() == server.account


def test_a_class_goes_from_release_to_feedback(server, people, returned):
    assert returned.marks == {server.ada: 24.0, server.mal: 10.0}
    assert set(returned.pages) == {server.ada, server.mal}
    assert "correct" in returned.pages[server.ada]
    assert "not attempted" in returned.pages[server.mal]
    graded = (people.course / "audit.jsonl").read_text()
    assert graded.count('"verdicts"') == 2
    assert {pwd.getpwuid(path.stat().st_uid).pw_name for path in people.course.rglob("*.db")} == {
        server.account
    }


def test_a_student_can_do_nothing_with_what_is_not_theirs_even_by_its_full_path(
    server, people, handed_in, returned
):
    secret = (handed_in.second / "submission_secret.txt").read_text()
    page = people.exchange / "feedback" / f"{notebook_hash(secret=secret, notebook_id='rnn')}.html"
    attempts = hub_tries.on_others(server, people, LESSON, handed_in, page)
    assert all(path.exists() for _, path in attempts)
    outcomes = hub_tries.attempt(people.mal, attempts)
    for what, path, became in outcomes:
        say("mal", f"{what} {path.removeprefix(str(server.place))}: {became}")
    assert [row for row in outcomes if row[2] != "PermissionError"] == []
    # The same paths, opened by those to whom they belong.
    for person, base, paths in [
        (people.ada, people.ada.home, [page, handed_in.second / "rnn.ipynb"]),
        (
            people.tea,
            people.service,
            [page, handed_in.second / "rnn.ipynb", people.course / "audit.jsonl"],
        ),
    ]:
        outcomes = hub_tries.attempt(person, [("read", path) for path in paths], base)
        assert [became for *_, became in outcomes] == ["done"] * len(paths)


def test_a_student_cannot_open_the_course_or_the_server_of_another(server, people):
    for path in (
        f"{people.service}/lab",
        f"{people.service}/{FORMGRADER}/assignments",
        f"{people.service}/api/contents/gradebook.db",
        f"{people.ada.home}/api/contents",
    ):
        status = people.mal.ask("GET", path).status_code
        say("mal", f"opens {path}: {status}")
        assert status == 403
    for user in (server.ada, server.tea):
        assert people.mal.ask("GET", f"/hub/api/users/{user}").status_code == 404
        assert people.mal.ask("POST", f"/hub/api/users/{user}/tokens").status_code in (403, 404)
    assert people.ada.ask("GET", f"{people.ada.home}/api/contents").ok
    # The same in a browser, which the hub sends to its login and back.
    for person, home, status in [
        (people.ada, people.ada.home, 200),
        (people.mal, people.ada.home, 403),
        (people.tea, people.service, 200),
        (people.mal, people.service, 403),
    ]:
        page = person.visit(f"{home}/lab")
        say(person.user[-3:], f"opens {home}/lab in a browser: {page.status_code}")
        assert page.status_code == status
        assert ("jupyter-config-data" in page.text) == (status == 200)


def test_who_is_in_no_group_of_the_course_is_not_let_in(server, people):
    with pytest.raises(AssertionError, match="is not let in"):
        hub.Person(people.hub, server.eve)


def test_students_see_none_of_the_instructors_tools(people):
    page = people.mal.get(f"{people.mal.home}/lab")
    data = json.loads(
        page.split('id="jupyter-config-data" type="application/json">')[1].split("</")[0]
    )
    hidden = {name.partition(":")[2] for name in data["disabledExtensions"]}
    assert {"formgrader", "create-assignment", "course-list"} <= hidden
    assert not hidden & {"assignment-list", "validate-assignment"}


def test_both_find_their_way_in_a_browser(server, people, returned, chromium):
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(60_000)
    page = context.new_page()

    def log_in(user):
        page.goto(f"{people.hub.url}/hub/login?next=/hub/home")
        page.get_by_label("Username").fill(user)
        page.get_by_label("Password").fill(server.passwords[user])
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/hub/home")

    log_in(server.ada)
    pictures.keep("hub-student", page.screenshot())
    assert page.get_by_text("Services").count() == 0
    page.goto(f"{people.hub.url}{people.ada.home}/lab")
    page.get_by_role("menuitem", name="Nbgrader", exact=True).click()
    page.locator(".lm-Menu-itemLabel:visible", has_text="Assignment List").click()
    page.locator("#submitted_assignments_list .list_item", has_text=LESSON).first.wait_for()
    pictures.keep("hub-assignments", page.screenshot())
    context.clear_cookies()
    log_in(server.tea)
    page.get_by_text("Services").click()
    pictures.keep("hub-instructor", page.screenshot())
    page.get_by_role("link", name=server.course).click()
    page.get_by_role("menuitem", name="Nbgrader", exact=True).click()
    page.locator(".lm-Menu-itemLabel:visible", has_text="Formgrader").click()
    page.frame_locator("iframe").get_by_role("link", name=LESSON).first.wait_for()
    pictures.keep("hub-formgrader", page.screenshot())
    context.close()


def test_nobody_hands_in_as_someone_else(server, people, handed_in, forged, collected):
    hers, mine = server.ada, server.mal
    # Variables change nothing; nbgrader lets --student pass, so it has to be seen later.
    assert forged == [0, 0]
    refused = [line for line in collected.log.splitlines() if "Not collected:" in line]
    assert sum(f"is in the name of {hers}, but {mine} made it" in line for line in refused) == 2
    assert sum(f"{hers}+" in line and "is no folder" in line for line in refused) == 2
    assert sum("is in nobody's name" in line for line in refused) == 2
    assert len(refused) == 6
    kept = people.course / "submitted"
    assert {path.name for path in kept.iterdir()} == {hers, mine}
    honest = (handed_in.second / "rnn.ipynb").read_bytes()
    assert (kept / hers / LESSON / "rnn.ipynb").read_bytes() == honest
    by_variables = [path for path in handed_in.inbound.glob(f"{mine}+*") if path != handed_in.mals]
    assert len(by_variables) == 1
    # What was refused is put aside, and is not complained of again.
    assert len(list(handed_in.inbound.glob(".refused-*"))) == 6
    assert "Not collected" not in collected.again


def test_a_link_in_a_hand_in_brings_nothing_of_the_course(
    server, people, handed_in, teach, returned
):
    hub_tries.hand_in_links(people.mal, LESSON, handed_in, people.course / "source" / LESSON)
    log = teach("collect")
    say("mal", "has handed in a link to the answers, and a pipe:")
    for line in log.splitlines():
        say("", line)
    assert "rnn.ipynb. In its place is a symbolic link, not a file." in log
    assert "pipe.ipynb. In its place is a named pipe, not a file." in log
    assert not list((people.course / "submitted" / server.mal / LESSON).glob("*.ipynb"))
    assert (people.course / "submitted" / server.ada / LESSON / "rnn.ipynb").exists()
