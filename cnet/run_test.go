package cnet

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/dataset"
	"continuousnet/cnet/internal/parity"
)

// tiny is a network small enough to train many times in a test.
func tiny() Config {
	return Config{Channels: 2, BatchSize: 60, TestBatchSize: 50, RefineEpochs: []int{2}, Seed: 7}
}

func open(t *testing.T, dir string, config ...Config) *Run {
	t.Helper()
	r, err := Open(dir, config...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	if err := fewImages(r); err != nil {
		t.Fatal(err)
	}
	return r
}

// fewImages leaves 300 images to train on and 100 to test with, and of them every fourth pixel each way, which is
// enough here.
func fewImages(r *Run) error {
	set, err := r.Dataset()
	if err != nil {
		return err
	}
	if set.Points() {
		return nil
	}
	const every = 4
	few := func(s dataset.Split, n int) dataset.Split {
		var images []uint8
		for i := range n {
			image := s.Images[i*set.ImageSize():]
			for y := 0; y < set.Height; y += every {
				for x := 0; x < set.Width; x += every {
					at := (y*set.Width + x) * set.Channels
					images = append(images, image[at:at+set.Channels]...)
				}
			}
		}
		return dataset.Split{Images: images, Labels: s.Labels[:n]}
	}
	set.Train, set.Test = few(set.Train, 300), few(set.Test, 100)
	set.Height, set.Width = (set.Height+every-1)/every, (set.Width+every-1)/every
	return nil
}

// notInShort skips a case in go test -short, where one of each kind is enough.
func notInShort(t *testing.T, other bool) {
	t.Helper()
	if other && testing.Short() {
		t.Skip("-short runs another case of this kind")
	}
}

// fingerprint is everything about a run that must not depend on how it was interrupted: all variables, to the bit, and
// the history but for the time it took.
func fingerprint(t *testing.T, r *Run) map[string]string {
	t.Helper()
	f := map[string]string{}
	for v := range r.store.IterVariables() {
		value, err := v.Value()
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(v.Path(), Root) || strings.HasPrefix(v.Path(), optimizerScope+"/") ||
			strings.HasPrefix(v.Path(), averagePrefix) || strings.HasPrefix(v.Path(), "/"+momentsScope) ||
			v.Path() == averagedPath ||
			strings.Contains(v.Path(), model.RNGStateVariableName) {
			if err := value.ConstBytes(func(b []byte) { f[v.Path()] = fmt.Sprintf("%x", b) }); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i, record := range r.history {
		record.Seconds, record.ImagesPerS = 0, 0
		f[fmt.Sprintf("history %d", i)] = fmt.Sprintf("%+v", record)
	}
	return f
}

func sameRun(t *testing.T, got, want map[string]string) {
	t.Helper()
	for _, k := range slices.Sorted(maps.Keys(want)) {
		if got[k] != want[k] {
			t.Errorf("%s differs: %.100s, want %.100s", k, got[k], want[k])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d entries, want %d", len(got), len(want))
	}
}

// TestResumeIsExact trains four epochs, with a refinement on the way, at once; in two parts with the run closed in
// between; and interrupted in the middle of an epoch. All end alike, to the bit, with any schedule of the learning
// rate.
func TestResumeIsExact(t *testing.T) {
	for _, s := range []Config{
		{},
		{LRSchedule: LRCosine, LRWarmup: 1.5, Epochs: 4},
		{LRSchedule: LROneCycle, Epochs: 3}, // and an epoch more
		{LRDecayEpochs: []int{0, 2}, LRWarmup: 1},
	} {
		c := tiny()
		c.LRSchedule, c.LRWarmup, c.LRDecayEpochs, c.Epochs = s.LRSchedule, s.LRWarmup, s.LRDecayEpochs, s.Epochs
		t.Run(cmp.Or(s.LRSchedule, LRStep)+fmt.Sprintf(" warm-up %g", s.LRWarmup), func(t *testing.T) {
			notInShort(t, s.LRSchedule != LRCosine)
			resumeIsExact(t, c)
		})
	}
}

func resumeIsExact(t *testing.T, c Config) {
	ctx := context.Background()
	whole := open(t, filepath.Join(t.TempDir(), "whole"), c)
	if err := whole.Train(ctx, 4); err != nil {
		t.Fatal(err)
	}
	want := fingerprint(t, whole)

	t.Run("in two parts", func(t *testing.T) {
		dir := t.TempDir()
		r := open(t, dir, c)
		if err := r.Train(ctx, 1); err != nil {
			t.Fatal(err)
		}
		r.Close()
		r = open(t, dir)
		if err := r.Train(ctx, 3); err != nil {
			t.Fatal(err)
		}
		sameRun(t, fingerprint(t, r), want)
	})
	t.Run("interrupted in epochs", func(t *testing.T) {
		dir := t.TempDir()
		for _, stop := range [][2]int{{0, 3}, {1, 1}, {2, 1}, {2, 4}, {3, 5}} {
			r := open(t, dir, c)
			ctx, cancel := context.WithCancel(ctx)
			err := r.TrainTo(ctx, 4, TrainOptions{OnBatch: func(p Progress) {
				if p.Epoch == stop[0] && p.Batch == stop[1] {
					cancel()
				}
			}})
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("interrupted training returned %v", err)
			}
			if r.Epoch() != stop[0] || r.Batch() != stop[1] {
				t.Fatalf("stopped at epoch %d, batch %d, want %v", r.Epoch(), r.Batch(), stop)
			}
			r.Close()
		}
		r := open(t, dir)
		if err := r.TrainTo(ctx, 4); err != nil {
			t.Fatal(err)
		}
		sameRun(t, fingerprint(t, r), want)
	})
}

// TestEvaluationChangesNothing: neither weights nor running statistics, and it agrees with itself.
func TestRunString(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir, tiny())
	if got, want := r.String(), dir+": "+r.Title()+", 0 epochs"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if err := r.Train(context.Background(), 1); err != nil {
		t.Fatal(err)
	}
	if got := r.String(); !strings.HasSuffix(got, ", 1 epoch") {
		t.Error(got)
	}
}

func TestEvaluationChangesNothing(t *testing.T) {
	r := open(t, t.TempDir(), tiny())
	if err := r.Train(context.Background(), 1); err != nil {
		t.Fatal(err)
	}
	before := fingerprint(t, r)
	first, err := r.Evaluate(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	second, err := r.Evaluate(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	last := r.History()[len(r.History())-1]
	if first != second || first.Accuracy != last.TestAccuracy || first.Images != 100 {
		t.Errorf("evaluations: %+v, %+v, at the end of the epoch: %+v", first, second, last)
	}
	sameRun(t, fingerprint(t, r), before)

	// The padding of a last batch that is not full counts for nothing.
	r.state.Config.TestBatchSize = 60
	third, err := r.Evaluate(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(third.Loss-first.Loss) > 1e-5 || third.Accuracy != first.Accuracy {
		t.Errorf("in batches of 60: %+v, of 50: %+v", third, first)
	}
}

// TestRefineKeepsTheFunction: with the steps as they were, the refined net scores the same; and SetScheme goes on.
func TestRefineKeepsTheFunction(t *testing.T) {
	ctx := context.Background()
	r := open(t, t.TempDir(), Config{Channels: 2, BatchSize: 60, TestBatchSize: 50})
	if err := r.Train(ctx, 1); err != nil {
		t.Fatal(err)
	}
	before, err := r.Evaluate(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Refine(); err != nil {
		t.Fatal(err)
	}
	if r.Network().String() != "2-2-2 euler" {
		t.Errorf("refined net is %s", r.Network())
	}
	r.net.(*Net).Steps = []int{1, 1, 1}
	after, err := r.Evaluate(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if after != before {
		t.Errorf("score with the old steps is %+v, was %+v", after, before)
	}
	r.net.(*Net).Steps = []int{2, 2, 2}
	if err := r.SetScheme("midpoint"); err != nil {
		t.Fatal(err)
	}
	if err := r.Train(ctx, 1); err != nil {
		t.Fatal(err)
	}
	r.Close()
	r = open(t, r.Dir())
	var events []string
	for _, h := range r.History() {
		if h.Event != EventLoss {
			events = append(events, h.Event+" "+h.Net)
		}
	}
	want := "start 1-1-1 euler, epoch 1-1-1 euler, refine 2-2-2 euler, scheme 2-2-2 midpoint, epoch 2-2-2 midpoint"
	if got := strings.Join(events, ", "); got != want {
		t.Errorf("history is %s, want %s", got, want)
	}
	if err := r.SetLearningRate(0.01); err != nil {
		t.Fatal(err)
	}
	if err := r.Train(ctx, 1); err != nil {
		t.Fatal(err)
	}
	if last := r.History()[len(r.History())-1]; last.LearningRate != 0.01 {
		t.Errorf("after SetLearningRate(0.01) an epoch was trained with %g", last.LearningRate)
	}
	if err := r.SetLearningRate(math.Inf(1)); err == nil {
		t.Error("an infinite learning rate was accepted")
	}
	if err := r.SetScheme("rk5"); err == nil || r.net.(*Net).Scheme.Info().Name != "midpoint" {
		t.Errorf("an unknown scheme returned %v and left %s", err, r.Network())
	}
}

// TestLossThatIsNotFinite: training stops, names the place, and neither the run in memory nor the one on disk is
// spoilt.
func TestLossThatIsNotFinite(t *testing.T) {
	c := Config{Channels: 2, BatchSize: 60, LearningRate: 1e30, NoBatchNorm: true}
	r := open(t, t.TempDir(), c)
	before := fingerprint(t, r)
	err := r.Train(context.Background(), 3)
	var stopped *TrainError
	if !errors.As(err, &stopped) || !strings.Contains(err.Error(), "loss is") ||
		!strings.Contains(err.Error(), "epoch 1, after 1 batch:") {
		t.Fatalf("training returned %v", err)
	}
	for path, value := range before {
		if strings.HasPrefix(path, Root) && fingerprint(t, r)[path] != value {
			t.Errorf("%s in memory has changed", path)
		}
	}
	r.Close()
	r = open(t, r.Dir())
	for path, value := range before {
		if strings.HasPrefix(path, Root) && fingerprint(t, r)[path] != value {
			t.Errorf("%s on disk has changed", path)
		}
	}
}

// TestDamagedSaves: an error names the damaged file, and the save before it opens.
func TestDamagedSaves(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir, Config{Channels: 2, BatchSize: 60})
	if err := r.Train(context.Background(), 1); err != nil {
		t.Fatal(err)
	}
	r.Close()
	newest := filepath.Join(dir, savesDir, saveName(r.saves))
	entries, err := os.ReadDir(newest)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		path := filepath.Join(newest, e.Name())
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		flipped := bytes.Clone(good)
		flipped[len(flipped)/2] ^= 0x20
		for what, bad := range map[string][]byte{"truncated": good[:len(good)/2], "empty": {}, "flipped": flipped,
			"foreign": []byte("GIF89a")} {
			t.Run(e.Name()+" "+what, func(t *testing.T) {
				if err := os.WriteFile(path, bad, 0o666); err != nil {
					t.Fatal(err)
				}
				defer os.WriteFile(path, good, 0o666)
				r, err := OpenReadOnly(dir)
				if err != nil {
					t.Fatal(err)
				}
				if r.Epoch() != 0 || len(r.Warnings()) != 1 || !strings.Contains(r.Warnings()[0], newest) {
					t.Errorf("opened at epoch %d with warnings %q", r.Epoch(), r.Warnings())
				}
			})
		}
	}
	if r := open(t, dir); r.Epoch() != 1 || len(r.Warnings()) != 0 {
		t.Errorf("with all files as they were: epoch %d, %q", r.Epoch(), r.Warnings())
	} else {
		r.Close()
	}
	// A writer sets a damaged save aside and goes on from the one before.
	damage := func(n int) {
		if err := os.WriteFile(filepath.Join(dir, savesDir, saveName(n), stateFile), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	damage(r.saves)
	r = open(t, dir)
	if r.Epoch() != 0 || len(r.Warnings()) != 1 {
		t.Errorf("opened at epoch %d with warnings %q", r.Epoch(), r.Warnings())
	}
	if err := r.Train(context.Background(), 1); err != nil {
		t.Fatal(err)
	}
	r.Close()
	if numbers, err := listSaves(dir); err != nil || len(numbers) != 2 {
		t.Errorf("saves %v, %v; want two good ones", numbers, err)
	}
	// All saves damaged: an error, and no new run over the old one.
	numbers, _ := listSaves(dir)
	for _, n := range numbers {
		damage(n)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), stateFile) {
		t.Errorf("with no good save, Open returned %v", err)
	}
}

// TestOneProcessAtATime: a second writer is refused, a reader is not.
func TestOneProcessAtATime(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir, Config{Channels: 2})
	if _, err := Open(dir); !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("a second Open returned %v", err)
	}
	reader, err := OpenReadOnly(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := reader.Refine(); err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("refining a run that is open read-only returned %v", err)
	}
	if reader.Network().String() != "1-1-1 euler" {
		t.Errorf("the refused refinement left %s", reader.Network())
	}
	r.Close()
	if err := r.Refine(); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("refining a closed run returned %v", err)
	}
	open(t, dir)
	if _, err := OpenReadOnly(filepath.Join(dir, "none")); err == nil {
		t.Error("opened a run that does not exist")
	}
}

// TestOpenComparesConfigurations: fields that are set must agree with the run, and impossible values make no run.
func TestOpenComparesConfigurations(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, Config{Channels: 2, Scheme: "midpoint"}).Close()
	open(t, dir, Config{Scheme: "midpoint"}).Close()
	if _, err := Open(dir, Config{Scheme: "euler"}); err == nil ||
		!strings.Contains(err.Error(), "Scheme midpoint, not euler") {
		t.Errorf("another scheme returned %v", err)
	}
	for want, c := range map[string]Config{
		"unknown scheme":  {Scheme: "rk5"},
		"data set":        {Dataset: "imagenet"},
		"unknown basis":   {Basis: "splines"},
		"must be even":    {Basis: "piecewise_linear", NumBasis: 3},
		"learning rate":   {LearningRate: math.NaN()},
		"model":           {Model: "VGG"},
		"batch size":      {BatchSize: -1},
		"epoch to refine": {RefineEpochs: []int{-1}},
	} {
		dir := filepath.Join(t.TempDir(), "run")
		if _, err := Open(dir, c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v returned %v, want an error with %q", c, err, want)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%+v left a directory", c)
		}
	}
}

// The tests below need another process: this test binary, told by the environment to train the run in a directory.
const trainEnv = "CNET_TEST_TRAIN"

func TestMain(m *testing.M) {
	dir := os.Getenv(trainEnv)
	if dir == "" {
		os.Exit(parity.Main(m))
	}
	saveInterval = 0
	if os.Getenv(trainEnv+"_FULL") != "" {
		// No file may grow beyond 8 KiB from here on: like a full disk, but for this process alone.
		limit := syscall.Rlimit{Cur: 8 << 10, Max: 8 << 10}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			panic(err)
		}
	}
	if os.Getenv(trainEnv+"_SHOW") != "" {
		r, err := OpenReadOnly(dir)
		if err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		fmt.Println(r.Title(), r.Network().(*Net).Scheme)
		os.Exit(0)
	}
	c := killConfig()
	if photos := os.Getenv(trainEnv + "_OWN"); photos != "" {
		c = ownKillConfig(photos)
	}
	r, err := Open(dir, c)
	if err == nil && c.Dataset == "" {
		err = fewImages(r)
	}
	if err == nil && os.Getenv(trainEnv+"_REBASE") != "" {
		err = rebaseForever(r)
	}
	if err == nil {
		err = r.TrainTo(context.Background(), 1000,
			TrainOptions{OnBatch: func(p Progress) { fmt.Println(p.Epoch, p.Batch) }})
	}
	fmt.Println("error:", err)
	os.Exit(1)
}

func killConfig() Config {
	return Config{Channels: 1, BatchSize: 10, TestBatchSize: 50, Seed: 3, KeepBest: PartTest,
		Optimizer: AdamW, EMA: 0.9, ClipNorm: 1, LabelSmoothing: 0.1, LRSchedule: LRCosine, LRWarmup: 0.5, Epochs: 6}
}

// trainElsewhere starts a process that trains the run in dir, saving after every batch.
func trainElsewhere(t *testing.T, dir string, env ...string) (*exec.Cmd, *lineReader) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(append(os.Environ(), trainEnv+"="+dir), env...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	return cmd, newLineReader(out)
}

// TestKill kills a training process at 30 random moments, saves included, since it saves after every batch. Each time
// the run opens at a complete save, no earlier than the last batch but one it reported, and what it holds is what an
// undisturbed training has at that batch.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	done := 0 // batches that must not be lost
	const perEpoch = 300 / 10
	kills := 30
	if testing.Short() {
		kills = 8
	}
	for i := range kills {
		cmd, lines := trainElsewhere(t, dir)
		lines.next(t) // it has begun
		timer := time.NewTimer(time.Duration(rng.IntN(60_000)) * time.Microsecond)
		<-timer.C
		cmd.Process.Kill()
		for line := range lines.rest() {
			var epoch, batch int
			if _, err := fmt.Sscan(line, &epoch, &batch); err == nil {
				done = max(done, epoch*perEpoch+batch-1)
			}
		}
		cmd.Wait()
		r, err := OpenReadOnly(dir)
		if err != nil {
			t.Fatalf("after kill %d: %v", i, err)
		}
		if len(r.Warnings()) > 0 {
			t.Errorf("after kill %d: %q", i, r.Warnings())
		}
		if at := r.Epoch()*perEpoch + r.Batch(); at < done {
			t.Errorf("after kill %d the run is at batch %d, but batch %d was reported done", i, at, done)
		}
	}

	killed := open(t, dir)
	if killed.Epoch() == 0 && killed.Batch() == 0 {
		t.Fatal("nothing was trained between the kills")
	}
	whole := open(t, t.TempDir(), killConfig())
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	err := whole.TrainTo(ctx, killed.Epoch()+1, TrainOptions{OnBatch: func(p Progress) {
		if p.Epoch == killed.Epoch() && p.Batch == killed.Batch() {
			cancel()
		}
	}})
	if killed.Batch() > 0 && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if killed.Batch() > 0 {
		sameRun(t, fingerprint(t, killed), fingerprint(t, whole))
		if killed.Epoch() > 0 {
			sameBest(t, killed, whole)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, savesDir, ".partial-*")); len(left) > 0 {
		t.Errorf("opening left %q", left)
	}
}

// TestFullDisk: a save that does not fit is an error, and the run is as before.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir, killConfig())
	want := fingerprint(t, r)
	r.Close()
	cmd, lines := trainElsewhere(t, dir, trainEnv+"_FULL=1")
	out := strings.Join(slices.Collect(lines.rest()), "\n")
	cmd.Wait()
	if !strings.Contains(out, "could not save") || !strings.Contains(out, "last good save is kept") {
		t.Errorf("training on a full disk said %q", out)
	}
	r = open(t, dir)
	sameRun(t, fingerprint(t, r), want)
	if len(r.Warnings()) > 0 {
		t.Errorf("warnings: %q", r.Warnings())
	}
}

// An interrupt is told from what went wrong because of it.
func TestInterrupted(t *testing.T) {
	full := errors.New("disk full")
	notSaved := fmt.Errorf("could not save: %w", full)
	for _, c := range []struct {
		err         error
		interrupted bool
		besides     string
	}{
		{nil, false, ""},
		{full, false, ""},
		{context.Canceled, true, ""},
		{fmt.Errorf("data set: %w", context.DeadlineExceeded), true, ""},
		{errors.Join(context.Canceled, nil), true, ""},
		{&TrainError{Err: errors.Join(context.Canceled, nil)}, true, ""},
		{&TrainError{Err: errors.Join(context.Canceled, notSaved)}, true, "could not save: disk full"},
		{fmt.Errorf("run a: %w", errors.Join(notSaved, errors.Join(context.Canceled, full))), true,
			"could not save: disk full\ndisk full"},
	} {
		interrupted, besides := Interrupted(c.err)
		if interrupted != c.interrupted || fmt.Sprint(besides) != cmp.Or(c.besides, "<nil>") {
			t.Errorf("%v: %v, %v", c.err, interrupted, besides)
		}
	}
}
