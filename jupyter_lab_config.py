"""JupyterLab's settings for this course: `jupyterlab --config=jupyter_lab_config.py`.

`src/dgm/figures/jupyterlab/overrides.json` saves the state of the living figures with a
notebook, so that they stand there when it is opened again, and asks nobody about news.
"""

from pathlib import Path

c = get_config()  # noqa: F821, Jupyter puts it there
settings = Path(__file__).parent / "src/dgm/figures/jupyterlab"
c.LabApp.app_settings_dir = str(settings)
