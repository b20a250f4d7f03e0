"""deploy/ on this machine alone: a real hub, its proxy, a course and two students.

It is the trial of deploy/trial, so all are one system user: what only system users keep
apart (files) is not tried here; what hub and servers keep apart is.
"""

import concurrent.futures
import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import requests
from conftest import missing
from submissions import ROOT, from_truth, lean, solved

from classroom.release import release

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(os.name != "posix", reason="the exchange needs a POSIX system"),
]
PROXY = ROOT / "deploy" / "node_modules" / ".bin" / "configurable-http-proxy"
CONFIG = """
load_subconfig({trial!r})
c.JupyterHub.bind_url = "http://127.0.0.1:{}"
c.JupyterHub.hub_port = {}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{}"
c.JupyterHub.services = [{{"name": "test", "api_token": {token!r}}}]
c.JupyterHub.load_roles.append({{"name": "test", "services": ["test"], "scopes": [
    "admin:users", "admin:servers", "access:servers", "tokens"]}})
c.JupyterHub.tornado_settings = {{"slow_spawn_timeout": 0}}
"""
WRONG = {"bars_log_prob": from_truth("ps01", "bars_log_prob", "mean_of_logs")}


class Hub:
    """A running hub: its folder, and requests to it under somebody's token."""

    def __init__(self, folder, address, token):
        self.folder, self.address, self.token = folder, address, token

    def ask(self, path, method="GET", token=None, **more):
        head = {"Authorization": f"token {token or self.token}"}
        url = f"{self.address}/{path}"
        return requests.request(method, url, headers=head, timeout=120, **more)

    def server(self, user):
        """Start a user's server and wait until it answers."""
        self.ask(f"hub/api/users/{user}", "POST")
        self.ask(f"hub/api/users/{user}/server", "POST").raise_for_status()
        while True:
            servers = self.ask(f"hub/api/users/{user}").json()["servers"]
            if servers.get("", {}).get("ready"):
                return
            assert servers, f"{user}'s server did not start:\n{self.log()}"
            time.sleep(0.2)

    def log(self):
        return (self.folder / "hub.log").read_text("utf-8")[-3000:]

    def own_token(self, user):
        answer = self.ask(f"hub/api/users/{user}/tokens", "POST", json={})
        return answer.json()["token"]

    def course(self, what, method="POST", **more):
        """Press a button of formgrader."""
        answer = self.ask(f"user/course/formgrader/api/{what}", method, **more).json()
        assert method != "POST" or answer["success"], answer.get("error")
        return answer

    def student(self, user, what, method="POST"):
        """Press a button of the student's Assignment List."""
        names = {"course_id": "dgm", "assignment_id": "ps01"}
        answer = self.ask(f"user/{user}/assignments{what}", method, params=names).json()
        assert answer["success"], answer
        return answer["value"]


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    """A hub with a course of one set, the course's server and two students'."""
    if not PROXY.exists() or not Path(sys.prefix, "bin", "jupyterhub").exists():
        missing("JupyterHub or its proxy", "run `make hub` (npm must be there).")
    if not shutil.which("node") or not shutil.which("bwrap"):
        missing("node or bubblewrap", "no class can be run on this machine.")
    folder = tmp_path_factory.mktemp("hub")
    course = folder / "homes" / "course" / "course"
    for part in ("solutions/ps01", "exercises/ps01"):
        shutil.copytree(ROOT / part, course / part)
    shutil.copy(ROOT / "nbgrader_config.py", course)
    release(course, "ps01", write=True)
    (folder / "exchange").mkdir()
    (folder / "exchange").chmod(0o1777)
    with running(folder) as hub:
        with concurrent.futures.ThreadPoolExecutor() as side_by_side:
            list(side_by_side.map(hub.server, ("course", "alice", "bob")))
        yield hub


@contextlib.contextmanager
def running(folder):
    """Start the hub of deploy/trial on free ports, and leave nothing of it behind."""
    holes = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    ports, token = [hole.getsockname()[1] for hole in holes], secrets.token_hex(16)
    trial = str(ROOT / "deploy" / "trial" / "jupyterhub_config.py")
    config = folder / "jupyterhub_config.py"
    config.write_text(CONFIG.format(*ports, trial=trial, token=token), "utf-8")
    for hole in holes:
        hole.close()
    command = [f"{sys.prefix}/bin/jupyterhub", "-f", str(config)]
    hub = Hub(folder, f"http://127.0.0.1:{ports[0]}", token)
    with (folder / "hub.log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        while True:
            assert process.poll() is None, f"the hub ended:\n{hub.log()}"
            with contextlib.suppress(requests.ConnectionError):
                if hub.ask("hub/api/users").ok:
                    break
            time.sleep(0.2)
        yield hub
    finally:
        stop(process)


def stop(process):
    """End the hub, its proxy, the servers and their kernels: nothing to save here."""
    process.send_signal(signal.SIGSTOP)  # it would start a proxy anew
    family = psutil.Process(process.pid).children(recursive=True)
    for one in (*family, process):
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()
    process.wait()
    psutil.wait_procs(family, 5)


def test_two_students_from_fetch_to_feedback(hub):
    course = hub.folder / "homes" / "course" / "course"
    hub.course("assignment/ps01/release")
    work = {"alice": lean(solved("ps01")), "bob": lean(solved("ps01", **WRONG))}
    for student, notebook in work.items():
        assert [a["status"] for a in hub.student(student, "", "GET")] == ["released"]
        hub.student(student, "/fetch")
        path = f"user/{student}/api/contents/ps01/ps01.ipynb"
        body = {"type": "notebook", "content": notebook}
        hub.ask(path, "PUT", json=body).raise_for_status()
        hub.student(student, "/submit")
    hub.course("assignment/ps01/collect")

    command = [sys.executable, "-m", "classroom", "grade", "ps01", "--workers", "1"]
    done = subprocess.run(command, cwd=course, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for row in hub.course("submissions/ps01", "GET"):
        if row["student"] == "alice":
            grades = hub.course("grades", "GET", params={"submission_id": notebook_of(
                hub, row["student"])})  # fmt: skip
            words = next(g for g in grades if g["needs_manual_grade"])
            score = {"manual_score": 1}
            hub.course(f"grade/{words['id']}", "PUT", json=score)
    scores = {r["student"]: r["score"] for r in hub.course("submissions/ps01", "GET")}
    assert scores == {"alice": 20, "bob": 16}

    hub.course("assignment/ps01/generate_feedback")
    hub.course("assignment/ps01/release_feedback")
    for student, points, mistake in (("alice", 20, False), ("bob", 16, True)):
        (sent,) = hub.student(student, "/fetch_feedback")[-1]["submissions"]
        assert sent["has_local_feedback"]
        path = f"user/{student}/api/contents/{sent['local_feedback_path']}/ps01.html"
        page = hub.ask(path).json()["content"]
        assert f"{points} of 20" in page
        assert ("You average the logs" in page) == mistake


def notebook_of(hub, student):
    """Find a student's notebook in the gradebook."""
    rows = hub.course("submitted_notebooks/ps01/ps01", "GET")
    return next(row["id"] for row in rows if row["student"] == student)


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("alice", "user/alice/api/contents", 200),
        ("alice", "user/alice/formgrader/api/status", 404),
        ("alice", "user/alice/api/contents/%2e%2e/bob", 404),
        ("alice", "user/alice/files/%2e%2e/course/course/gradebook.db", 404),
        ("alice", "user/bob/api/contents/ps01/ps01.ipynb", 403),
        ("alice", "user/course/api/contents/course/gradebook.db", 403),
        ("alice", "user/course/formgrader/api/students", 403),
        ("alice", "hub/api/users/course/server", 404),
        ("teacher", "user/course/formgrader/api/status", 200),
        ("teacher", "user/alice/api/contents", 403),
    ],
)
def test_who_may_open_what(hub, who, path, status):
    method = "POST" if path.startswith("hub/") else "GET"
    assert hub.ask(path, method, hub.own_token(who)).status_code == status


def test_the_exchange_lets_students_put_and_not_look(hub):
    folders = (hub.folder / "exchange" / "dgm").iterdir()
    modes = {p.name: p.stat().st_mode & 0o777 for p in folders}
    assert modes == {"outbound": 0o755, "inbound": 0o733, "feedback": 0o711}
