"""What lies in the course folder: hand-ins, graded work, the gradebook, the audit file, a class.

In comes nbgrader's `CourseDirectory`, which alone knows where things lie; out come bytes of
hand-ins (`submitted`, `nested`), graded notebooks put there whole and read back (`autograded`), one
gradebook that stays open (`gradebook`) and its marks (`marks`), the lock of a course (`lock`), a
line for each grading (`audit`), the secret from which hidden inputs come (`seed`), and who is in a
class and what became of everyone's work (`cohort`), the one reader of a class.
"""

from grading.store.audit import AuditEntry, AuditFile, DrawingEntry, FaultEntry
from grading.store.autograded import (
    Pending,
    empty,
    publish,
    read_graded,
    timestamp,
)
from grading.store.cohort import Answer, Class, Member, complete, read_class
from grading.store.course import Course, open_course
from grading.store.files import SECRET, SIZE_LIMIT, TIMESTAMP, Unusable, copy_others, read_file
from grading.store.gradebook import (
    lend_gradebook,
    open_gradebook,
    prepare_gradebook,
    transaction,
)
from grading.store.lock import lock_course
from grading.store.marks import Mark, read_marks
from grading.store.nested import BROKEN, MOST, entry_name, holds_many, why_not
from grading.store.penalties import Penalties, stored
from grading.store.places import REPORTS, Places, Work, near
from grading.store.seed import find_seed
from grading.store.settings import CONFIG, broken, check_settings, settings_fault
from grading.store.submitted import hand_in, read_note

__all__ = [
    "BROKEN",
    "CONFIG",
    "MOST",
    "REPORTS",
    "SECRET",
    "SIZE_LIMIT",
    "TIMESTAMP",
    "Answer",
    "AuditEntry",
    "AuditFile",
    "Class",
    "Course",
    "DrawingEntry",
    "FaultEntry",
    "Mark",
    "Member",
    "Penalties",
    "Pending",
    "Places",
    "Unusable",
    "Work",
    "broken",
    "check_settings",
    "complete",
    "copy_others",
    "empty",
    "entry_name",
    "find_seed",
    "hand_in",
    "holds_many",
    "lend_gradebook",
    "lock_course",
    "near",
    "open_course",
    "open_gradebook",
    "prepare_gradebook",
    "publish",
    "read_class",
    "read_file",
    "read_graded",
    "read_marks",
    "read_note",
    "settings_fault",
    "stored",
    "timestamp",
    "transaction",
    "why_not",
]
