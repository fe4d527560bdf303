"""Fill the folder of hand-ins, ``submitted/``, with a sample class made of the gallery's entries.

``python -m tests.support.sample_class``, run from the course's root after a release; it does
nothing when there are submissions already.
"""

from __future__ import annotations

from pathlib import Path

from grading.store.course import open_course
from grading.store.places import Places
from tests.support.course import Course, assignments
from tests.support.gallery import ENTRIES, SIGNATURES, Entry

# Student to the gallery entries in the submission, by the start of their names.
STUDENTS: dict[str, tuple[str, ...]] = {
    "right": (),
    "right-unusual": ("np.dot, get", "lists stacked", "one product for all", "a class with a call"),
    "wrong-values": ("predicts from the old state", "predicts from the cell state"),
    "wrong-recurrence": ("feeds a0 at every step",),
    "wrong-cache": ("cache order swapped", "caches overwritten", "cache order of two gates"),
    "wrong-in-place": ("state buffer updated in place", "updates c_prev in place"),
    "wrong-at-extremes": ("softmax without its maximum",),
    "wrong-shapes": ("concatenates along the batch", "returns c before y"),
    "syntax-error": ("a syntax error",),
    "never-ends": ("a cell that never ends", "a loop that swallows its interrupt"),
    "hostile": ("NumPy patched", "leaves the process", "looks for the reference"),
}
HALF_DONE = tuple(
    Entry(
        "half done",
        function,
        ENTRIES[0].verdict,
        cell=f'{signature}\n    raise NotImplementedError("not written yet")\n',
    )
    for function, signature in SIGNATURES.items()
    if not function.endswith("cell_forward")
)


def fill(course: Course) -> int:
    """Hand in for every student of the sample class; return how many there are."""
    for assignment in assignments(course.root):
        for student, starts in STUDENTS.items():
            entries = [entry for entry in ENTRIES if starts and entry.name.startswith(starts)]
            course.submit(student, assignment, course.answers(assignment, *entries))
        course.submit("half-done", assignment, course.answers(assignment, *HALF_DONE))
        course.submit("untouched", assignment, course.release(assignment))
        course.submit("not-a-notebook", assignment, b"My answers are in the other file.\n")
        other = next(name for name in assignments(course.root) if name != assignment)
        course.submit("other-assignment", assignment, course.release(other))
        course.submit("empty-folder", assignment, None)
    return len(STUDENTS) + 5


if __name__ == "__main__":
    course = open_course().coursedir
    submitted = f"{course.submitted_directory}/"
    if Places(course).hand_in_folders("*"):
        print(f"Grading what is in {submitted}.")
    else:
        count = fill(Course(Path(course.root), plots=True, make=False, coursedir=course))
        print(f"{submitted} was empty: filled it with a sample class of {count} students.")
