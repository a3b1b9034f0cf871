# make lab      JupyterLab with the kernel "cnet", on the list of lessons (ARGS=--no-browser: only show the URL)
# make build    the command line, bin/cnet
# make html     web pages of the lessons, in bin/site
# make moving-pictures   the README's GIFs, from two lessons in a browser; look at them before you commit
# make clean    remove what make made
#
# For who works on it:
# make quick    vet and one case of each kind, for while you work; make fmt formats, make hook has git check commits
# make test     every test of the project
# make lessons  runs the notebooks and saves their outputs (LESSONS=notebooks/02*: some)
# make kernel   builds the Jupyter kernel from this checkout and installs it in .venv
# make image    runs the steps of .binder/Dockerfile in a clean directory
#
# To measure, with nothing else running:
# make bench    speed and memory of everything, as a table and in bin/bench.json; PEERS=/path/to/python measures PyTorch
#               and JAX in turns with it, BENCH=--quick measures little
# make bench-go      the Go benchmarks, for benchstat
# make bench-kernel  latencies of the kernel beside those of plain GoNB
# make bench-class   20 kernels at once: time and memory (CLASS="--kernels 30")
# make gpu-check     packs what checks and measures a GPU into bin/gpu-check.tar.gz, for a machine without Go
#
# They need Go (the version in go.mod) and Python 3.10 with venv, and nothing else; they check it first.

PYTHON ?= python3
VENV := .venv
VENV_PYTHON := $(VENV)/bin/python
NOTEBOOK := notebooks/00-index.ipynb

# Packages with goroutines of their own, tested a second time under the race detector.
RACE_PKGS ?= ./kernel/... ./cnet/dataset/...
TEST_FLAGS ?= -timeout 20m

# Packages with Go benchmarks.
BENCH_PKGS ?= ./cnet/...

# Folders with Go files.
GO_DIRS := assets cnet internal kernel

# Tests of the kernel in live sessions; some of them: make session SESSION_TESTS="cells displays"
SESSION_TESTS ?= together installed protocol messages cells variables displays comms hostile orphans classroom frontends

# Matrix products in AVX2/AVX-512, where this platform and this Go have them; everything builds without, too.
ifndef GOEXPERIMENT
ifeq ($(shell go env GOARCH 2>/dev/null)-$(shell GOEXPERIMENT=simd go env GOEXPERIMENT 2>/dev/null),amd64-simd)
export GOEXPERIMENT := simd
endif
endif

.PHONY: lab test lessons html moving-pictures bench bench-kernel bench-class image bench-go gpu-check build kernel \
	kernel-behind python venv venv-test help check fmt fmt-check quick hook vet staticcheck unit race vega session \
	notebooks browser clean
.NOTPARALLEL:

# News and update checks would go to the network.
LAB_FLAGS = '--ServerApp.root_dir=$(CURDIR)' \
	--LabApp.default_url=/lab/tree/$(NOTEBOOK) \
	--LabApp.news_url=None --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate \
	--MultiKernelManager.default_kernel_name=cnet --log-level=ERROR \
	$(if $(filter 0,$(shell id -u)),--allow-root)

# pip and Go work side by side; what JupyterLab can be opened without is finished behind it.
lab: check python
	@$(PYTHON) kernel/together.py '$(MAKE) --no-print-directory venv' '$(MAKE) --no-print-directory kernel-behind'
	@$(VENV_PYTHON) -m jupyterlab $(LAB_FLAGS) $(ARGS)

# The lines above.
help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile

test: check fmt-check vet staticcheck unit race venv venv-test vega kernel session notebooks browser

check:
	@want=$$(sed -n 's/^go //p' go.mod); \
	have=$$(go env GOVERSION 2>/dev/null | sed 's/^devel //; s/^go//; s/[- ].*//'); \
	if [ -z "$$have" ] || ! printf '%s\n' "$$want" "$$have" | sort -VC; then \
		echo "Go $$want or newer is missing (found: $${have:-none}): unpack a release from https://go.dev/dl with" \
			"tar -C /usr/local -xzf FILE and add /usr/local/go/bin to PATH (Debian 12's golang package is too old)" >&2; \
		exit 1; \
	fi
	@if ! $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then \
		echo "Python 3.10 or newer is missing (found: $$($(PYTHON) -V 2>&1 | head -n 1)):" \
			"apt install python3 python3-venv, or say which with PYTHON=..." >&2; \
		exit 1; \
	elif ! $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "Python's venv is missing: apt install python3-venv" >&2; \
		exit 1; \
	fi

build: check
	@mkdir -p bin
	go build -o bin/cnet ./cnet/cmd/cnet

# The environment without anything in it, not even pip.
python: check
	@$(VENV_PYTHON) -c pass 2>/dev/null || $(PYTHON) -m venv --clear --without-pip $(VENV)

# Made again when the requirements or the Python behind it have changed; the stamp is written last.
venv: python
	@if ! { $(VENV_PYTHON) -V; cat requirements.txt; } | cmp -s - $(VENV)/installed; then \
		echo "installing JupyterLab into $(VENV)" && \
		{ $(VENV_PYTHON) -m pip --version >/dev/null 2>&1 || $(VENV_PYTHON) -m ensurepip >/dev/null; } && \
		$(VENV_PYTHON) -m pip install --quiet --disable-pip-version-check -r requirements.txt && \
		$(VENV_PYTHON) -m jupyter labextension disable --level=sys_prefix @jupyterlab/apputils-extension:announcements 2>/dev/null && \
		{ $(VENV_PYTHON) -V; cat requirements.txt; } > $(VENV)/installed && \
		echo "JupyterLab is installed"; \
	fi

# What only the tests need.
venv-test: venv
	@if ! cat $(VENV)/installed requirements-test.txt | cmp -s - $(VENV)/installed-test; then \
		echo "installing the tests' front ends into $(VENV)" && \
		$(VENV_PYTHON) -m pip install --quiet --disable-pip-version-check -r requirements-test.txt && \
		cat $(VENV)/installed requirements-test.txt > $(VENV)/installed-test; \
	fi

kernel: venv
	@go run ./kernel install --prefix $(VENV)

# As much of it as a first cell needs; a process that goes on behind does the rest.
kernel-behind: python
	@test -e $(VENV)/share/jupyter/kernels/cnet/bin/kernel || echo "compiling the kernel"
	@go run ./kernel install --prefix $(VENV) --background

fmt:
	gofmt -w $(GO_DIRS)

# Formatted, and no line longer than 120 columns, in which a tab takes 4.
fmt-check:
	@echo "gofmt -l $(GO_DIRS)"; files=$$(gofmt -l $(GO_DIRS)); \
	if [ -n "$$files" ]; then echo "not formatted (run make fmt):" $$files >&2; exit 1; fi
	@long=$$(find $(GO_DIRS) -name '*.go' -print0 | xargs -0 perl -CSD -ne \
		's/\t/    /g; chomp; print "$$ARGV:$$.: ", length, " columns\n" if length > 120; close ARGV if eof'); \
	if [ -n "$$long" ]; then echo "$$long" >&2; echo "lines of Go have at most 120 columns" >&2; exit 1; fi

# What to run while working: the packages that have changed since the last commit are vetted, and one case of each kind
# is tested.
quick: check
	@changed=$$({ git diff --name-only --diff-filter=d HEAD; git ls-files --others --exclude-standard; } | \
		sed -n 's|[^/]*\.go$$|.|p' | sort -u | sed 's|^|./|'); \
	if [ -n "$$changed" ]; then echo "go vet" $$changed; go vet $$changed; fi
	go test -short $(TEST_FLAGS) ./...

# Has git check the format and vet before each commit.
hook:
	git config core.hooksPath .githooks

vet:
	go vet ./...

staticcheck:
	go tool staticcheck ./...

# The second line is for whoever has no C compiler.
unit:
	go test $(TEST_FLAGS) ./...
	CGO_ENABLED=0 go test $(TEST_FLAGS) ./cnet/engine/...

race:
	@if [ "$$(go env CGO_ENABLED)" = 1 ] && command -v $$(go env CC) >/dev/null; then \
		echo "go test -race $(RACE_PKGS)"; go test -race $(TEST_FLAGS) $(RACE_PKGS) && \
		go test -race -run TestBatches ./cnet/ode && \
		go test -race -run 'TestAhead|TestQueueEnds' ./cnet; \
	else \
		echo "race detector skipped: it needs a C compiler (apt install gcc)"; \
	fi

# Charts as Vega draws them; without venv-test these tests skip. They leave their specifications for the browser: -count,
# because results that Go remembers leave none.
vega: venv-test
	rm -rf bin/specs
	CNET_TEST_VEGA='$(CURDIR)/$(VENV_PYTHON)' CNET_SPECS='$(CURDIR)/bin/specs' go test $(TEST_FLAGS) -count=1 -run Vega \
		./cnet/chart ./cnet/figures ./cnet/internal/vegatest

session: kernel venv-test
	@for test in $(SESSION_TESTS); do \
		echo "kernel/nbtest/$$test.py"; $(VENV_PYTHON) -B kernel/nbtest/$$test.py || exit 1; \
	done

notebooks: kernel
	$(VENV_PYTHON) -B kernel/nbtest/notebooks.py notebooks

# Look at what has changed before it is committed.
LESSONS ?= notebooks
lessons: kernel
	$(VENV_PYTHON) -B kernel/nbtest/notebooks.py $(LESSONS) --save

# Pages that work without a server or a network.
html: venv-test
	$(VENV_PYTHON) -B internal/site/pages.py notebooks --output bin/site

moving-pictures: kernel venv-test
	$(VENV_PYTHON) -B kernel/nbtest/moving.py assets

# Skipped, with a message, where there is no Chromium. The specifications of charts are those of the last make vega.
browser: kernel venv-test $(if $(wildcard bin/specs),,vega)
	$(VENV_PYTHON) -B kernel/nbtest/browser.py
	$(VENV_PYTHON) -B kernel/nbtest/widgets.py
	$(VENV_PYTHON) -B kernel/nbtest/lessons.py
	$(VENV_PYTHON) -B internal/site/pages_test.py
	$(VENV_PYTHON) -B internal/site/charts_test.py

# What make bench-kernel has measured is in the table, too.
bench: build
	bin/cnet bench all --json bin/bench.json $(if $(PEERS),--peers '$(PEERS)') \
		--commit "$$(git describe --always --dirty=+changes --abbrev=12 --exclude='*' 2>/dev/null)" \
		$(if $(wildcard bin/cells.jsonl),--add bin/cells.jsonl) $(BENCH)

bench-kernel: kernel venv-test
	@mkdir -p bin
	$(VENV_PYTHON) -B kernel/nbtest/latency.py --json bin/cells.jsonl

image: venv
	$(VENV_PYTHON) -B kernel/nbtest/image.py

bench-class: kernel venv-test
	$(VENV_PYTHON) -B kernel/nbtest/classes.py $(CLASS)

# Every Go benchmark of the library, or those of BENCH_PKGS, in the form that benchstat compares.
bench-go: check
	@go test -run '^$$' -bench . -count 6 $(BENCH_PKGS)

# The folder is run on another machine: bin/gpu-check/check.sh says what that needs. CNET_FIXTURES=DIR adds all golden
# vectors to those in the repository.
GPU_CHECK := bin/gpu-check
gpu-check: build
	rm -rf $(GPU_CHECK) && mkdir -p $(GPU_CHECK)/tests/testdata
	cp bin/cnet internal/gpucheck/check.sh $(GPU_CHECK)
	go test -c -o $(GPU_CHECK)/tests/cnet.test ./cnet
	cp -R cnet/testdata/fixtures $(GPU_CHECK)/tests/testdata
	@if [ -n "$(CNET_FIXTURES)" ]; then cp -R "$(CNET_FIXTURES)" $(GPU_CHECK)/fixtures; chmod -R u+w $(GPU_CHECK)/fixtures; fi
	cp -R cnet/internal/bench/peers $(GPU_CHECK)
	tar -C bin -czf $(GPU_CHECK).tar.gz gpu-check
	@echo "copy $(GPU_CHECK).tar.gz to a machine with a GPU, and run there: tar xzf gpu-check.tar.gz && gpu-check/check.sh"

clean:
	rm -rf $(VENV) bin
