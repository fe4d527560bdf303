"""nbgrader's settings for this course. Run nbgrader from the folder that holds this file.

nbgrader passes over a file that it cannot load, as this one with a mistake in it, and would go on
without our steps. It then still loads nbgrader_config.json beside it: what that names refuses to
begin.
"""

try:
    import grading
except ImportError as error:
    raise ImportError(
        f"The grader cannot be imported ({error}), so nothing can be graded or released. In the "
        "course folder, install it with: pip install '.[grading]'"
    ) from error

c = get_config()  # noqa: F821 - nbgrader provides it
grading.configure(c)  # every step of the grader's; what is set below takes its place

c.CourseDirectory.course_id = "sequence-models"
c.CourseDirectory.release_directory = "notebooks"
# What lies beside every notebook, in the release and in the sandbox.
c.ShareFiles.files = ["rnn_utils.py", "public_tests.py", "lesson_tools"]

# A cell of these lessons takes well under a second, and a call by a test milliseconds.
c.ExecuteBehindWall.total_seconds = 120.0
c.ExecuteBehindWall.cell_seconds = 10.0
c.ExecuteBehindWall.call_seconds = 5.0
