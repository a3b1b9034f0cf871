package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"continuousnet/cnet"
)

func TestTrainJSON(t *testing.T) {
	flags := workplace(t)
	out, errText := mustRun(t, append(flags, "--epochs", "2", "--refine", "1", "--run", "first", "--json")...)
	lines := objects(t, out)
	if len(lines) != 3 {
		t.Fatalf("got %d lines, want two epochs and the result:\n%s", len(lines), out)
	}
	for i, l := range lines {
		wantKeys(t, l, "event", "epoch", "train_loss", "train_accuracy", "test_loss",
			"test_accuracy", "images_per_s", "net")
		for _, k := range []string{"train_accuracy", "test_accuracy"} {
			if a := l[k].(float64); a < 0 || a > 1 {
				t.Errorf("%s is %g", k, a)
			}
		}
		if want := []string{"epoch", "epoch", "result"}[i]; l["event"] != want {
			t.Errorf("line %d has event %v, want %s", i, l["event"], want)
		}
		if want := []float64{0, 1, 1}[i]; l["epoch"] != want {
			t.Errorf("line %d has epoch %v, want %g", i, l["epoch"], want)
		}
		if want := []string{"1-1-1 euler", "2-2-2 euler", "2-2-2 euler"}[i]; l["net"] != want {
			t.Errorf("line %d has net %v, want %s", i, l["net"], want)
		}
	}
	result := lines[2]
	wantKeys(t, result, "run", "epochs", "parameters", "seconds")
	if result["run"] != filepath.Join("results", "first") || result["epochs"] != 2.0 {
		t.Errorf("result: %v", result)
	}
	if !strings.Contains(errText, "MNIST") || !strings.Contains(errText, "refined to 2-2-2 euler") ||
		strings.Contains(errText, "\r") {
		t.Errorf("standard error:\n%s", errText)
	}
	if _, err := os.Stat(filepath.Join("results", "first", "history.png")); err != nil {
		t.Error(err)
	}
	run, err := cnet.OpenReadOnly("results/first")
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	if c := run.Config(); c.Dataset != "mnist" || !filepath.IsAbs(c.Data) {
		t.Errorf("data set %s in %s, want mnist in an absolute path", c.Dataset, c.Data)
	}
}

func TestTrainTable(t *testing.T) {
	flags := append(workplace(t), "--epochs", "2", "--refine", "1")
	for i, dir := range []string{"results/mnist-euler-1-1-1", "results/mnist-euler-1-1-1-2"} {
		out, errText := mustRun(t, flags...)
		for _, want := range []string{
			"data     MNIST: 60 training and 20 test images of 28×28×1, 10 classes\n",
			"net      ContinuousNet 1-1-1 euler, ", "engine   go", "run      " + dir + "\n",
			headFor(cnet.Config{}, false), "    1/2 ", "------- after 1 epoch: refined to 2-2-2 euler, ", "    2/2 ",
			"after 2 epochs", "cnet refine " + shortName(dir) + "   2-2-2 becomes 4-4-4",
		} {
			if !strings.Contains(out, want) {
				t.Errorf("training %d: no %q in\n%s", i, want, out)
			}
		}
		if errText != "" || strings.ContainsAny(out, "\r\x1b") {
			t.Errorf("training %d: stdout %q, stderr %q", i, out, errText)
		}
	}
}

// A baseline is trained like any network, by the names that the original's programs have for it. There is nothing to
// refine.
func TestTrainBaseline(t *testing.T) {
	flags := append(workplace(t), "--arch", "ResNet", "--depth_res", "8", "--epochs", "1")
	out, _ := mustRun(t, flags...)
	for _, want := range []string{"net      ResNetV2-8, ", "run      results/mnist-resnetv2-8\n", "    1/1 ",
		"next     cnet train --run mnist-resnetv2-8 "} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	out, _ = mustRun(t, "info", "mnist-resnetv2-8")
	if !strings.Contains(out, "net         ResNetV2-8: three stages, ") {
		t.Errorf("info prints\n%s", out)
	}
	_, errText, status := cnetRun(t, "refine", "mnist-resnetv2-8")
	want := "cnet: run results/mnist-resnetv2-8: a ResNetV2 has no depth to refine; a ContinuousNet has\n"
	if status == 0 || errText != want {
		t.Errorf("refine: status %d, stderr %q, want %q", status, errText, want)
	}
}

// numbersOf leaves of JSON lines what does not depend on time.
func numbersOf(t *testing.T, out string) (list []string) {
	for _, l := range objects(t, out) {
		if l["event"] == "epoch" {
			list = append(list,
				fmt.Sprint(l["epoch"], l["train_loss"], l["train_accuracy"], l["test_loss"], l["test_accuracy"]))
		}
	}
	return list
}

// The same command with more epochs goes on, with the numbers of a training that was never interrupted.
func TestResume(t *testing.T) {
	flags := append(workplace(t), "--json")
	whole, _ := mustRun(t, append(flags, "--run", "whole", "--epochs", "2")...)
	first, _ := mustRun(t, append(flags, "--run", "parts", "--epochs", "1")...)
	second, _ := mustRun(t, "train", "--run", "results/parts", "--epochs=2", "--json", "--batch-size=20", "--lr", "0.1",
		"--batch_norm", "True")
	got, want := append(numbersOf(t, first), numbersOf(t, second)...), numbersOf(t, whole)
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("in parts\n%s\nin one go\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}

	again, errText := mustRun(t, append(flags, "--run", "parts", "--epochs", "2")...)
	if result := object(t, again); result["event"] != "result" || result["epochs"] != 2.0 ||
		!strings.Contains(errText, "nothing to do") {
		t.Errorf("done already: stdout %s, stderr %s", again, errText)
	}

	for flag, is := range map[string]string{
		"--alpha 2": "1", "--seed 0": "3", "--scheme rk4": "euler", "--batch-norm false": "true",
		"--dataset cifar10": "mnist", "--n-time-steps-per 2": "1", "--n-basis 2": "1", "--steps 3": "1",
		"--basis hat": "piecewise_constant", "--momentum 0": "0.9", "--refine 1": "", "--use-skipinit true": "false",
	} {
		_, errText, status := cnetRun(t,
			append([]string{"train", "--run", "parts", "--epochs", "3"}, strings.Fields(flag)...)...)
		want := "cnet: " + flag + " is not what run results/parts was made with"
		if is != "" {
			want += ", which is " + is
		}
		want += "; leave it out to go on, or use another --run\n"
		if status != 2 || errText != want {
			t.Errorf("%s: status %d, stderr\n%swant\n%s", flag, status, errText, want)
		}
	}
}

// After a loss that is not a number the advice is a smaller learning rate: it can be given.
func TestAnotherLearningRate(t *testing.T) {
	flags := workplace(t)
	mustRun(t, append(flags, "--run", "first", "--epochs", "1")...)
	mustRun(t, "train", "--run", "first", "--epochs", "2", "--lr", "0.01")
	out, _ := mustRun(t, "train", "--run", "first", "--epochs", "3", "--lr", "0.01")
	if strings.Contains(out, "------- after 2 epochs: learning rate") {
		t.Errorf("changed to what it was:\n%s", out)
	}
	out, _ = mustRun(t, "info", "first")
	if strings.Count(out, "learning rate changed to 0.01") != 1 {
		t.Errorf("info:\n%s", out)
	}
}

func TestNoRunWithoutData(t *testing.T) {
	t.Chdir(t.TempDir())
	_, errText, status := cnetRun(t, "train", "--dataset", "CIFAR10", "--run", "first")
	want := "cnet: dataset: CIFAR-10 not found in data/cifar10 (looked for data_batch_1.bin); run \"cnet data get " +
		"cifar10\" or pass --data DIR\n"
	if status != 1 || errText != want {
		t.Errorf("status %d, stderr %s", status, errText)
	}
	if _, again, _ := cnetRun(t, "train", "--dataset", "CIFAR10"); again != want {
		t.Errorf("without a name: stderr %s", again)
	}
	if left, err := os.ReadDir("."); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A terminal that closes sends SIGHUP, more than once, and takes no more output: what was trained is saved.
func TestClosedTerminal(t *testing.T) {
	cmd := command(t, append(endless(t), "--epochs", "100000")...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for in := bufio.NewReader(stdout); ; {
		line, err := in.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(line, "/100000 ") { // the row of an epoch
			break
		}
	}
	for range 3 {
		if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	stdout.Close()
	stderr.Close()
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 && code != 1 { // 1: the output was gone before the signal came
		t.Errorf("%v, want exit status 130 or 1", cmd.ProcessState)
	}
	run, err := cnet.OpenReadOnly("results/first")
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	if run.Epoch() < 1 {
		t.Errorf("%s: the epoch is lost", run)
	}
}

// lines sends what a process writes, line by line.
func lines(r io.Reader) <-chan string {
	c := make(chan string, 10000)
	go func() {
		defer close(c)
		for s := bufio.NewScanner(r); s.Scan(); {
			c <- s.Text()
		}
	}()
	return c
}

// waitFor reads up to a line that contains text.
func waitFor(t *testing.T, c <-chan string, text string) {
	t.Helper()
	for line := range c {
		if strings.Contains(line, text) {
			return
		}
	}
	t.Fatalf("the process ended before it wrote %q", text)
}

// start starts a command, which the test kills at its end. It returns the lines of its output, and where its errors
// are written.
func start(t *testing.T, cmd *exec.Cmd) (out <-chan string, errText *strings.Builder) {
	t.Helper()
	errText = &strings.Builder{}
	cmd.Stderr = errText
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() }) // it may have ended
	return lines(stdout), errText
}

func TestInterrupt(t *testing.T) {
	flags := endless(t)
	for i, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		cmd := command(t, append(flags, "--epochs", "100000")...)
		out, errText := start(t, cmd)
		waitFor(t, out, "/100000 ") // the row of an epoch
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		for range out { // to the end
		}
		_ = cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != 130 {
			t.Fatalf("%v: exit status %d, want 130; stderr %s", sig, code, errText.String())
		}
		for _, want := range []string{"cnet: interrupted; saved after ",
			"go on with: cnet train --run first --epochs 100000\n"} {
			if !strings.Contains(errText.String(), want) {
				t.Errorf("%v: no %q in %q", sig, want, errText.String())
			}
		}
		run, err := cnet.OpenReadOnly("results/first")
		if err != nil {
			t.Fatal(err)
		}
		epochs := run.Epoch()
		run.Close()
		if epochs < i+1 {
			t.Errorf("%v: %d epochs were kept", sig, epochs)
		}
		mustRun(t, append(flags, "--epochs", fmt.Sprint(epochs+1))...)
	}
}

// A reader that goes away, such as head, ends the training, which saves first.
func TestClosedStandardOutput(t *testing.T) {
	cmd := command(t, append(endless(t), "--epochs", "100000", "--json")...)
	var errText strings.Builder
	cmd.Stderr = &errText
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout = w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if _, err := bufio.NewReader(r).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	r.Close()
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 1 {
		t.Errorf("exit status %d, want 1", code)
	}
	if !strings.Contains(errText.String(), "broken pipe; saved after ") {
		t.Errorf("stderr %q", errText.String())
	}
	mustRun(t, "info", "first")
}

// --rate is one of the registered rates, and a run keeps it.
func TestRateFlag(t *testing.T) {
	t.Chdir(t.TempDir())
	flags := []string{"train", "--run", "first", "--alpha", "1", "--epochs", "1"}
	mustRun(t, append(flags, "--rate", "conv-act-first")...)
	if out, _ := mustRun(t, "info", "first"); !strings.Contains(out, "ContinuousNet 1-1-1 euler, rate conv_act_first") {
		t.Errorf("info says\n%s", out)
	}
	for _, c := range []struct{ rate, want string }{
		{"conv", "--rate conv is not what run results/first was made with, which is conv_act_first"},
		{"mine", `--rate is "mine", expected one of conv, conv_act_first, an MLP such as mlp-32-32-tanh; ` +
			"a rate of your own is registered in Go"},
	} {
		_, text, code := cnetRun(t, append(flags, "--rate", c.rate)...)
		if code == 0 || !strings.Contains(text, c.want) {
			t.Errorf("--rate %s: code %d, %s, want %q", c.rate, code, text, c.want)
		}
	}
}
