"""nbgrader's settings for a student: which course, and where its exchange is."""

import os

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "dgm"
c.Exchange.root = os.environ.get("NBGRADER_EXCHANGE", "/srv/exchange")
# "Validate" then stumbles over stubs; what a function computes, only `check` knows.
c.Validator.validate_all = True
if "TRIAL" in os.environ:  # trial/: every student is the same system user
    c.CourseDirectory.student_id = os.environ["JUPYTERHUB_USER"]
