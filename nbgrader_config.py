"""nbgrader's settings for this course. Run nbgrader from the folder that holds this file.

nbgrader passes over a file that it cannot load, as this one with a mistake in it, and would go on
without our steps. It then still loads nbgrader_config.json beside it: what that names refuses to
begin. What stands in both files is the same.
"""

try:
    from grading import plugins
except ImportError as error:
    raise ImportError(
        f"The grader cannot be imported ({error}), so nothing can be graded or released. In the "
        "course folder, install it with: pip install '.[grading]'"
    ) from error

c = get_config()  # noqa: F821 - nbgrader provides it

c.CourseDirectory.course_id = "sequence-models"
c.CourseDirectory.release_directory = "notebooks"
# Beside the notebooks in source/, and nowhere else: they hold wrong and right code.
c.CourseDirectory.ignore = [
    *(".ipynb_checkpoints", "*.pyc", "__pycache__", ".pytest_cache"),
    *("misconceptions.toml", "right.toml"),
]

# What lies beside every notebook, in the release and in the sandbox.
shared_files = ["rnn_utils.py", "rnn_plots.py", "moving.py"]
shared_files += ["exercise_inputs.py", "public_tests.py", "public_tests.json", "answer_checks.py"]
shared_files += ["hints.py", "hints.json"]

# Release: nbgrader's own steps, behind a look at the test cells, with the shared files put in.
c.GenerateAssignment.preprocessors = [
    "grading.plugins.CountExams",
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "nbgrader.preprocessors.InstantiateTests",
    "nbgrader.preprocessors.LockCells",
    "nbgrader.preprocessors.ClearSolutions",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.SaveCells",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.CheckCellMetadata",
    "grading.plugins.ShareFiles",
]
c.ShareFiles.files = shared_files
c.ClearSolutions.code_stub = {"python": 'raise NotImplementedError("not written yet")'}

# Grading: nbgrader's own steps, but for the one that executes a notebook.
plugins.install()
c.Autograde.autograde_preprocessors = [
    "grading.plugins.ExecuteBehindWall",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.NotebookExporter.preprocessors = ["grading.plugins.Guard"]
c.ExecuteBehindWall.shared_files = shared_files
# A cell of these lessons takes well under a second, and a call by a test milliseconds.
c.ExecuteBehindWall.total_seconds = 120.0
c.ExecuteBehindWall.cell_seconds = 10.0
c.ExecuteBehindWall.call_seconds = 5.0
c.ExecuteBehindWall.seed = 2026  # change it once a year: it fixes the hidden inputs

# Feedback: nbgrader's own steps, after the hidden tests are taken out, and a page of ours.
c.GenerateFeedback.exporter_class = "grading.plugins.Page"
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.ClearHiddenTests",
    "grading.plugins.Grades",
]

# What students wrote is harmless in a browser: in the formgrader and in feedback.
c.HTMLExporter.preprocessors = ["grading.plugins.GuardedPage"]
c.HTMLExporter.filters = {
    "markdown2html": "grading.plugins.HarmlessMarkdown",
    "clean_html": "grading.plugins.harmless_output_html",
}
c.HTMLExporter.sanitize_html = True

# Downloads of Canvas's and Moodle's: nbgrader zip_collect
c.ZipCollectApp.extractor_plugin = "grading.plugins.Extractor"
c.ZipCollectApp.collector_plugin = "grading.plugins.Collector"
