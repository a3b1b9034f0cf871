package main

import (
	"os"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"continuousnet/cnet"
)

// Whatever is wrong with a command line, there is one line that says so, status 2, and nothing is made.
func TestBadCommandLines(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, c := range []struct{ args, want string }{
		{"trian", `unknown command "trian"; did you mean "cnet train"?`},
		{"frobnicate", `unknown command "frobnicate"; expected one of bench, completion, compress, convergence, ` +
			`data, engines, eval, export, import, info, manifest, predict, refine, save, schemes, tell, ` +
			`train, version`},
		{"data lits", `unknown command "data lits"; did you mean "cnet data list"?`},
		{"help trian", `unknown command "trian"; did you mean "cnet train"?`},
		{"--foo", `unknown flag --foo; "cnet --help" lists them`},
		{"train --alpah 3", "train: unknown flag --alpah; did you mean --alpha?"},
		{"train --batch_sise 3", "train: unknown flag --batch_sise; did you mean --batch-size?"},
		{"train --learning-rate 3", "train: unknown flag --learning-rate; did you mean --lr?"},
		{"train --weight_decy 3", "train: unknown flag --weight_decy; did you mean --weight-decay?"},
		{"train --nepochs 3", "train: unknown flag --nepochs; did you mean --epochs?"},
		{"train --batchsize 3", "train: unknown flag --batchsize; did you mean --batch-size?"},
		{"train --batch 3", "train: unknown flag --batch; did you mean --batch-size?"},
		{"train --timesteps 3", "train: unknown flag --timesteps; did you mean --steps?"},
		{"train --num_classes 3", "train: unknown flag --num_classes; did you mean --nclass?"},
		{"train --archh ResNet", "train: unknown flag --archh; did you mean --arch (--model)?"},
		{"train --initial_time 3", "train: unknown flag --initial_time; did you mean --initial-time-d (--n-basis)?"},
		{"manifest --methods euler", "manifest: unknown flag --methods; did you mean --schemes?"},
		{"eval --gpu", "eval: unknown flag --gpu; did you mean --device?"},
		{"train -lr 3", "train: unknown flag -lr; did you mean --lr?"},
		{"train --no-such", `train: unknown flag --no-such; "cnet train --help" lists them`},
		{"train first", `train takes flags only, got "first"`},
		{"train --model ResNet50", `--model is "ResNet50", expected one of ContinuousNet, ContinuousNetActFirst, ` +
			`WideContinuousNet, NeuralODE, ResNetV2, WideResNet`},
		{"train --arch VGG", `--arch is "VGG", expected one of ContinuousNet, ContinuousNetActFirst, ` +
			`WideContinuousNet, NeuralODE, ResNetV2, WideResNet`},
		{"train --model ResNetV2 --depth 21", "config: depth is 21, must be 6n+2 for a ResNetV2, such as 20 or 26"},
		{"train --model ResNetV2 --scheme euler",
			"config: a ResNetV2 has no scheme; leave it out, or choose another model"},
		{"train --arch WideResNet --refine 3",
			"config: a WideResNet has no refinement; leave it out, or choose another model"},
		{"train --depth 20", "config: a ContinuousNet has no depth; leave it out, or choose another model"},
		{"train --dropout 1", `--dropout is "1", expected 0 or a number greater than 0 and less than 1`},
		{"train --widen_factor 0", `--widen-factor is "0", expected a whole number from 1 to 256`},
		{"train --scheme rk5", `--scheme is "rk5", expected one of ` + strings.Join(cnet.NetworkSchemes(), ", ")},
		{"train --dataset CIFAR11", `--dataset is "CIFAR11", expected one of cifar10, cifar100, mnist, ` +
			`fashion-mnist, tinyimagenet, fashion-sample, moons, circles, spirals, or a folder, a .npz or a ` +
			`.csv file; did you mean cifar10?`},
		{"predict none -1,0.3", "predict: -1,0.3 is taken for a flag; write -- before what begins with a minus: " +
			"-- -1,0.3"},
		{"train --data=", `--data is "", expected a folder`},
		{"train --alpha 0", `--alpha is "0", expected a whole number from 1 to 4096`},
		{"train --alpha 1.5", `--alpha is "1.5", expected a whole number from 1 to 4096`},
		{"train --steps 2,0,4",
			`--steps is "2,0,4", expected whole numbers from 1 to 1024, one for each stage, such as 2,4,4`},
		{"train --steps 4,",
			`--steps is "4,", expected whole numbers from 1 to 1024, one for each stage, such as 2,4,4`},
		{"train --steps=",
			`--steps is "", expected a whole number from 1 to 1024`},
		{"train --channels 8,x",
			`--channels is "8,x", expected whole numbers from 1 to 4096, one for each stage, such as 2,4,4`},
		{"train --steps 2,4 --alpha 1,2,3", "config: steps of the stages are 2, 4, but channels of the " +
			"stages are 1, 2, 3; give a number for each stage, or one for all"},
		{"train --stages 4 --steps 2,4", "config: stages is 4, but steps of the stages are 2, 4; " +
			"give a number for each stage, or one for all"},
		{"train --batch-size -1", `--batch-size is "-1", expected a whole number from 1 to 1048576`},
		{"train --epochs 0", `--epochs is "0", expected a whole number from 1 to 1048576`},
		{"train --n_time_steps_per two", `--n-time-steps-per is "two", expected a whole number from 1 to 1024`},
		{"train --initial-time-d 1024 --n-time-steps-per 2", "config: steps is 2048, must be from 1 to 1024"},
		{"train --basis splines", `--basis is "splines", expected one of piecewise_constant, piecewise_linear, ` +
			`hat, chebyshev, legendre, fourier`},
		{"train --basis piecewise_linear --n-basis 3",
			"basis: piecewise_linear has two functions a cell, so their number must be even: 2 or 4, got 3"},
		{"train --n_basis 0", `--n-basis is "0", expected a whole number from 1 to 1024`},
		{"train --initial_time_d 0", `--n-basis is "0", expected a whole number from 1 to 1024`},
		{"train --steps 4 --n-time-steps-per 2", "--n-time-steps-per contradicts --steps; leave one of them out"},
		{"train --initial_time_d 2 --n_basis 3", "--n_basis 3 contradicts --initial_time_d 2; leave one of them out"},
		{"train --n_basis 3 --initial_time_d=2", "--initial_time_d 2 contradicts --n_basis 3; leave one of them out"},
		{"train --arch ResNet --model ContinuousNet",
			"--model ContinuousNet contradicts --arch ResNet; leave one of them out"},
		{"train --name cifar10 --dataset CIFAR100",
			"--dataset CIFAR100 contradicts --name cifar10; leave one of them out"},
		{"train --wd 5e-4 --weight_decay 0.005", "--weight_decay 0.005 contradicts --wd 5e-4; leave one of them out"},
		{"train --batch_size 64 --batch-size 32", "--batch-size 32 contradicts --batch_size 64; leave one of them out"},
		{"train --batch_norm --use_batch_norms False",
			"--use_batch_norms False contradicts --batch_norm true; leave one of them out"},
		{"train --lr_decay_epoch 30 --lr_decay_epoch 60 --lr_update 60",
			"--lr_update 60 contradicts --lr_decay_epoch 30,60; leave one of them out"},
		{"train --arch ResNet --depth_res 20 --depth 26", "--depth-res contradicts --depth; leave one of them out"},
		{"train --depth_res 20 --depth_wide 34",
			"config: a ContinuousNet has no depth; leave it out, or choose another model"},
		{"compress first --initial_time_d 2 --n-basis 3",
			"--n-basis 3 contradicts --initial_time_d 2; leave one of them out"},
		{"compress first --in-place --in_place=no", `--in-place is "no", expected true or false`},
		{"compress first --in-place --in_place=0", "--in_place 0 contradicts --in-place true; leave one of them out"},
		{"import x.npz y --name mnist --dataset cifar10",
			"--dataset cifar10 contradicts --name mnist; leave one of them out"},
		{"train --nclass 100",
			"--nclass is 100, but fashion-sample has 10 classes; leave it out, or give another --dataset"},
		{"train --nclass ten", `--nclass is "ten", expected a whole number from 1 to 65536`},
		{"train --lr_schedule poly", `--lr-schedule is "poly", expected one of step, cosine, onecycle, constant`},
		{"train --lr-warmup -1", `--lr-warmup is "-1", expected 0 or a number greater than 0`},
		{"train --lr-warmup 3", "config: lr warmup is 3, must be less than the epochs of the training, which are 3"},
		{"train --lr-schedule cosine --epochs 40 --lr-warmup 50",
			"config: lr warmup is 50, must be less than the epochs of the training, which are 40"},
		{"train --lr-schedule onecycle --lr-warmup 1", "config: the lr schedule onecycle has a warm-up of its own; " +
			"leave out the lr warmup of 1 epochs, or choose another schedule"},
		{"train --lr-schedule constant --lr-decay-epoch 3", "config: the lr schedule constant has no epochs at which " +
			"the learning rate decays; leave them out, or choose step"},
		{"train --name tinyimagenet --nclass 100",
			"--nclass is 100, but tinyimagenet has 200 classes; leave it out, or give another --dataset"},
		{"train --widen_factor 5",
			"config: a ContinuousNet has no widen factor; leave it out, or choose another model"},
		{"train --model ResNetV2 --n-basis 2",
			"config: a ResNetV2 has no functions of depth; leave it out, or choose another model"},
		{"compress", `compress needs a run: cnet compress RUN; "cnet info" lists those in results/`},
		{"compress nope --n-basis 2", `there is no run in results/nope; "cnet info" lists those in results/, "cnet ` +
			`train --run nope" makes this one`},
		{"compress first --basis splines",
			`--basis is "splines", expected one of piecewise_constant, piecewise_linear, hat, chebyshev, legendre, ` +
				`fourier`},
		{"compress first --method guess", `--method is "guess", expected project or interpolate`},
		{"train --lr 0", `--lr is "0", expected a number greater than 0`},
		{"train --lr nan", `--lr is "nan", expected a number greater than 0`},
		{"train --lr", "--lr needs a value: learning rate; may be another one when a run goes on (default 0.1)"},
		{"train --optimizer sgdm", `--optimizer is "sgdm", expected one of sgd, adam, adamw, rmsprop, lion`},
		{"train --ema 1", `--ema is "1", expected 0 or a number greater than 0 and less than 1`},
		{"train --label-smoothing -1",
			`--label-smoothing is "-1", expected 0 or a number greater than 0 and less than 1`},
		{"train --optimizer rmsprop --momentum 0.5",
			"config: the optimizer rmsprop has no momentum; leave it out, or choose another one"},
		{"train --momentum 1", `--momentum is "1", expected 0 or a number greater than 0 and less than 1`},
		{"train --weight-decay -0.1", `--weight-decay is "-0.1", expected 0 or a number greater than 0`},
		{"train --time-epsilon 0", `--time-epsilon is "0", expected a number greater than 0`},
		{"train --refine 3 x", `--refine is "x", expected epochs, whole numbers from 0, such as 30,50,70`},
		{"train --lr-decay-epoch -1",
			`--lr-decay-epoch is "-1", expected epochs, whole numbers from 0, such as 30,50,70`},
		{"train --batch-norm maybe", `--batch-norm is "maybe", expected true or false`},
		{"train --use_skipinit=2", `--use-skipinit is "2", expected true or false`},
		{"train --json=maybe", `--json is "maybe", expected true or false`},
		{"train --seed -1", `--seed is "-1", expected a whole number from 0`},
		{"train --device tpu", `--device is "tpu", expected gpu, cuda or cpu`},
		{"train --device cuda:x", `--device is "cuda:x", expected gpu, cuda or cpu`},
		{"train --device cuda:1", `--device is "cuda:1", but only the first GPU is used; for this one, set ` +
			`CUDA_VISIBLE_DEVICES=1 and give --device cuda`},
		{"train --device gpu --engine go", "--device gpu contradicts --engine go; leave one of them out"},
		{"train --device cuda --engine go", "--device cuda contradicts --engine go; leave one of them out"},
		{"train --engine go --devices 2",
			"--devices is 2: engine: go: it computes on one device, not on 2; several need XLA and as many GPUs " +
				"(the engine xla:cuda)"},
		{"train --engine go --precision bf16",
			"--precision is bf16: the engine go trains in float32, which is faster there; bf16 is for XLA on a GPU " +
				"(xla:cuda)"},
		{"train --precision half", `--precision is "half", expected one of float32, bf16`},
		{"train --devices 0", `--devices is "0", expected a whole number from 1 to 1024`},
		{"train --device cpu --engine xla:cuda", "--device cpu contradicts --engine xla:cuda; leave one of them out"},
		{"train --run --json", `"--json" is a flag, not the name of a run`},
		{"refine", `refine needs a run: cnet refine RUN; "cnet info" lists those in results/`},
		{"refine nope", `there is no run in results/nope; "cnet info" lists those in results/, "cnet train --run ` +
			`nope" makes this one`},
		{"eval /no/where", `there is no run in /no/where; "cnet info" lists those in results/, "cnet train --run ` +
			`/no/where" makes this one`},
		{"eval a b", `eval takes one run, got "b" as well`},
		{"info a --run ./results/a",
			`there is no run in results/a; "cnet info" lists those in results/, "cnet train --run a" makes this one`},
		{"info a --run b", `info: got both the run "a" and --run "b"; leave one out`},
		{"data get", `data get takes the name of one data set, got 0; "cnet data list" has them`},
		{"data get nope", `data get: the data set is "nope", expected one of cifar10, cifar100, mnist, ` +
			`fashion-mnist, tinyimagenet, fashion-sample`},
		{"bench step --batch 0", `--batch is "0", expected a whole number from 1 to 65536`},
		{"bench step --scheme rk5", `--scheme is "rk5", expected one of ` + strings.Join(cnet.NetworkSchemes(), ", ")},
		{"bench compile --steps 0", `--steps is "0", expected whole numbers from 1, such as 1,2,4,8`},
		{"bench compile --scheme rk5", `--scheme is "rk5", expected one of ` +
			strings.Join(cnet.NetworkSchemes(), ", ")},
		{"bench epoch --dataset nope", `--dataset is "nope", expected one of cifar10, cifar100, mnist, ` +
			`fashion-mnist, tinyimagenet, fashion-sample, moons, circles, spirals, or a folder, a .npz or a .csv file`},
		{"bench all --cases (", "--cases is \"(\", expected a regular expression: error parsing regexp: " +
			"missing closing ): `(`"},
		{"bench all --quick --cases nothing", `--cases "nothing" matches none of 8; --list shows them`},
		{"bench all --cases run --engine go,cpu", "--engine names go twice"},
		{"bench all --cases run --json no/x", `--json is "no/x", but there is no folder no; make it first`},
		{"bench all --cases run --data nope", "--data: dataset: there is no folder nope; pass another --data DIR"},
		{"bench all --cases run --add nope", "--add: open nope: no such file or directory"},
		{"bench report", "bench report takes one file that bench all --json has written, got 0"},
		{"bench report nope", "bench report: nope: no such file or directory"},
		{"engines all", `engines takes flags only, got "all"`},
	} {
		t.Run(c.args, func(t *testing.T) {
			out, err, status := cnetRun(t, strings.Fields(c.args)...)
			if want := "cnet: " + c.want + "\n"; err != want || out != "" || status != 2 {
				t.Errorf("status %d, stdout %q, stderr\n%swant status 2 and\n%s", status, out, err, want)
			}
		})
	}
	if entries, _ := os.ReadDir("."); len(entries) > 0 {
		t.Errorf("left behind: %v", entries)
	}
}

func TestUnknownEngineIsAUsageError(t *testing.T) {
	t.Chdir(t.TempDir())
	_, err, status := cnetRun(t, "train", "--engine", "abacus")
	if status != 2 || !strings.Contains(err, "abacus") || strings.Count(err, "\n") != 1 {
		t.Errorf("status %d, stderr %q", status, err)
	}
	if _, err := os.Stat("results"); err == nil {
		t.Error("a run was made")
	}
}

// Help goes to standard output, and every flag of the original is in it.
func TestHelp(t *testing.T) {
	for _, args := range []string{"", "help", "--help", "train --help", "help bench step", "data", "bench",
		"--version", "version"} {
		out, err, status := cnetRun(t, strings.Fields(args)...)
		if out == "" || err != "" || status != 0 {
			t.Errorf("cnet %s: status %d, stdout %q, stderr %q", args, status, out, err)
		}
	}
	out, _ := mustRun(t, "train", "--help")
	for _, flag := range []string{"model", "scheme", "dataset", "alpha", "batch-size", "test-batch-size", "epochs",
		"lr", "lr-decay", "lr-decay-epoch", "lr-schedule", "lr-warmup", "lr-epochs", "keep-best", "early-stop",
		"optimizer", "clip-norm", "label-smoothing", "ema",
		"weight-decay", "refine", "basis", "n-basis", "steps", "initial-time-d",
		"n-time-steps-per", "time-epsilon", "batch-norm",
		"use-skipinit", "seed", "device", "engine", "data", "run", "json"} {
		if !strings.Contains(out, "--"+flag+" ") && !strings.Contains(out, "--"+flag+"[") {
			t.Errorf("train --help has no --%s", flag)
		}
	}
}

func TestValuesAsWordsOfTheirOwn(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"train --refine 25", "train --refine=25"},
		{"train --refine 30 50 70 --lr 0.1", "train --refine=30,50,70 --lr 0.1"},
		{"train --refine 30,50 --lr_decay_epoch 1 2", "train --refine=30,50 --lr-decay-epoch=1,2"},
		{"train --refine=30 --refine 50", "train --refine=30 --refine=50"},
		{"train --batch_norm False --json", "train --batch-norm=False --json"},
		{"train --use_batch_norms True --lr_update 3 5", "train --batch-norm=True --lr-decay-epoch=3,5"},
		{"train --batch-norm --json", "train --batch-norm --json"},
		{"train --refine", "train --refine"},
		{"train --refine -1", "train --refine -1"},
		{"train --run --arch", "train --run --arch"},
		{"train -- --arch", "train -- --arch"},
		{"info --refine 25", "info --refine 25"},
		{"compress first --initial_time_d 2 --in_place", "compress first --n-basis 2 --in-place"},
		{"bench step --batch 3 --depth_res 20", "bench step --batch 3 --depth 20"},
		{"__complete train --arch ResNet --depth_", "__complete train --model ResNet --depth_"},
	} {
		a := &app{out: &output{}}
		own, _ := ownNames(a.root(), strings.Fields(c.args))
		if got := strings.Join(own, " "); got != c.want {
			t.Errorf("%s: got %s, want %s", c.args, got, c.want)
		}
	}
}

// configOf is the configuration that a command line of train makes, and the settings that it was made of.
func configOf(args string) (cnet.Config, []*setting, error) {
	a := &app{out: &output{}}
	root := a.root()
	own, given := ownNames(root, strings.Fields("train "+args))
	cmd, flags, err := root.Find(own)
	if err != nil {
		return cnet.Config{}, nil, err
	}
	if err := cmd.ParseFlags(flags); err != nil {
		return cnet.Config{}, nil, err
	}
	if err := a.contradiction(cmd, given); err != nil {
		return cnet.Config{}, nil, err
	}
	var list []*setting
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if s, ok := f.Value.(*setting); ok {
			list = append(list, s)
		}
	})
	c, err := newConfig(list, 0)
	return c, list, err
}

// Each way to write a flag means the same field of the configuration.
func TestFlagsBecomeConfiguration(t *testing.T) {
	for _, c := range []struct {
		args string
		show []string // name=value
	}{
		{"", []string{
			"model=ContinuousNet", "scheme=euler", "dataset=fashion-sample", "batch-norm=true", "n-time-steps-per=1",
		}},
		{"--refine 50 30 --refine 70,30", []string{"refine=30,50,70"}},
		{"--batch-norm", []string{"batch-norm=true"}},
		{"--batch_norm False", []string{"batch-norm=false"}},
		{"--batch-norm=no --use_skipinit", []string{"batch-norm=false", "use-skipinit=true"}},
		{"--initial_time_d 3", []string{"n-basis=3", "steps=3", "n-time-steps-per=1", "time-epsilon=3"}},
		{"--n-time-steps-per 4", []string{"n-basis=1", "n-time-steps-per=4", "time-epsilon=1"}},
		{"--n-time-steps-per 4 --initial-time-d 2 --time-epsilon 0.5",
			[]string{"n-basis=2", "n-time-steps-per=4", "time-epsilon=0.5"}},
		{"--n_basis 3 --basis Hat --steps 4",
			[]string{"basis=hat", "n-basis=3", "steps=4", "n-time-steps-per=4/3", "time-epsilon=3"}},
		{"--basis piecewise-linear", []string{"basis=piecewise_linear", "n-basis=2", "steps=2"}},
		{"--basis legendre --n-time-steps-per 2 --n-basis 3", []string{"n-basis=3", "steps=6"}},
		{"--momentum 0 --weight_decay 0", []string{"momentum=0", "weight-decay=0"}},
		{"--dataset FashionMNIST --scheme RK4-classic --model continuousnet",
			[]string{"dataset=fashion-mnist", "scheme=rk4_classic", "model=ContinuousNet"}},
		{"--model widecontinuousnet --widen_factor 2",
			[]string{"model=WideContinuousNet", "widen-factor=2", "scheme=euler"}},
		{"--use_stitch False --use_skipinit", []string{"use-stitch=false", "use-skipinit=true"}},
		{"--arch ResNet --depth_res 26", []string{"model=ResNetV2", "depth=26", "scheme="}},
		{"--arch WideResNet --depth_wide 58 --dropout 0.3",
			[]string{"model=WideResNet", "depth=58", "widen-factor=4", "dropout=0.3"}},
		{"--model WideResNet --dropout 0", []string{"depth=34", "dropout=0"}},
		{"--lr-schedule One_Cycle", []string{"lr-schedule=onecycle", "lr-warmup=0"}},
		{"--lr_schedule normal", []string{"lr-schedule=step"}},
		{"--lr-schedule cosine --lr-warmup 0.5", []string{"lr-schedule=cosine", "lr-warmup=0.5"}},
		// The same twice, in two spellings.
		{"--initial_time_d 2 --n_basis 2", []string{"n-basis=2"}},
		{"--arch ResNet --model resnetv2", []string{"model=ResNetV2"}},
		{"--name cifar10 --dataset CIFAR10", []string{"dataset=cifar10"}},
		{"--wd 5e-4 --weight_decay 0.0005", []string{"weight-decay=0.0005"}},
		{"--lr-decay 0.1 --lr_decay 1e-1", []string{"lr-decay=0.1"}},
		{"--lr_decay_epoch 30 60 --lr_update 60,30", []string{"lr-decay-epoch=30,60"}},
		{"--batch_norm --use_batch_norms yes", []string{"batch-norm=true"}},
		{"--steps 4 --n-time-steps-per 2 --n-basis 2", []string{"steps=4", "n-basis=2"}},
		{"--arch ResNet --depth 26 --depth_res 26", []string{"depth=26"}},
		// Of one spelling, the last.
		{"--lr 0.1 --lr 0.2", []string{"lr=0.2"}},
		// Each depth for its model.
		{"--arch ResNet --depth_res 26 --depth_wide 40", []string{"model=ResNetV2", "depth=26"}},
		{"--arch WideResNet --depth_res 26 --depth_wide 40", []string{"model=WideResNet", "depth=40"}},
		{"--depth_wide 40 --depth_res 26 --arch WideResNet", []string{"depth=40"}},
		{"--arch WideResNet --depth_res 26", []string{"depth=34"}},
		{"--lr 1e-2 --lr-decay 0.2 --seed 18446744073709551615",
			[]string{"lr=0.01", "lr-decay=0.2", "seed=18446744073709551615"}},
	} {
		config, list, err := configOf(c.args)
		if err != nil {
			t.Errorf("%s: %v", c.args, err)
			continue
		}
		for _, want := range c.show {
			name, value, _ := strings.Cut(want, "=")
			if got := find(list, name).show(config); got != value {
				t.Errorf("%s: %s is %s, want %s", c.args, name, got, value)
			}
		}
	}
}

func TestDevices(t *testing.T) {
	for _, c := range [][3]string{ // engine, device, result
		{"", "", ""}, {"go", "", "go"}, {"", "cpu", "go"}, {"auto", "cpu", "go"}, {"", "cuda", "xla:cuda"},
		{"auto", "cuda", "xla:cuda"},
		{"xla:cpu", "cpu", "xla:cpu"}, {"xla:/opt/plugin.so", "cuda", "xla:/opt/plugin.so"},
		{"", "cuda:0", "xla:cuda"}, {"", "CUDA", "xla:cuda"}, {"", "gpu", "auto"}, {"auto", "GPU", "auto"},
		{"xla:cuda", "gpu", "xla:cuda"},
		{"xla:/opt/plugin.so", "gpu", "xla:/opt/plugin.so"},
		// The same in other words, and the one in which both are.
		{"cpu", "cpu", "go"}, {"cuda", "cuda", "xla:cuda"}, {"cuda", "gpu", "cuda"}, {"xla", "cpu", "xla:cpu"},
		{"xla", "cuda:0", "xla:cuda"},
	} {
		got, err := (&engineFlags{c[0], c[1]}).name()
		if err != nil || got != c[2] {
			t.Errorf("--engine %q --device %q: got %q, %v, want %q", c[0], c[1], got, err, c[2])
		}
	}
}

func TestRunNames(t *testing.T) {
	for name, want := range map[string]string{
		"first": "results/first", "./first": "first", "a/b": "a/b", "/tmp/x/": "/tmp/x", ".": ".",
		"results/first": "results/first",
	} {
		if got, err := runDir(name); err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", name, got, err, want)
		}
	}
}
