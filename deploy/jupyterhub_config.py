"""A class on one server: a system user a student, nbgrader's exchange between them.

README.md beside this file has the commands, in order. Two groups of the system say who
is who, so that nothing here needs an edit when somebody comes or goes:

    students       may log in, and get a server of their own
    instructors    may also open the server of the account `course`

The account `course` owns the course: its folder, the gradebook, the secrets, the
exchange. Nobody logs in as `course`.
"""

import grp
import os
import sys
from pathlib import Path

c = get_config()  # noqa: F821
HERE = Path(__file__).parent.resolve()
PREFIX = Path(sys.prefix)
ACCOUNT = "course"


def members(group: str) -> list[str]:
    """List who is in a group of the system; nobody, where there is no such group."""
    try:
        return grp.getgrnam(group).gr_mem
    except KeyError:
        return []


# Who may log in: PAM asks the system for the password.
c.JupyterHub.authenticator_class = "pam"
c.LocalAuthenticator.allowed_groups = {"students", "instructors"}
c.Authenticator.blocked_users = {"root"}

# Who may open the course's server, and start and stop it.
c.JupyterHub.load_groups = {
    "instructors": {"users": members("instructors")},
    "accounts": {"users": [ACCOUNT]},  # makes it known to the hub
}
c.JupyterHub.load_roles = [
    {
        "name": "instructors",
        "groups": ["instructors"],
        "scopes": [f"{what}!user={ACCOUNT}" for what in ("servers", "access:servers")],
    }
]

# A server runs as the system user of its name, in that user's home.
c.JupyterHub.spawner_class = "jupyterhub.spawner.LocalProcessSpawner"
c.Spawner.cmd = [str(PREFIX / "bin" / "jupyterhub-singleuser")]
c.Spawner.default_url = "/lab"
c.Spawner.start_timeout = 120
c.Spawner.environment = {
    "PATH": f"{PREFIX / 'bin'}{os.pathsep}{os.environ['PATH']}",
    "OMP_NUM_THREADS": "2",  # one student's training does not take every core
    # Jupyter's and nbgrader's settings: students have no formgrader.
    "JUPYTER_CONFIG_PATH": lambda spawner: str(
        HERE / ("course" if spawner.user.name == ACCOUNT else "student")
    ),
}

# The way in. Other machines reach it through TLS only: with the two files, or through
# a web server on this machine that has them.
tls = Path("/srv/hub/tls")
if (tls / "key.pem").exists():
    c.JupyterHub.bind_url = "https://:443"
    c.JupyterHub.ssl_key, c.JupyterHub.ssl_cert = f"{tls}/key.pem", f"{tls}/cert.pem"
else:
    c.JupyterHub.bind_url = "http://127.0.0.1:8000"

# The proxy whose exact version package-lock.json holds. The hub's own database, cookie
# secret and process ids lie in the folder that it is started from, /srv/hub.
c.ConfigurableHTTPProxy.command = [
    str(HERE / "node_modules" / ".bin" / "configurable-http-proxy")
]
