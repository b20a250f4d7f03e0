"""nbgrader's settings for this course: run its commands from this folder.

    python -m classroom.release        (or `make exercises`) before the first grading
    nbgrader autograde ps01
    nbgrader generate_feedback ps01
    nbgrader export

Submissions are read from submitted/<student>/ps01/ps01.ipynb.
"""

import os
import sys
import warnings
from pathlib import Path

from classroom.submission import only_plain_files

c = get_config()  # noqa: F821
HERE = Path(__file__).parent.resolve()

# nbgrader calls `alembic` by name: find it also where the environment is not activated.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

# SQLAlchemy minds the order in which nbgrader links its records; the records are right.
warnings.filterwarnings("ignore", message="Object of type <Submitted")

c.CourseDirectory.course_id = "dgm"
c.CourseDirectory.root = str(HERE)
c.CourseDirectory.source_directory = "_build/source"
c.CourseDirectory.release_directory = "exercises"

# Points come from probes: student code runs in a sandbox and hands out numbers, which
# are compared here. Nothing of nbgrader's executes a submission.
c.Autograde.exporter_class = "classroom.submission.SubmissionExporter"
c.Autograde.pre_convert_hook = only_plain_files
c.Autograde.sanitize_preprocessors = [
    "classroom.restore.Restore",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "classroom.probes.Probes",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Restore.exercises = str(HERE / "exercises")
c.Probes.solutions = str(HERE / "solutions")
# psNN.secret.json, drawn once: back it up with gradebook.db
c.Probes.secrets = str(HERE)
c.Probes.seconds = 20  # for one cell, or one question
# Formgrader shows what a student wrote as text, never as a page's own HTML.
c.HTMLExporter.filters = {"markdown2html": "classroom.formgrader.markdown"}
c.HTMLExporter.preprocessors = ["classroom.formgrader.Disarm"]
c.GenerateFeedback.exporter_class = "classroom.feedback.FeedbackPage"
c.ExportApp.plugin_class = "classroom.export.ExportGrades"
