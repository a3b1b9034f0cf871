package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"

	"github.com/spf13/cobra"

	"continuousnet/cnet"
	"continuousnet/cnet/internal/runname"
	"continuousnet/cnet/internal/words"
)

// The number of epochs by default: what fits into a minute on the sample, and what the original has.
const (
	sampleName    = "fashion-sample"
	sampleEpochs  = 3
	defaultEpochs = 120
	pointEpochs   = 50
)

// training is the command train.
type training struct {
	*app
	settings []*setting
	engine   engineFlags
	name     string // of the run
	named    bool   // it is given
	epochs   int    // 0: not given
	json     bool
	notes    []string // what a run that goes on keeps or changes
}

func (a *app) train() *cobra.Command {
	t := &training{app: a, settings: settings()}
	cmd := &cobra.Command{
		Use:   "train",
		Short: "Train a network, or go on with a run",
		Long: `Train a network in a run: a directory with the weights, the history and everything else that is needed to
go on. Without --run, a fresh directory results/DATASET-SCHEME-STEPS, or results/DATASET-MODEL-DEPTH, is made. With
--run DIR, the run in DIR goes on, or is made if there is none; a name without a slash is a run in results/.

GOING ON. A run keeps the flags that it was made with: --run and --epochs are enough, and --epochs counts from the
beginning of the run, so that the same command once more completes it, to the same numbers, whatever ended it. --lr,
--data, --engine and --devices may differ. The batch sizes, --optimizer with --momentum and --weight-decay, --refine,
--augment and the schedule of the learning rate may, too, and the history notes that. With another optimizer the
learning rate is multiplied by the ratio of the two defaults, unless --lr is given.

DATA. Without --dataset, the files in the folder of --data say which set they are.

--dataset DIR takes images of your own: DIR/train/CLASS/*.png and DIR/test/CLASS/*.png (or val/), or DIR/CLASS/*.png,
of which a fifth is for testing, chosen by the names of the files and --split-seed. PNG, JPEG, GIF, BMP and WebP are
read. Images of different sizes are brought to one with --size N: the middle of each, scaled. Decoded images are kept in
.data beside the run. --dataset FILE.npz takes arrays: x_train, [N H W C], [N C H W] or [N H W], in bytes or in
floats of any range, y_train, [N], and for testing x_test and y_test. A run goes on with the images that it was made
with and with no others; --data PATH says where they are now.

POINTS. --dataset moons, circles or spirals makes --points points in the plane; --dataset FILE.csv reads points with any
number of coordinates: a header, a line for each point, and the class in the column class, label, target or species, or
in the last one. The net is a NeuralODE, with an MLP as its rate, and is trained by adam. With --rtol or --atol its
steps are not --steps equal ones: for each batch a solver chooses them by the error that dopri5, or another --scheme,
estimates.

NUMBERS. Where a table has columns y, or y1, y2, ..., at its end, and none called as a class, or with --target NAME,...,
numbers are predicted instead of a class. The loss is then the mean squared error of targets less their mean over the
training points, divided by their deviation. Instead of the accuracy there are RMSE, the root of the mean squared error
in the units of the targets, and R2, the share of their variance that is explained, on average over the targets; the
best epoch is that with the highest R2.

LEARNING RATE. It begins with --lr. With --lr-schedule step it is multiplied by --lr-decay at the end of the epochs of
--lr-decay-epoch; without these at 80 and 120 of 180 epochs, as in the original's README, scaled to --epochs (53 and 80
of 120), and a longer training is planned anew. cosine brings it to 0 at the end of the training, along half a cosine;
onecycle begins with a 25th of --lr, reaches --lr after 30 % of the training, and ends with a 10,000th; constant leaves
it alone. --lr-warmup N lets it rise in the first N epochs, except with onecycle.

The length of the training is the --epochs that the run is made with, or --lr-epochs. To stop before and to go on later
changes nothing. After that length, the rate stays the last one. When a run goes on, the --lr that it has already leaves
the schedule as it is; another one scales the rest of it, and after its end is the rate.

VALIDATION. --validation 0.1 holds a tenth of the training images out of training, chosen by --seed, a tenth of each
class. The net is measured on them after each epoch, and what is best, and when to stop early, is then decided by them.
The test images decide nothing and are measured once: when the planned epochs are done or training stops early, with the
best epoch if --keep-best keeps it, or else with the last one. --keep-best test has them measured after each epoch.

--keep-best keeps the epoch with the best accuracy as the checkpoint best, which eval, export and others take with
--best; --early-stop N ends the training after N epochs without a better one. A change of net, learning rate or flags
begins the count anew.

AUGMENTATION. --augment LIST varies the training images at random, with these steps in their order; a number after a
colon replaces the one shown. crop:4 crops from a frame of 4 black pixels; flip mirrors half of the images, but not
those of digits and the like; cutout:8 covers a square of 8×8 pixels; jitter:0.2 changes brightness, contrast and
saturation by up to 20 %; mixup:0.2 and cutmix:1, which come last, mix the images of a batch in pairs, and their labels,
with shares from Beta(0.2, 0.2) and Beta(1, 1); of both, each batch has one. crop,flip is what the original does, and
the default; none leaves the images as they are. "cnet data show NAME --augment LIST --out sheet.png" draws what comes
of it.

Ctrl-C saves first, as a terminal that closes does; Ctrl-C twice does not save. Flags can be written with hyphens or
underscores. Those of the original's cli.py and train_resnet.py are taken as they are, --name, --arch, --wd,
--depth_res, --nclass and the like as well.`,
		Example: `  cnet train                                    the embedded sample, within a minute
  cnet train --run first --scheme rk4_classic   in results/first
  cnet train --run first --epochs 10            goes on to 10 epochs
  cnet train --epochs 9 --refine 3,6            1-1-1, after 3 epochs 2-2-2, after 6 epochs 4-4-4
  cnet train --dataset CIFAR10 --data ~/data/cifar-10-batches-bin --epochs 3
  cnet train --dataset CIFAR10 --epochs 30 --lr-schedule onecycle --lr 0.2
  cnet train --dataset CIFAR10 --augment crop,flip,cutout:8,mixup:0.4
  cnet train --dataset photos/birds --size 48 --epochs 30     your own images, in a folder for each class
  cnet train --dataset spirals --augment-dim 2  points in the plane, and two dimensions more to pass each other in
  cnet train --model ContinuousNet --dataset CIFAR10 --scheme rk4_classic --initial_time_d 1 --refine 30 50 70 \
      --lr_decay_epoch 80 100 --device cuda
  cnet train --model ResNetV2 --depth 20        a baseline
  cnet train --name cifar10 --epochs 120 --arch ResNet --lr_decay_epoch 30 60 90 --depth_res 20
  cnet train --json | jq .test_accuracy

With --json, standard output has one line for each epoch and a last one with the result:
  {"event":"epoch","epoch":0,"train_loss":1.2,"train_accuracy":0.5,...,"test_accuracy":0.6,"images_per_s":210,...}
  {"event":"result",...,"run":"results/first","epochs":3,"parameters":175770,"seconds":36.2}
where epoch counts from 0, accuracies are from 0 to 1, and seconds are those spent on training.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			t.named = cmd.Flags().Changed("run")
			return t.run(cmd.Context())
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	addSettings(flags, t.settings)
	t.engine.add(flags)
	flags.Var(count{&t.epochs, 1 << 20}, "epochs", fmt.Sprintf(
		"train until the run has so many (default %d on %s, else %d)", sampleEpochs, sampleName, defaultEpochs))
	flags.Lookup("epochs").DefValue = ""
	flags.StringVar(&t.name, "run", "", "the run to make or to go on with: `DIR`, or a name in results/")
	flags.BoolVar(&t.json, "json", false, "print a JSON object for each epoch and for the result")
	for _, flag := range []struct {
		name   string
		values []string
	}{
		{"scheme", cnet.NetworkSchemes()}, {"lr-schedule", cnet.LRSchedules}, {"optimizer", cnet.Optimizers},
		{"model", cnet.Models}, {"device", devices},
	} {
		complete := cobra.FixedCompletions(flag.values, cobra.ShellCompDirectiveNoFileComp)
		_ = cmd.RegisterFlagCompletionFunc(flag.name, complete)
	}
	return cmd
}

func (t *training) run(ctx context.Context) error {
	run, err := t.open(ctx)
	if err != nil {
		return err
	}
	defer run.Close()
	t.warnAll(run.Warnings())
	t.epochs = epochsOr(t.epochs, run.Config())
	for _, e := range run.Config().RefineEpochs {
		if e >= max(t.epochs, run.Epoch()) {
			t.warn("the refinement at epoch %d does not happen: training ends after %d epochs", e, t.epochs)
		}
	}
	if end := run.Rate().End; end > 0 && t.epochs > max(end, run.Epoch()) {
		t.warn("the schedule of the learning rate ends after %s, and the rate stays what it is then; "+
			"another --lr changes it when the run goes on from there", words.Plural(end, "epoch"))
	}
	r := newReporter(t.app, run, t.epochs, t.json)
	r.notes = t.notes
	// A batch may take long, and its graph longer to compile.
	var compiling atomic.Bool
	compiling.Store(true)
	quiet := context.AfterFunc(ctx, func() {
		if t.exit != nil && compiling.Load() {
			// Nothing has happened since the last save, and no compiler can be interrupted.
			run.Abandon()
			r.bar.clear()
			_ = t.interrupted(run, true)
			t.exit(statusInterrupted)
		}
		lead := ""
		if t.tty != nil {
			lead = "\r\033[2K" // over the bar
		}
		fmt.Fprintln(t.err, lead+"cnet: stopping after this batch, to save it; Ctrl-C once more stops at once")
	})
	defer quiet()
	// Training stops when nobody reads standard output any more; what was trained so far is kept.
	signalled := ctx
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	t.out.failed = cancel

	if err := r.begin(); err != nil {
		return err
	}
	// Not before the graph is compiled, which makes much garbage.
	spare := sync.OnceFunc(spareMemory)
	batch := func(p cnet.Progress) {
		compiling.Store(false)
		spare()
		r.batch(p)
	}
	record := func(rec cnet.Record) {
		r.record(rec)
		if rec.ChangesNet() || rec.Event == cnet.EventChange {
			compiling.Store(true)
		}
	}
	err = run.TrainTo(ctx, t.epochs, cnet.TrainOptions{OnBatch: batch, OnRecord: record})
	quiet()
	r.bar.clear()
	if err := saveChart(run, t.epochs); err != nil {
		t.warn("the chart could not be drawn: %v", err)
	}
	if err == nil {
		return r.end()
	}
	switch interrupted, besides := cnet.Interrupted(err); {
	case !interrupted:
		return err
	case besides != nil:
		return besides
	}
	if errors.Is(err, cnet.ErrStopped) {
		fmt.Fprintf(t.err, "cnet: stopped as it was told to; saved after %s\n"+
			"go on with: cnet train --run %s --epochs %d\n",
			position(run.Epoch(), run.Batch()), runname.Argument(run.Dir()), t.epochs)
		return nil
	}
	return t.interrupted(run, signalled.Err() != nil)
}

// interrupted tells where a training stopped, by a signal or because standard output failed, and how to go on. A
// terminal that closes causes both.
func (t *training) interrupted(run *cnet.Run, signalled bool) error {
	goOn := fmt.Sprintf("go on with: cnet train --run %s --epochs %d", runname.Argument(run.Dir()), t.epochs)
	saved := fmt.Sprintf("saved after %s, of %s", position(run.Epoch(), run.Batch()), words.Plural(t.epochs, "epoch"))
	if t.out.err != nil && !signalled {
		return fmt.Errorf("standard output: %w; %s; %s", t.out.err, saved, goOn)
	}
	fmt.Fprintf(t.err, "cnet: interrupted; %s\n%s\n", saved, goOn)
	return errInterrupted
}

// create makes a run, in a fresh directory if dir is "". Without the run, no directory is left behind.
func (t *training) create(ctx context.Context, dir, engineName string) (*cnet.Run, error) {
	c, err := newConfig(t.settings, t.epochs)
	if err != nil {
		return nil, err
	}
	if engineName != "" {
		c.Engine = engineName
	}
	made := dir == ""
	if made {
		var undo func()
		if dir, undo, err = freshDir(c); err != nil {
			return nil, err
		}
		defer undo() // does nothing when there is a run
	} else if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		made = true
	}
	d := newDecoding(t.app)
	defer d.clear()
	run, err := cnet.OpenContext(ctx, dir, c, cnet.OpenOptions{OnData: d.progress})
	if err != nil && made && !errors.Is(err, cnet.ErrInUse) && !cnet.Exists(dir) {
		if why := errors.Unwrap(err); why != nil {
			err = why // the directory, which it begins with, is not there any more
		}
	}
	if err == nil {
		t.noteRate(run)
	}
	return run, err
}
