package main

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"continuousnet/cnet"
)

func TestRefineEvalInfo(t *testing.T) {
	flags := workplace(t)
	mustRun(t, append(flags, "--run", "first", "--epochs", "1")...)

	out, _ := mustRun(t, "eval", "first", "--json")
	before := object(t, out)
	wantKeys(t, before, "event", "run", "net", "epochs", "engine", "test_loss", "test_accuracy", "images", "seconds")

	out, _ = mustRun(t, "refine", "first")
	if !strings.HasPrefix(out, "1-1-1 euler → 2-2-2 euler\n") ||
		!strings.Contains(out, "cnet train --run first --epochs 4") {
		t.Errorf("refine:\n%s", out)
	}
	out, _ = mustRun(t, "refine", "--run", "results/first", "--json")
	refined := object(t, out)
	if refined["old_net"] != "2-2-2 euler" || refined["net"] != "4-4-4 euler" {
		t.Errorf("refine --json: %v", refined)
	}

	out, _ = mustRun(t, "info", "first", "--json")
	info := object(t, out)
	wantKeys(t, info, "run", "net", "scheme", "steps", "basis", "num_basis",
		"parameters", "original_parameters", "dataset", "epochs",
		"epoch_batch", "last", "best", "config", "history")
	if info["net"] != "4-4-4 euler" || info["epochs"] != 1.0 || info["parameters"] != refined["parameters"] {
		t.Errorf("info --json: %v", info)
	}
	if last := info["last"].(map[string]any); last["test_loss"] != before["test_loss"] {
		t.Errorf("eval says %v, training said %v", before["test_loss"], last["test_loss"])
	}
	out, _ = mustRun(t, "info", "--run", "first")
	for _, want := range []string{
		"net         ContinuousNet 4-4-4 euler", " as the original counts", "engine      go (", "done        1 epoch\n",
		"------- after 1 epoch: refined to 2-2-2 euler\n------- after 1 epoch: refined to 4-4-4 euler\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

// While a run is being trained it can be looked at, and nothing else.
func TestRunInUse(t *testing.T) {
	flags := workplace(t)
	mustRun(t, append(flags, "--run", "first", "--epochs", "1")...)
	run, err := cnet.Open("results/first")
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	mustRun(t, "info", "first")
	mustRun(t, "eval", "first")
	for _, args := range [][]string{{"refine", "first"}, {"train", "--run", "first", "--epochs", "2"}} {
		_, errText, status := cnetRun(t, args...)
		if status != 1 || !strings.Contains(errText, "another process is using it") {
			t.Errorf("%v: status %d, stderr %s", args, status, errText)
		}
	}
}

func TestListOfRuns(t *testing.T) {
	flags := workplace(t)
	out, _ := mustRun(t, "info")
	if !strings.Contains(out, "there are no runs in results/") {
		t.Errorf("without runs:\n%s", out)
	}
	mustRun(t, append(flags, "--run", "first", "--epochs", "1")...)
	if err := os.MkdirAll("results/broken/saves/000001", 0o777); err != nil {
		t.Fatal(err)
	}
	out, errText := mustRun(t, "info")
	if !strings.Contains(out, "first") || !strings.Contains(out, "1-1-1 euler") ||
		!strings.Contains(out, "cannot be read") {
		t.Errorf("list:\n%s", out)
	}
	if !strings.HasPrefix(errText, "cnet: warning: run results/broken: ") || strings.Count(errText, "\n") != 1 {
		t.Errorf("stderr:\n%s", errText)
	}
	out, _ = mustRun(t, "info", "--json")
	if runs := object(t, out)["runs"].([]any); len(runs) != 2 {
		t.Errorf("got %d runs, want 2", len(runs))
	}
}

func TestEngines(t *testing.T) {
	out, _ := mustRun(t, "engines", "--json")
	found := false
	for _, e := range object(t, out)["engines"].([]any) {
		line := e.(map[string]any)
		wantKeys(t, line, "name", "available", "description", "missing", "fix")
		found = found || line["name"] == "go" && line["available"] == true
	}
	if !found {
		t.Errorf("the go engine is not there: %s", out)
	}
	if out, _ := mustRun(t, "engines"); !strings.Contains(out, "go ") {
		t.Errorf("table:\n%s", out)
	}
}

func TestData(t *testing.T) {
	workplace(t)
	out, _ := mustRun(t, "data", "list", "--data", "digits", "--json")
	found := map[any]any{}
	for _, d := range object(t, out)["datasets"].([]any) {
		line := d.(map[string]any)
		wantKeys(t, line, "name", "description", "found", "dir", "train", "test", "notice")
		if line["description"] == "" {
			t.Errorf("no description of %v", line["name"])
		}
		found[line["name"]] = line["found"]
	}
	if found["mnist"] != true || found["cifar10"] != false || found["fashion-sample"] != true {
		t.Errorf("found %v", found)
	}
	if out, _ := mustRun(t, "data", "list"); !strings.Contains(out, `run "cnet data get mnist"`) {
		t.Errorf("list:\n%s", out)
	}
	if out, _ := mustRun(t, "data", "get", "fashion_sample"); !strings.Contains(out, "nothing to get") {
		t.Errorf("get fashion-sample: %s", out)
	}
}

// An interrupted download says how it goes on. The context is cancelled before anything is sent.
func TestInterruptedDownload(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out, errText bytes.Buffer
	status := execute(ctx, []string{"data", "get", "cifar10", "--data", "here"}, &out, &errText)
	if status != 130 || !strings.HasSuffix(errText.String(), "go on with: cnet data get cifar10 --data here\n") {
		t.Errorf("status %d, stderr %s", status, errText.String())
	}
}

// Without a terminal a download writes few lines, and none over another.
func TestDownloadLines(t *testing.T) {
	var errText bytes.Buffer
	d := &download{app: &app{err: &errText}}
	for n := range int64(1001) {
		d.progress("a.gz", 1000*n, 1_000_000)
	}
	d.progress("b.gz", 400_000, 1_000_000) // goes on
	d.progress("b.gz", 1_000_000, 1_000_000)
	d.clear()
	want := "a.gz: 1.0 MB\na.gz: 10 %, 0.1 MB\n"
	if text := errText.String(); !strings.HasPrefix(text, want) ||
		!strings.HasSuffix(text, "a.gz: 100 %, 1.0 MB\nb.gz: 1.0 MB\nb.gz: 100 %, 1.0 MB\n") ||
		strings.Count(text, "\n") != 13 || strings.Contains(text, "\r") {
		t.Errorf("got\n%s", text)
	}
}
