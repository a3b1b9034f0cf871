package main

import (
	"os"
	"strings"
	"testing"
)

// TestStagesOfARun: lists on the command line make a net whose stages differ, every command knows it, and a run goes on
// with the lists that it was made with.
func TestStagesOfARun(t *testing.T) {
	t.Chdir(t.TempDir())
	made := strings.Fields("train --steps 1,2 --channels 1,2 --batch-size 500 --epochs 1 --run s")
	mustRun(t, made...)
	for _, c := range [][2]string{
		{"info s", "1-2 steps in each stage, weights of 1-2 piecewise_constant functions, 1-2 channels"},
		{"refine s --stages 2", "1-2 euler → 1-4 euler"},
		{"manifest s --schemes euler --limit 50", "* euler     1-4      5"},
		{"info s --json", `"stage_steps":[1,4],"stage_basis":[1,4]`},
		{strings.Join(made, " "), "steps stays 1,4 (made with 1,2, changed since)"},
		{"export s s.npz", "note: its stages are 1-4 steps, 1-4 functions and 1-2 channels"},
		{"import s.npz u --scheme euler --dataset fashion-sample", "ContinuousNet 1-4 euler"},
		{"bench step --engine go --steps 1,2 --alpha 1,2 --batch 2 --repeats 1",
			"ContinuousNet 1-2 euler, 1-2 channels"},
	} {
		if out, errors := mustRun(t, strings.Fields(c[0])...); !strings.Contains(out+errors, c[1]) {
			t.Errorf("%s printed\n%s%s\nwant %s", c[0], out, errors, c[1])
		}
	}
	if _, err := os.Stat("results/s"); err != nil {
		t.Error(err)
	}
}
