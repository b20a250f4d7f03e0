"""nbgrader's settings for the account `course`: the course's own, and the exchange."""

import os
from pathlib import Path

c = get_config()  # noqa: F821
load_subconfig(str(Path.home() / "course" / "nbgrader_config.py"))  # noqa: F821
c.Exchange.root = os.environ.get("NBGRADER_EXCHANGE", "/srv/exchange")
# A submission is its owner's, whatever its name says.
c.ExchangeFactory.collect = "classroom.collect.Collect"
if "TRIAL" in os.environ:  # trial/: all are one system user
    c.ExchangeCollect.check_owner = False
