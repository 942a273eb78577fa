# What a person types. Each target works from a fresh clone and is quick the second time.
.PHONY: help install python demo test lint bench soak foreign screenshots lock clean

python := .venv/bin/python

help:
	@echo 'make demo         a sample company at http://127.0.0.1:8000'
	@echo 'make install      everything into .venv, nothing started'
	@echo 'make test         every suite (ARGS="-k word" picks)'
	@echo 'make lint         ruff, mypy, import contracts, console'
	@echo 'make bench        the figures of docs/PERFORMANCE.md'
	@echo 'make soak PART=   long runs: mail, routing, sla, kernel'
	@echo 'make foreign      cases from outside the project'
	@echo 'make screenshots  the pictures of the README'
	@echo 'make lock         resolve the dependencies anew'
	@echo 'make clean        remove what the tools made'

install:
	@tools/install.sh

# Enough for what never opens the console.
python:
	@tools/install.sh python

demo: install
	@.venv/bin/servicedesk demo

test: install
	@$(python) hatch_build.py test
	@$(python) tools/run_tests.py all $(ARGS)

lint: python
	@tools/lint.sh

bench: python
	@$(python) tools/run_benchmarks.py $(ARGS)

soak: python
	@$(python) tools/run_tests.py soak $(PART)

foreign: python
	@$(python) tools/run_tests.py foreign $(ARGS)

screenshots: install
	@$(python) tools/run_tests.py screenshots

lock:
	@tools/lock.sh

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .import_linter_cache .pytest_cache .hypothesis
	rm -rf agent_ui/node_modules servicedesk/app/console
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
