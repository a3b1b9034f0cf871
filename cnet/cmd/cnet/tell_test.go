package main

import (
	"strings"
	"testing"
)

// Another process that trains the run does what it is told at the end of a batch, says so in its table, and goes on to
// what a run that it was done to would have.
func TestTell(t *testing.T) {
	cmd := command(t, append(endless(t), "--epochs", "100000")...)
	out, errText := start(t, cmd)
	waitFor(t, out, "/100000 ")
	for args, want := range map[string]string{
		"tell first lr 0":                  "the learning rate is \"0\", expected a number greater than 0",
		"tell first scheme rk5":            "the scheme is \"rk5\", expected one of",
		"tell first halt":                  `the command is "halt", must be one of stop, refine, scheme, lr`,
		"tell first save":                  "tell RUN save needs a value, such as: cnet tell RUN save NAME",
		"tell first refine twice":          "the stages to refine are \"twice\", expected whole numbers from 1",
		"tell first":                       "tell needs a run and a command",
		"tell none stop":                   "there is no run in results/none",
		"tell first change":                "change needs flags that say what",
		"tell first stop --batch-size 3":   "--batch-size is for the command change",
		"tell first change --epochs 3":     "unknown flag --epochs",
		"tell first change --batch-size 0": "--batch-size",
		"tell first change --ema 0":        "the run has these values already",
		"tell first save best":             "a checkpoint cannot be called best",
	} {
		if _, errText, status := cnetRun(t, strings.Fields(args)...); status == 0 || !strings.Contains(errText, want) {
			t.Errorf("%s: status %d, %s", args, status, errText)
		}
	}
	told, _ := mustRun(t, "refine", "first")
	if !strings.HasPrefix(told, "1-1-1 euler → 2-2-2 euler\nprocess ") {
		t.Errorf("refine: %s", told)
	}
	waitFor(t, out, ": refined to 2-2-2 euler, ")
	told, _ = mustRun(t, "tell", "first", "scheme", "Midpoint", "--json")
	if o := object(t, told); o["event"] != "scheme" || o["net"] != "2-2-2 midpoint" || o["before"] != "2-2-2 euler" {
		t.Errorf("scheme: %s", told)
	}
	mustRun(t, "tell", "first", "lr", "1e-4")
	waitFor(t, out, ": learning rate changed to 0.0001")
	told, _ = mustRun(t, "tell", "first", "change", "--weight-decay", "0", "--momentum", "0.5", "--json")
	if o := object(t, told); o["event"] != "change" || o["changes"] != "momentum 0.9 → 0.5, weight decay 0.0005 → 0" {
		t.Errorf("change: %s", told)
	}
	waitFor(t, out, ": momentum 0.9 → 0.5, weight decay 0.0005 → 0")
	_, refused, code := cnetRun(t, "tell", "first", "change", "--lr-schedule", "cosine", "--lr-warmup", "1e9")
	if code == 0 || !strings.Contains(refused, "lr") {
		t.Errorf("a schedule that cannot be: status %d, %s", code, refused)
	}
	mustRun(t, "tell", "first", "save", "later")
	mustRun(t, "tell", "first", "stop")
	for range out { // to the end
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 0 ||
		!strings.Contains(errText.String(), "cnet: stopped as it was told to; saved after ") {
		t.Errorf("exit status %d, %s", code, errText.String())
	}
	info, _ := mustRun(t, "info", "first@later")
	if !strings.Contains(info, "ContinuousNet 2-2-2 midpoint: ") || !strings.Contains(info, "learning rate 0.0001 (") {
		t.Errorf("kept:\n%s", info)
	}
	_, text, status := cnetRun(t, "tell", "first", "change", "--momentum", "0.7")
	if status != 1 || !strings.Contains(text, "nobody trains it; cnet train --run first does") {
		t.Errorf("status %d, %s", status, text)
	}
	told, _ = mustRun(t, "tell", "first", "scheme", "euler")
	if !strings.HasPrefix(told, "2-2-2 midpoint → 2-2-2 euler\ngo on with: cnet train --run first --epochs ") {
		t.Errorf("a scheme of a run that nobody trains: %s", told)
	}
	told, _ = mustRun(t, "tell", "first", "scheme", "rk4_classic", "--json")
	if o := object(t, told); o["event"] != "scheme" || o["net"] != "2-2-2 rk4_classic" || o["before"] != "2-2-2 euler" {
		t.Errorf("scheme: %s", told)
	}
	_, text, status = cnetRun(t, "tell", "first", "stop")
	if status != 1 || !strings.Contains(text, "nobody trains it; cnet train --run first does") {
		t.Errorf("status %d, %s", status, text)
	}
}
