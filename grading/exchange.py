"""nbgrader's exchange for people who share a machine, each as a Unix user of their own.

nbgrader's own lets everyone read, and change, a hand-in whose path they know; collects what is
in somebody's name whoever made it; and lets everyone read a feedback page whose path they know.
These three steps, set as ``c.ExchangeFactory`` in ``deploy/jupyterhub/nbgrader_config.py``, do not.
``nbgrader_config.json`` beside it sets them too, and is loaded where that file cannot be.
A hand-in can be read by its student and by the course's account; what is collected belongs to the
student in whose name it is; a page can be read by its student.

The folder ``inbound`` has to be sticky and to hand on its group: ``deploy/jupyterhub/set_up.py``.
"""

from __future__ import annotations

import errno
import glob
import grp
import os
import pwd
import secrets
import shutil
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

from nbgrader.exchange.default import (
    Exchange,
    ExchangeCollect,
    ExchangeReleaseFeedback,
    ExchangeSubmit,
)
from nbgrader.utils import notebook_hash
from traitlets import Unicode

from grading.core import printable
from grading.store import (
    SECRET,
    SIZE_LIMIT,
    TIMESTAMP,
    Places,
    Unusable,
    broken,
    read_file,
    read_note,
)

MOST = 5  # notebooks of one hand-in
LATER = timedelta(minutes=5)  # a clock's error, or a large folder
ACL = "system.posix_acl_access"


class Refused(Exception):
    """A hand-in that is not collected; the text says why."""


class Careful(Exchange):
    """A step that does nothing where a file of its configuration was passed over."""

    def start(self) -> None:
        """Do it; raise `ExchangeError` if the exchange is not set as it should be."""
        why = broken(Path.cwd())
        if why:
            self.fail(
                f"Nothing was done: {why}. Mend that file; if it is not yours, tell who runs "
                "this server."
            )
        super().start()


class CarefulSubmit(Careful, ExchangeSubmit):
    """Hand in, so that nobody but the student and the course's account can read it."""

    inbound_path: str

    def copy_files(self) -> None:
        """Copy the student's folder; until it is closed to others it lies in a closed one."""
        inbound = self.inbound_path
        with TemporaryDirectory(prefix=".", dir=inbound) as closed:
            self.inbound_path = closed
            try:
                super().copy_files()
            finally:
                self.inbound_path = inbound
            copy = Path(closed, self.assignment_filename)
            copy.chmod(0o770)  # for the student and the course; whatever is in it is behind that
            if copy.stat().st_gid != Path(inbound).stat().st_gid:
                self.fail(
                    f"Nothing was handed in: {inbound} does not hand on its group, so the course "
                    "could not read it. Tell your instructor."
                )
            copy.rename(Path(inbound, copy.name))


class CarefulCollect(Careful, ExchangeCollect):
    """Collect what students handed in in their own name, and nothing else.

    Of a hand-in it takes notebooks, up to the size that is graded, the time, and the key to
    the feedback. It follows no link. What a student may have laid there stops no other's.
    """

    students = Unicode(
        "", help="The Unix group of those who may hand in; everyone if it is empty."
    ).tag(config=True)

    def init_src(self) -> None:
        """Put aside what is in a name that is not its owner's, then list the rest."""
        inbound = Path(self.root, self.coursedir.course_id, "inbound")
        pattern = f"*+{glob.escape(self.coursedir.assignment_id)}+*"
        for path in sorted(inbound.glob(pattern)):
            try:
                with self._opened(path):
                    pass
            except Refused as refused:
                aside = inbound / f".refused-{secrets.token_hex(8)}"
                path.rename(aside)
                self.log.error("Not collected: %s It is kept as %s.", refused, aside)
        super().init_src()

    def copy_files(self) -> None:
        """Collect; raise `ExchangeError` in the end if something failed on our side."""
        failed = []
        for record in sorted(self.src_records, key=lambda record: record["username"]):
            student = record["username"]
            course = self.coursedir
            place = (course.submitted_directory, student, course.assignment_id)
            to = Path(course.format_path(*place))
            if to.is_dir() and not self._wanted(record["timestamp"], to):
                self.log.info("Collected before: %s %s", student, course.assignment_id)
                continue
            try:
                self._collect(Path(self.inbound_path, record["filename"]), to)
                self.log.info("Collected: %s %s", student, course.assignment_id)
            except Refused as refused:
                self.log.error("Not collected: %s", refused)
            except OSError as error:
                failed.append(f"{student}: {error}")
        if not self.src_records:
            self.log.warning("Nobody has handed in %s.", self.coursedir.assignment_id)
        if failed:
            self.fail("Not collected, and an older one is kept: " + "; ".join(failed))

    def _wanted(self, time: datetime, to: Path) -> bool:
        """Say whether a hand-in is to replace the one that is there."""
        old = self.coursedir.get_existing_timestamp(str(to))
        return bool(
            (self.update and (old is None or time > old)) or (self.before_duedate and old != time)
        )

    def _collect(self, path: Path, to: Path) -> None:
        with self._opened(path) as folder:
            names = notebooks(folder)
            if len(names) > MOST:
                raise Refused(f"{printable(path.name)} holds {len(names)} notebooks.")
            fresh, old = (to.with_name(f".{to.name}.{word}") for word in ("new", "old"))
            for left in (fresh, old):
                shutil.rmtree(left, ignore_errors=True)
            fresh.mkdir(parents=True)
            for name in [*names, SECRET]:
                try:
                    data = read_file(name, folder, SIZE_LIMIT, os.fstat(folder).st_uid)
                except (Unusable, OSError) as error:
                    why = getattr(error, "why", error)
                    self.log.error(
                        "Left out of %s: %s. %s",
                        printable(path.name),
                        printable(name),
                        why,
                    )
                else:
                    (fresh / name).write_bytes(data)
            said = self._path_to_record(str(path))["timestamp"]
            (fresh / TIMESTAMP).write_text(f"{said:%Y-%m-%d %H:%M:%S.%f} UTC", "utf-8")
            changed = datetime.fromtimestamp(os.fstat(folder).st_ctime, timezone.utc)
            if changed.replace(tzinfo=None) - LATER > said:
                self.log.warning(
                    "%s says that it was handed in at %s, but was changed at %s (UTC).",
                    *(printable(path.name), said, changed.replace(tzinfo=None)),
                )
        if to.exists():
            to.rename(old)
        fresh.rename(to)
        shutil.rmtree(old, ignore_errors=True)

    @contextmanager
    def _opened(self, path: Path) -> Iterator[int]:
        """Open a hand-in; raise Refused unless it is in its owner's own name."""
        what = printable(path.name)
        try:
            student = self._path_to_record(str(path))["username"]
            user = pwd.getpwnam(student)
        except Exception as error:
            raise Refused(f"{what} is in nobody's name.") from error
        try:
            folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError as error:
            if error.errno in (errno.ENOTDIR, errno.ELOOP):
                raise Refused(f"{what} is no folder.") from error
            if error.errno == errno.EACCES:
                raise Refused(f"{what} is closed to the course.") from error
            raise
        try:
            owner = os.fstat(folder).st_uid
            if owner != user.pw_uid:
                raise Refused(
                    f"{what} is in the name of {student}, but {user_name(owner)} made it."
                )
            groups = os.getgrouplist(student, user.pw_gid)
            if self.students and grp.getgrnam(self.students).gr_gid not in groups:
                raise Refused(f"{what}: {student} is not in the group {self.students}.")
            yield folder
        finally:
            os.close(folder)


class CarefulReleaseFeedback(Careful, ExchangeReleaseFeedback):
    """Give feedback back, each page readable by its student and by nobody else."""

    def copy_files(self) -> None:
        """Release the pages; whoever cannot have theirs stops nobody else's."""
        course = self.coursedir
        failed = []
        works = Places(course).page_folders(course.assignment_id)
        pages = [(page, w.student) for w in works for page in sorted(Path(w.folder).glob("*.html"))]
        for page, student in pages:
            try:
                secret = read_note(page.parent / SECRET)
                if not secret:
                    raise Refused("it was not handed in through the exchange")
                key = notebook_hash(secret=secret, notebook_id=page.stem)
                give(page.read_bytes(), Path(self.dest_path, f"{key}.html"), student)
                self.log.info("Feedback released: %s %s", student, page.stem)
            except (Refused, OSError, KeyError) as error:
                failed.append(f"{student} ({error})")
        if failed:
            self.fail("No feedback was released for " + "; ".join(failed))


def notebooks(folder: int) -> list[str]:
    """Return the names of the notebooks in an open folder."""
    return sorted(name for name in os.listdir(folder) if name.lower().endswith(".ipynb"))


def give(data: bytes, path: Path, student: str) -> None:
    """Write a file that besides its owner only one user can read.

    Raises
    ------
    KeyError
        If there is no such user.
    Refused
        If the file system has no access control lists.

    Notes
    -----
    The list is in the form in which Linux keeps it: version 2, then tag, permissions and id of
    each entry; see ``include/uapi/linux/posix_acl_xattr.h``.
    """
    nobody = 0xFFFFFFFF
    entries = [
        (1, 6, nobody),  # who made it
        (2, 4, pwd.getpwnam(student).pw_uid),
        (4, 0, nobody),  # the group
        (16, 4, nobody),  # the most that a user named here has
        (32, 0, nobody),  # everyone else
    ]
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        packed = b"".join(struct.pack("<HHI", *entry) for entry in entries)
        try:
            os.setxattr(file.fileno(), ACL, struct.pack("<I", 2) + packed)
        except OSError as error:
            if error.errno != errno.ENOTSUP:
                raise
            why = "the exchange lies on a file system without access control lists"
            raise Refused(why) from error
        file.write(data)
    new.replace(path)


def user_name(uid: int) -> str:
    """Return the name of a user, or the number where there is no name."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
