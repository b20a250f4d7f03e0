# Each target is one or two ordinary commands. Without make, on Windows for example, type
# them yourself: README.md has the list.
PYTHON ?= python3
RUN = .venv/bin/python -m
SET_UP = .venv/installed
HUB = .venv/hub
PEERS = .venv/peers

.PHONY: book pdf test unit serve lab exercises bundle lint hub bench

book: $(SET_UP)  ## execute every chapter and write _build/html
	.venv/bin/jupyter-book build . -W --keep-going

pdf: book  ## the book on paper, _build/dgm-book.pdf; Chromium prints it
	.venv/bin/python book/_ext/pdf.py

test: $(SET_UP)  ## everything, in a browser too
	$(RUN) pytest -n auto

unit: $(SET_UP)  ## what takes seconds
	$(RUN) pytest -m "not browser and not slow"

serve: book  ## the book at http://127.0.0.1:8000
	$(RUN) http.server --bind 127.0.0.1 --directory _build/html 8000

lab: $(SET_UP)  ## JupyterLab with the labs and the exercises
	$(RUN) jupyterlab --config=jupyter_lab_config.py

exercises: $(SET_UP)  ## release solutions/ into exercises/; the labs' first cell
	$(RUN) classroom.anywhere && $(RUN) classroom.release

bundle: book  ## the students' copy with its book, one zip: _build/dgm-course.zip
	$(RUN) classroom bundle

lint: $(SET_UP)
	$(RUN) ruff check . && $(RUN) ruff format --check .

bench: $(PEERS)  ## what is fast, beside peers and limits: a quarter of an hour, idle
	$(RUN) benchmarks

$(PEERS): $(SET_UP) benchmarks/requirements.txt
	$(RUN) pip install -c requirements.txt -r benchmarks/requirements.txt
	touch $@

hub: $(HUB)  ## JupyterHub and its proxy, which deploy/ needs; npm must be there

$(HUB): $(SET_UP) deploy/requirements.txt deploy/package-lock.json
	$(RUN) pip install -c requirements.txt -r deploy/requirements.txt
	npm ci --prefix deploy
	touch $@

$(SET_UP): requirements.txt pyproject.toml
	@$(PYTHON) -c "import sys; sys.version_info >= (3, 11) or sys.exit('got Python ' \
	+ sys.version.split()[0] + ', expected 3.11 or newer: make PYTHON=python3.12')"
	$(PYTHON) -m venv .venv
	$(RUN) pip install -r requirements.txt
	$(RUN) pip install --no-deps --no-build-isolation -e .
	touch $@
