# `make` lists what can be made. Everything lands in build/. docs/testing.md says more.

PYTHON ?= $(shell for p in python3.11 python3; do "$$p" -c 'import pip' 2>/dev/null && echo "$$p" && break; done)
# One Blender alone: make test-timeline BPY=5.0
BPY ?= 4.2 4.5 5.0 5.2
BPY_LAYERS := $(BPY:%=timeline-%)
# It begins first, so that nothing is left to wait for alone.
LONGEST_LAYER := $(filter timeline-5.2,$(BPY_LAYERS))
# One real Blender alone: make test-gui GUI=5.2. Your own: BLENDER=/path/to/blender make test-gui
GUI ?= 4.3 5.2
GUI_LAYERS := $(if $(BLENDER),gui,$(GUI:%=gui-%))
GUI_ENVS := $(if $(BLENDER),,$(GUI:%=blender-%))
# Whole campaigns, and every test in every Blender: make test-timeline BPY=5.0 ALL=1
ALL ?=
RUN_TESTS = $(PYTHON) tools/run_tests.py $(if $(ALL),--all)
# Python for Windows, under wine: in `make test-all`.
WINDOWS ?=
# More for pytest: make test-core ARGS="-k journal -x"
ARGS ?=
# Cases or groups of them, and where: make fidelity CASES="whole-25 place" IN=5.2
CASES ?=
IN ?=
# Parts of the bench: make bench PARTS="export start"
PARTS ?=
export PYTEST_ADDOPTS := $(PYTEST_ADDOPTS) $(ARGS)

VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' blender_manifest.toml)
ZIP := build/reshoot-$(VERSION).zip
BPY_ENV := env-bpy-5.0

.PHONY: help setup build lint test test-all test-core test-windows test-timeline test-gui fidelity reliability bench demo pictures footage clean
.DEFAULT_GOAL := help
# The parts run side by side on their own, where that is safe.
.NOTPARALLEL:

help:
	@echo 'make setup          the environments, in build/env (once; about 8 GB)'
	@echo 'make build          $(ZIP)'
	@echo 'make test           everything below up to test-gui, in a quarter of an hour: of each campaign a sample, and in the'
	@echo '                    older Blenders what depends on their version'
	@echo 'make test-all       the same with whole campaigns, every test in every Blender, and test-windows; takes some hours'
	@echo 'make lint           ruff and mypy'
	@echo 'make test-core      the tests that need no Blender'
	@echo 'make test-windows   the same in Python for Windows, under wine; a sample of each campaign'
	@echo 'make test-timeline  the tests in Blender, with the zip installed (BPY=5.0 for one Blender; ALL=1 for all of its tests)'
	@echo 'make test-gui       the tests in real Blender with a window (GUI=5.2 for one, BLENDER=/path/to/blender for yours)'
	@echo 'make fidelity       round trips in which the picture comes back unchanged, measured; writes docs/fidelity.md'
	@echo '                    CASES="whole-25 place" for some cases or groups of them, IN=5.2 in one Blender; writes nothing then'
	@echo 'make reliability    every fault at every request of a job, counted; writes docs/reliability.md'
	@echo 'make bench          the budgets of the design, measured; writes docs/performance.md, and fails where a figure got worse'
	@echo '                    PARTS="export start" for some; ACCEPT=1 takes the figures as the new baseline'
	@echo 'make demo           a rehearsal from the shot to the take, in Blender 5.0, to build/demo'
	@echo '                    CLIP=clip.mp4 PROMPT="…" IMAGES="a.png b.png c.png" for your own'
	@echo '                    FAL_KEY=… LIVE=1 sends it to fal.ai, which costs the price that it prints'
	@echo 'make pictures       the pictures of README and docs, from Blender 5.2, to docs/pictures; more, to look at, to build/pictures'
	@echo 'make clean          remove build/'

# provision.py leaves an environment alone that is there and up to date.
env-%:
	@$(PYTHON) tools/provision.py $*

setup:
	@$(PYTHON) tools/provision.py tools $(BPY:%=bpy-%) $(GUI_ENVS)

build:
	@$(PYTHON) tools/build.py

lint: env-tools
	@$(RUN_TESTS) lint

test-core: env-tools
	@$(RUN_TESTS) core

test-windows: env-windows
	@$(RUN_TESTS) windows

test-timeline: $(BPY:%=env-bpy-%) build footage
	@$(RUN_TESTS) $(BPY_LAYERS)

test-gui: env-tools $(GUI_ENVS:%=env-%) build footage
	@$(RUN_TESTS) $(GUI_LAYERS)

test: setup $(WINDOWS:%=env-%) build footage
	@$(RUN_TESTS) lint $(LONGEST_LAYER) $(GUI_LAYERS) core $(WINDOWS) $(filter-out $(LONGEST_LAYER),$(BPY_LAYERS))

test-all:
	@$(MAKE) --no-print-directory test ALL=1 WINDOWS=windows

fidelity: $(BPY_ENV) env-blender-5.2 build footage
	@$(PYTHON) tools/fidelity $(CASES) $(if $(IN),--in $(IN))

reliability: env-tools
	@build/env/tools/bin/python tools/reliability.py

# ACCEPT and TRIALS reach it through the environment.
bench: $(BPY_ENV) env-bench env-blender-5.2 build footage
	@env -u BLENDER PYTHONPATH=tests/helpers:tests/helpers/gui RESHOOT_GUI_BLENDER=5.2 build/env/bench/bin/python tools/bench $(PARTS)

# CLIP, PROMPT, IMAGES and LIVE reach it through the environment, where make puts them.
demo: $(BPY_ENV) build $(if $(CLIP),,footage)
	@build/env/bpy-5.0/bin/python tools/demo.py --zip $(ZIP) $(if $(PICTURE),--picture '$(PICTURE)')

# Two commands: the demo's stills and its picture first. What is looked at is taken in both Blenders.
pictures: $(BPY_ENV) env-tools env-blender-4.3 env-blender-5.2 build footage
	@mkdir -p build/pictures
	@env -u CLIP -u PROMPT -u IMAGES -u LIVE build/env/bpy-5.0/bin/python tools/demo.py --zip $(ZIP) \
		--picture build/pictures/before-after.jpg
	@env -u BLENDER PYTHONPATH=tests/helpers:tests/helpers/gui RESHOOT_GUI_BLENDER=5.2 build/env/tools/bin/python tools/pictures.py
	@env -u BLENDER PYTHONPATH=tests/helpers:tests/helpers/gui RESHOOT_GUI_BLENDER=4.3 build/env/tools/bin/python tools/pictures.py --check-only

footage:
	@$(PYTHON) tools/footage.py

clean:
	rm -rf build
