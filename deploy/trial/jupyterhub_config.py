"""To look at it on your own machine. Never for a class: there is no wall in here.

All servers run as you, so whoever gets in reads and writes what you may. Hence the hub
listens on this machine only, and asks for a password that it makes up and prints.
Any name gets in with it; `teacher` is the instructor, every other name a student.
"""

import os
import secrets
from pathlib import Path

c = get_config()  # noqa: F821
load_subconfig(str(Path(__file__).parent.parent / "jupyterhub_config.py"))  # noqa: F821
HERE = Path.cwd()

password = os.environ.get("HUB_PASSWORD") or secrets.token_urlsafe(9)
print(f"The password, for every name, is {password}")
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = password
c.SharedPasswordAuthenticator.allow_all = True
c.JupyterHub.load_groups["instructors"] = {"users": ["teacher"]}
c.JupyterHub.bind_url = "http://127.0.0.1:8000"

# A home is a folder beside the one that you start in: homes/course has the course.
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(HERE / "homes" / "{username}")
c.Spawner.environment["NBGRADER_EXCHANGE"] = str(HERE / "exchange")
# All are one system user, so nbgrader has the student's name from the hub.
c.Spawner.environment["TRIAL"] = "1"
if os.geteuid() == 0:
    c.Spawner.args = ["--allow-root"]
