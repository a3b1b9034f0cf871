package main

import (
	"strings"
	"testing"

	"continuousnet/cnet/engine"
)

// The command lines in the original's documentation, now and in its past, and each flag of its two programs with its
// default and with the values that it documents, mean here what they mean there.
func TestCommandLinesOfTheOriginal(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"--name cifar10 --epochs 120 --arch ResNet --lr_decay_epoch 30 60 90 --depth_res 20",
			"dataset=cifar10 model=ResNetV2 depth=20 lr-decay-epoch=30,60,90"},
		{"--model ContinuousNet --scheme euler --dataset CIFAR10 --epochs 120  --lr_decay_epoch 30 60 90 " +
			"--initial_time_d 2",
			"model=ContinuousNet scheme=euler dataset=cifar10 n-basis=2 steps=2 time-epsilon=2 " +
				"lr-decay-epoch=30,60,90"},
		{"--model ContinuousNet --scheme rk4_classic --dataset CIFAR10 --epochs 120  --lr_decay_epoch 30 60 90 " +
			"--initial_time_d 2 --weight_decay 1e-4",
			"scheme=rk4_classic weight-decay=0.0001"},
		{"--model ContinuousNet --scheme euler --dataset CIFAR10 --lr 0.1 --weight_decay  5e-4 --epochs 180 " +
			"--lr_decay 0.1 --lr_decay_epoch 80 120 160  --n_time_steps_per 1 --initial_time_d 8 --time_epsilon 8 " +
			"--seed 0",
			"n-basis=8 steps=8 time-epsilon=8 lr-decay-epoch=80,120,160 seed=0"},
		{"--model ContinuousNet --scheme euler --dataset CIFAR10 --lr 0.1 --wd 5e-4 --epochs 180 --lr_decay 0.1 " +
			"--lr_update 80 120 160  --n_time_steps_per 1 --initial_time_d 8 --time_epsilon 8 --seed 0 " +
			"--use_skipinit 0",
			"weight-decay=0.0005 lr-decay-epoch=80,120,160 use-skipinit=false"},
		// Its table of flags.
		{"--dataset CIFAR10 --batch-size 128 --test-batch-size 256 --epochs 180 --lr 0.1 --lr-decay 0.1 " +
			"--lr-decay-epoch 80 120 --weight-decay 5e-4 --batch-norm True --device gpu --seed 0",
			"dataset=cifar10 batch-size=128 test-batch-size=256 lr-decay-epoch=80,120 batch-norm=true"},
		// All flags of cli.py.
		{"--model ContinuousNet --alpha 16 --widen_factor 4 --scheme euler --dataset CIFAR10 --lr 1e-1 " +
			"--weight_decay 5e-4 --epochs 160 --batch_size 128 --test_batch_size 512 --lr_decay_epoch 30 60 90 " +
			"--lr_decay 0.1 --refine 30 50 70 --initial_time_d 3 --n_time_steps_per 1 --time_epsilon 3.0 " +
			"--batch_norm --use_skipinit --seed 1 --device cuda:0",
			"alpha=16 refine=30,50,70 n-basis=3 steps=3 time-epsilon=3 batch-norm=true use-skipinit=true " +
				"test-batch-size=512"},
		{"--model ContinuousNetActFirst --scheme midpoint", "model=ContinuousNetActFirst scheme=midpoint"},
		{"--model WideContinuousNet --widen_factor 2 --scheme RK4 --dataset FMNIST",
			"model=WideContinuousNet widen-factor=2 scheme=rk4 dataset=fashion-mnist"},
		// All flags of train_resnet.py.
		{"--name cifar10 --nclass 10 --batch_size 128 --test_batch_size 256 --epochs 180 --lr 0.1 --lr_decay 0.1 " +
			"--lr_schedule normal --lr_decay_epoch 80 120 160 --seed 1 --weight_decay 5e-4 --arch ResNet " +
			"--depth_res 20 --depth_wide 34 --widen_factor 4 --dropout 0.0 --use_batch_norms True",
			"dataset=cifar10 model=ResNetV2 depth=20 batch-norm=true lr-schedule=step"},
		{"--name cifar100 --nclass 100 --batch-size 128 --test-batch-size 256 --lr-decay 0.1 --lr-schedule normal " +
			"--lr-decay-epoch 80 120 160 --wd 5e-4 --arch WideResNet --depth_res 20 --depth_wide 58 " +
			"--widen_factor 4 --dropout 0.3",
			"dataset=cifar100 model=WideResNet depth=58 widen-factor=4 dropout=0.3"},
	} {
		config, list, err := configOf(c.args)
		if err != nil {
			t.Errorf("%s: %v", c.args, err)
			continue
		}
		for _, want := range strings.Fields(c.want) {
			name, value, _ := strings.Cut(want, "=")
			if got := find(list, name).show(config); got != value {
				t.Errorf("%s: %s is %q, want %q", c.args, name, got, value)
			}
		}
	}
}

// A GPU is used if there is one; without, the command goes on and says so.
func TestDeviceGPUGoesOnWithoutOne(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, s := range engine.List() {
		if s.Name == "xla:cuda" && s.Available {
			t.Skip("there is a GPU")
		}
	}
	_, err, status := cnetRun(t, "train", "--device", "gpu", "--dataset", "mnist", "--data", "nowhere")
	first, second, _ := strings.Cut(err, "\n")
	if status != 1 || !strings.HasPrefix(first, "cnet: warning: --device gpu: ") ||
		!strings.Contains(first, "; going on with the CPU, engine ") ||
		!strings.Contains(second, "MNIST not found") {
		t.Errorf("status %d: %s", status, err)
	}
}
