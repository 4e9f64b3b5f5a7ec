# `make` alone prints this help.
.DEFAULT_GOAL := help
.PHONY: .need-python help run test check lock clean train evaluate bench-times bench-booking bench-desk bench-nlu

# The newest Python that the application supports; any from 3.11 on will do.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
  if $$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then echo $$p; break; fi; done)
BIN := .venv/bin

help: ## print this help
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

.need-python:
	@if [ -z "$(PYTHON)" ]; then \
	  echo "Python 3.11 or newer with venv is needed. Get it with: apt-get install python3 python3-venv, or: pyenv install 3.11" >&2; exit 1; fi

run: .need-python ## set up what is missing, then serve on BOT_HOST:BOT_PORT (http://127.0.0.1:8080)
	@$(PYTHON) -m bot.setup run && BOT_DEMO=$${BOT_DEMO:-true} exec $(BIN)/python -m bot serve

test: .need-python ## set up what is missing, then run every test
	@$(PYTHON) -m bot.setup test && $(BIN)/python -m pytest -n auto --maxprocesses 4 --no-loadscope-reorder

check: ## lint, types, import contracts and training data
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@.venv-rasa/bin/python -m bot.engine.lint

train: ## train the language model
	@$(BIN)/python -m bot train

evaluate: ## score the model on the development set
	@$(BIN)/python -m bot evaluate tests/nlu/dev.jsonl

lock: ## renew the locked requirements of all environments
	@$(BIN)/uv pip compile pyproject.toml --group application --python-version 3.11 --universal \
	  --generate-hashes --no-emit-index-url --no-header -q -o requirements/application.txt
	@$(BIN)/uv pip compile pyproject.toml --group engine --python-version 3.10 \
	  --generate-hashes --no-emit-index-url --no-header -q -o requirements/engine.txt
	@$(BIN)/uv pip compile pyproject.toml --group benchmarks --python-version 3.11 --universal \
	  --generate-hashes --no-emit-index-url --no-header -q -o requirements/benchmarks.txt
	@$(BIN)/uv pip compile pyproject.toml --group benchmarks-nlu --python-version 3.10 --no-deps \
	  --generate-hashes --no-emit-index-url --no-header -q -o requirements/benchmarks-nlu.txt

# Its own environment: what is compared with must never stand beside the application.
bench-times: ## compare the time grammar with dateparser and jionlp, into docs/benchmarks.md
	@test -x .venv-bench/bin/python || $(BIN)/uv venv -q --python $(BIN)/python .venv-bench
	@$(BIN)/uv pip sync -q --python .venv-bench/bin/python --require-hashes requirements/benchmarks.txt
	@.venv-bench/bin/python -m benchmarks.times docs/benchmarks.md

bench-booking: ## measure window search and booking at 1e4 and 1e6 orders, into docs/benchmarks.md
	@$(BIN)/python -m benchmarks.booking docs/benchmarks.md

bench-desk: ## measure takeover with 2,000 sockets and 200 lines a second, into docs/benchmarks.md
	@$(BIN)/python -m benchmarks.desk docs/benchmarks.md

# In a folder beside the engine's environment: the engine never sees what is compared with.
bench-nlu: ## compare pipelines of understanding, into docs/understanding.md (an hour)
	@test -d .venv-bench-nlu || $(BIN)/uv pip install -q --python .venv-rasa/bin/python --no-deps \
	  --target .venv-bench-nlu --require-hashes -r requirements/benchmarks-nlu.txt
	@PYTHONPATH=.venv-bench-nlu .venv-rasa/bin/python -m benchmarks.nlu docs/understanding.md

clean: ## remove everything that was made, data included
	@rm -rf .venv .venv-rasa .venv-bench .venv-bench-nlu var models .rasa bot/web/dist bot/web/node_modules
