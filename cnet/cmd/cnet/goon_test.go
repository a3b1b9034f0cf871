package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// shellWords splits a command line as a shell does.
func shellWords(t *testing.T, line string) []string {
	t.Helper()
	out, err := exec.Command("sh", "-c", `printf '%s\n' `+line).Output()
	if err != nil {
		t.Fatalf("a shell cannot read %s: %v", line, err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}

var hint = regexp.MustCompile(`cnet (train --run|refine|info|eval) ('(?:[^']|'\\'')*'|[^\s,;")]+)`)

// wantHints checks that every command in a text is for the run in dir, copied into a shell.
func wantHints(t *testing.T, text, dir string, least int) {
	t.Helper()
	want, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	found := hint.FindAllStringSubmatch(text, -1)
	if len(found) < least {
		t.Errorf("%d hints, want %d in\n%s", len(found), least, text)
	}
	for _, h := range found {
		words := shellWords(t, h[2])
		if len(words) != 1 {
			t.Errorf("%s is several words: %q", h[0], words)
			continue
		}
		got, err := runDir(words[0])
		if err != nil {
			t.Errorf("%s: %v", h[0], err)
			continue
		}
		if info, err := os.Stat(got); err != nil || !os.SameFile(info, want) {
			t.Errorf("%s is the run in %s, want %s", h[0], got, dir)
		}
	}
}

// What commands tell to type next reaches the run that they were about, however it was named.
func TestHintsReachTheRun(t *testing.T) {
	flags := append(workplace(t), "--epochs", "1")
	absolute := t.TempDir() + "/it's $HOME"
	for name, dir := range map[string]string{
		"first": "results/first", "./first": "first", "./digits/../other/": "other", "./with space": "with space",
		"./-dash": "-dash", absolute: absolute,
	} {
		out, errText := mustRun(t, append(flags, "--run", name)...)
		wantHints(t, out+errText, dir, 4)
		out, _ = mustRun(t, "refine", "--run", name)
		wantHints(t, out, dir, 1)
		out, _ = mustRun(t, "info", "--run", name)
		wantHints(t, out, dir, 1)
		out, _ = mustRun(t, "compress", "--run", name, "--n-basis", "1")
		wantHints(t, out, dir+"-pc1", 1)
	}

	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	var out, errText bytes.Buffer
	if status := execute(canceled, append(flags, "--run", "./stop ped"), &out, &errText); status != statusInterrupted {
		t.Fatalf("status %d, %s", status, errText.String())
	}
	wantHints(t, errText.String(), "stop ped", 1)

	_, diverged, status := cnetRun(t, append(flags, "--run", "./di verged", "--lr", "1e30", "--batch-norm", "false")...)
	if status != 1 {
		t.Fatalf("status %d, %s", status, diverged)
	}
	wantHints(t, diverged, "di verged", 1)

	mustRun(t, "export", "first", "first.npz")
	imported, _ := mustRun(t, "import", "first.npz", "./im ported", "--data", "digits")
	wantHints(t, imported, "im ported", 2)
}

// The rate stays where it has decayed to when the same command line goes on, and is another one when that is asked for.
// Both are told.
func TestRateOfARunThatGoesOn(t *testing.T) {
	flags := append(workplace(t), "--run", "first", "--lr-decay-epoch", "0", "1")
	mustRun(t, append(flags, "--epochs", "2", "--lr", "0.1")...)
	for _, c := range []struct{ lr, want string }{
		{"0.1", "learning rate stays 0.001 (0.1, decayed twice)"},
		{"", "learning rate 0.001 (0.1, decayed twice)"},
		{"0.001", "learning rate stays 0.001 (0.1, decayed twice)"},
		{"0.05", "learning rate 0.05 from here (was 0.001)"},
		{"5e-2", "learning rate stays 0.05 (changed by hand after 2 epochs)"},
		{"0.1", "learning rate 0.1 from here (was 0.05)"},
	} {
		args := append(flags, "--epochs", "2")
		if c.lr != "" {
			args = append(args, "--lr", c.lr)
		}
		if out, _ := mustRun(t, args...); !strings.Contains(out, "\n         "+c.want+"\n") {
			t.Errorf("--lr %s: no %q in\n%s", c.lr, c.want, out)
		}
		now := strings.Replace(c.want, "from here", "(changed by hand after 2 epochs)", 1)
		now = strings.TrimPrefix(now, "learning rate ")
		now, _, _ = strings.Cut(strings.TrimPrefix(now, "stays "), ")")
		if out, _ := mustRun(t, "info", "first"); !strings.Contains(out, "learning rate "+now+"), momentum") {
			t.Errorf("--lr %s: no learning rate %s) in\n%s", c.lr, now, out)
		}
	}
}

// With a schedule the length of a training is the one that the run was made with, whatever later commands say, and --lr
// is what the schedule scales. Both are told when the training starts.
func TestScheduleOfARunThatGoesOn(t *testing.T) {
	small := workplace(t)
	flags := append(small, "--run", "first")
	for _, c := range []struct{ args, want, warning string }{
		{"--lr-schedule cosine --epochs 4 --lr 0.2 --lr-warmup 1",
			"0.0667 (0.2, warm-up to epoch 1, cosine to epoch 4)", ""},
		{"", " 4 done, nothing to do", ""}, // not the default number of epochs
		{"--epochs 5 --lr 0.2", "stays 0.00603 (0.2, cosine ended after 4 epochs)", "ends after 4 epochs"},
		{"--epochs 5", "0.00603 (0.2, cosine ended after 4 epochs)", ""},
		{"--epochs 6 --lr 0.03", "0.03 from here (was 0.00603", ""},
		{"--epochs 6 --lr 0.03", "stays 0.03 (changed by hand after 5 epochs)", ""},
	} {
		out, errText := mustRun(t, append(flags, strings.Fields(c.args)...)...)
		want := c.want
		if c.args != "" {
			want = "\n         learning rate " + want
		}
		if !strings.Contains(out, want) {
			t.Errorf("%s: no %q in\n%s", c.args, want, out)
		}
		if c.warning == "" && errText != "" || !strings.Contains(errText, c.warning) {
			t.Errorf("%s: stderr %q, want %q", c.args, errText, c.warning)
		}
	}

	flags = append(small, "--run", "second", "--lr-schedule", "one-cycle")
	out, _ := mustRun(t, append(flags, "--epochs", "4")...)
	if want := "cnet train --run second --epochs 7 --lr 0.01\n"; !strings.Contains(out, want) {
		t.Errorf("no %q in\n%s", want, out)
	}
	mustRun(t, "export", "second", "second.npz")
	mustRun(t, "import", "second.npz", "imported", "--data", "digits", "--lr-schedule", "cosine", "--epochs", "1")
	out, _ = mustRun(t, "train", "--run", "imported")
	if want := "\n         learning rate 0.1 (cosine to epoch 1)\n"; !strings.Contains(out, want) {
		t.Errorf("no %q in\n%s", want, out)
	}
	flags = append(small, "--run", "third")
	mustRun(t, append(flags, "--lr-warmup", "1.5", "--epochs", "3")...)
	out, _ = mustRun(t, append(flags, "--epochs", "3", "--lr-schedule", "step", "--lr-warmup", "1.5")...)
	if strings.Contains(out, "from here") {
		t.Errorf("nothing has changed:\n%s", out)
	}
}

// A run that is told nothing decays as the original's does, which its first lines say; one that is to be longer is
// planned anew; and one that is told otherwise does what it is told.
func TestDefaultDecays(t *testing.T) {
	small := append(workplace(t), "--run", "first")
	const later = "; --lr-schedule constant leaves it\n"
	for _, c := range []struct{ args, want, not string }{
		{"--epochs 5",
			"learning rate times 0.1 at the end of epochs 2,3, from 0, by default for 5 epochs" + later, "here"},
		{"", "epochs   5 done, nothing to do", "times"}, // the planned ones
		{"--epochs 7",
			"lr decay epochs [2 3] → [3 5], epochs 5 → 7 from here\n         learning rate 0.01 (", "here ("},
		{"--epochs 8 --lr-decay-epoch 6", "times 0.1 at the end of epoch 6, from 0\n", "default"},
		{"--epochs 9 --lr-schedule cosine",
			"lr schedule step → cosine, lr decay epochs [6] → none from here\n", "times"},
		{"--epochs 9 --lr-epochs 12", "epochs 7 → 12 from here\n", "times"},
	} {
		out, _ := mustRun(t, append(small, strings.Fields(c.args)...)...)
		if !strings.Contains(out, c.want) || strings.Contains(out, c.not) {
			t.Errorf("%s: want %q and not %q in\n%s", c.args, c.want, c.not, out)
		}
	}
	out, _ := mustRun(t, "info", "first")
	want := "------- after 8 epochs: lr schedule step → cosine, lr decay epochs [6] → none\n"
	if !strings.Contains(out, want) {
		t.Errorf("no %q in\n%s", want, out)
	}
	for _, schedule := range []string{"constant", "cosine", "onecycle"} {
		args := append(small, "--run", schedule, "--epochs", "5", "--lr-schedule", schedule)
		if out, _ := mustRun(t, args...); strings.Contains(out, "times") {
			t.Errorf("%s decays:\n%s", schedule, out)
		}
	}
	if out, _ := mustRun(t, "train", "--help"); !strings.Contains(out, "80 and 120 of 180 epochs") {
		t.Errorf("train --help does not say when it decays")
	}
}

// Batch size and weight decay change when a run goes on, which is told and in its history; nothing is lost by an
// impossible one.
func TestOtherFlagsOfARunThatGoesOn(t *testing.T) {
	small := append(workplace(t), "--run", "first", "--lr-schedule", "constant")
	mustRun(t, append(small, "--epochs", "1")...)
	again := []string{"train", "--run", "first", "--epochs", "2", "--batch-size", "30", "--weight-decay", "0"}
	out, _ := mustRun(t, again...)
	const want = "batch size 20 → 30, weight decay 0.0005 → 0"
	if !strings.Contains(out, "\n         "+want+" from here\n") {
		t.Errorf("no %q in\n%s", want, out)
	}
	info, _ := mustRun(t, "info", "first")
	if !strings.Contains(info, "------- after 1 epoch: "+want+"\n") || !strings.Contains(info, "batches of 30, ") {
		t.Errorf("no %q in\n%s", want, info)
	}
	_, errText, status := cnetRun(t, "train", "--run", "first", "--epochs", "3", "--lr-warmup", "7")
	if status != 2 || !strings.Contains(errText, "lr warmup is 7, must be less than") {
		t.Errorf("status %d, %s", status, errText)
	}
	if now, _ := mustRun(t, "info", "first"); now != info {
		t.Errorf("an impossible schedule has changed the run:\n%s", now)
	}
}

// Optimizer, clipping, smoothing and average are flags, which may be others when a run goes on.
func TestOptimizerFlags(t *testing.T) {
	small := append(workplace(t), "--run", "first", "--lr-schedule", "constant")
	out, _ := mustRun(t, append(small, "--epochs", "1", "--optimizer", "AdamW", "--ema", "0.9", "--clip-norm", "2")...)
	const how = "optimizer adamw, gradients clipped at a norm of 2, weights averaged with a decay of 0.9\n"
	if !strings.Contains(out, "\n         "+how) || strings.Contains(out, "learning rate") {
		t.Errorf("no %q, or a rate, in\n%s", how, out)
	}
	if info, _ := mustRun(t, "info", "first"); !strings.Contains(info, how) ||
		!strings.Contains(info, "learning rate 0.001, momentum 0.9, weight decay 0.01,") {
		t.Errorf("no %q in\n%s", how, info)
	}
	out, _ = mustRun(t, append(small, "--epochs", "2", "--label-smoothing", "0.1", "--ema", "0")...)
	if want := "label smoothing 0 → 0.1, ema 0.9 → 0 from here\n"; !strings.Contains(out, want) {
		t.Errorf("no %q in\n%s", want, out)
	}
	out, _ = mustRun(t, append(small, "--epochs", "3", "--optimizer", "sgd", "--momentum", "0.8", "--refine", "2")...)
	for _, want := range []string{
		"momentum 0.9 → 0.8, weight decay 0.01 → 0.0005, refine epochs none → [2], optimizer adamw → sgd, " +
			"learning rate times 100 from here\n",
		": refined to 2-2-2 euler, ",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if info, _ := mustRun(t, "info", "first"); !strings.Contains(info, "learning rate 0.1") {
		t.Errorf("info says\n%s", info)
	}
}

// rk4 is another scheme than people may think: the first lines say so.
func TestRK4IsNamed(t *testing.T) {
	small := append(workplace(t), "--epochs", "1")
	const want = "rk4 is the 3/8 rule, as in torchdiffeq; the classical one is rk4_classic\n"
	for scheme, count := range map[string]int{"rk4": 1, "rk4_classic": 0, "euler": 0} {
		if out, _ := mustRun(t, append(small, "--scheme", scheme)...); strings.Count(out, want) != count {
			t.Errorf("%s: want %q %d times in\n%s", scheme, want, count, out)
		}
	}
}

// In the middle of a schedule another rate scales the rest of it, which comes to its planned end.
func TestAnotherRateWithinASchedule(t *testing.T) {
	flags := append(workplace(t), "--run", "first")
	cut, cancel := context.WithCancel(context.Background())
	cancel() // after the first batch, of 3
	var stdout, stderr bytes.Buffer
	status := execute(cut, append(flags, "--lr-schedule", "cosine", "--epochs", "2"), &stdout, &stderr)
	if status != statusInterrupted {
		t.Fatalf("status %d, %s", status, stderr.String())
	}
	for _, c := range []struct{ args, want string }{
		{"--lr 0.05 --epochs 1", "learning rate from here 0.0467 (0.05, changed by hand after 0 epochs, " +
			"cosine to epoch 2); was 0.0933\n"},
		{"--lr 0.05", "learning rate stays 0.025 (0.05, changed by hand after 0 epochs, cosine to epoch 2)\n"},
	} {
		out, _ := mustRun(t, append(flags, strings.Fields(c.args)...)...)
		if !strings.Contains(out, "\n         "+c.want) {
			t.Errorf("%s: no %q in\n%s", c.args, c.want, out)
		}
	}
	if out, _ := mustRun(t, "info", "first"); !strings.Contains(out, "done        2 epochs\n") {
		t.Errorf("not trained to the planned end:\n%s", out)
	}
}

// Flags of what has changed since the run was made are no more silent than the rate.
func TestFlagsOfARefinedRun(t *testing.T) {
	flags := append(workplace(t), "--run", "first", "--epochs", "1", "--steps", "1", "--n-basis", "1")
	mustRun(t, flags...)
	mustRun(t, "refine", "first")
	out, _ := mustRun(t, flags...)
	for _, want := range []string{
		"steps stays 2 (made with 1, changed since)\n",
		"n-basis stays 2 (made with 1, changed since)\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	out, _ = mustRun(t, "train", "--run", "first", "--epochs", "1", "--steps", "2")
	if strings.Contains(out, "stays") {
		t.Errorf("it has 2 steps:\n%s", out)
	}
	_, errText, status := cnetRun(t, "train", "--run", "first", "--steps", "3")
	want := "--steps 3 is not what run results/first was made with, which is 1 and 2 by now; "
	if status != 2 || !strings.Contains(errText, want) {
		t.Errorf("status %d, %s", status, errText)
	}
}

// A folder of data without the name of its set is looked into, or refused; it is never ignored.
func TestFolderOfData(t *testing.T) {
	workplace(t)
	if err := os.CopyFS("MNIST/raw", os.DirFS("digits")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir("empty", 0o777); err != nil {
		t.Fatal(err)
	}
	small := []string{"train", "--alpha", "1", "--batch_size", "20", "--test_batch_size", "20", "--epochs", "1"}
	out, _ := mustRun(t, append(small, "--data", ".", "--run", "digital")...)
	if !strings.Contains(out, "data     MNIST: ") {
		t.Errorf("MNIST/raw is trained on\n%s", out)
	}
	out, _ = mustRun(t, append(small, "--dataset", ".", "--run", "digital")...)
	if !strings.Contains(out, "data     MNIST: ") {
		t.Errorf("a folder as --dataset is\n%s", out)
	}
	for _, c := range []struct {
		args   []string
		want   string
		status int
	}{
		{append(small, "--data", "digits"),
			"may be mnist or fashion-mnist; add --dataset mnist or --dataset fashion-mnist\n", 2},
		{append(small, "--data", "digits", "--run", "new"), "may be mnist or fashion-mnist; add ", 2},
		{append(small, "--data", "empty"), "holds none of the data sets (looked for ", 2},
		{append(small, "--data", "nowhere"), "there is no folder ", 2},
		{append(small, "--data", "digits", "--dataset", "sample"),
			"fashion-sample is part of the program and has no folder", 2},
	} {
		_, errText, status := cnetRun(t, c.args...)
		if status != c.status || !strings.Contains(errText, c.want) {
			t.Errorf("%v: status %d, %swant %q", c.args, status, errText, c.want)
		}
	}
	mustRun(t, append(small, "--batch_size", "1250", "--run", "sample")...)
	for _, args := range [][]string{
		{"train", "--run"}, {"eval"}, {"manifest"}, {"convergence"}, {"compress", "--n-basis", "1"},
	} {
		_, errText, status := cnetRun(t, append(args, "sample", "--data", "digits")...)
		if status == 0 || !strings.Contains(errText, "fashion-sample is part of the program and has no folder, got ") {
			t.Errorf("%v: status %d, %s", args, status, errText)
		}
	}
	if entries, _ := os.ReadDir("results"); len(entries) != 2 {
		t.Errorf("runs: %v, want digital and sample", entries)
	}
}

// A folder with something else in it is no place for a run, and there is no hint to make one there.
func TestNoPlaceForARun(t *testing.T) {
	workplace(t)
	for _, name := range []string{".", "/", "./digits"} {
		_, errText, status := cnetRun(t, "train", "--run", name)
		if status != 1 || !strings.Contains(errText, "the directory is not empty, it has ") ||
			!strings.HasSuffix(errText, ", and no run; take another name\n") {
			t.Errorf("%s: status %d, %s", name, status, errText)
		}
		if _, errText, _ := cnetRun(t, "info", name); strings.Contains(errText, "cnet train") {
			t.Errorf("%s: %s", name, errText)
		}
	}
	_, errText, status := cnetRun(t, "train", "--run", "")
	if status != 2 || !strings.Contains(errText, "a run needs a name") {
		t.Errorf("no name: status %d, %s", status, errText)
	}
}
