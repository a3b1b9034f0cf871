package main

import (
	"strings"
	"testing"

	"continuousnet/cnet"
)

// TestRegularisers: what regularisers charge is in the table, in JSON and in CSV, and a run keeps their weights.
func TestRegularisers(t *testing.T) {
	t.Chdir(t.TempDir())
	made := strings.Fields("train --stages 1 --channels 1 --batch-size 500 --kinetic-energy 0.01 " +
		"--jacobian-norm 0.02 --run s")
	out, _ := mustRun(t, append(made, "--epochs", "1")...)
	if !strings.Contains(out, headFor(cnet.Config{KineticEnergy: 1, JacobianNorm: 1}, false)+"\n") {
		t.Errorf("no columns:\n%s", out)
	}
	out, _ = mustRun(t, append(made, "--epochs", "2", "--json")...)
	wantKeys(t, objects(t, out)[0], "kinetic_energy", "jacobian_norm", "train_loss")
	for args, want := range map[string]string{
		"info s":       "kinetic energy weighted by 0.01, jacobian norm weighted by 0.02",
		"info s --csv": "changes,evaluations,kinetic_energy,jacobian_norm,validation_loss",
	} {
		if out, _ := mustRun(t, strings.Fields(args)...); !strings.Contains(out, want) {
			t.Errorf("%s printed\n%s\nwant %s", args, out, want)
		}
	}
	_, err, status := cnetRun(t, strings.Fields("train --run s --kinetic-energy 0.5 --epochs 3")...)
	if status != 2 || !strings.Contains(err, "--kinetic-energy 0.5 is not what run results/s was made with, which is") {
		t.Errorf("status %d, %s", status, err)
	}
}

// TestErrorEstimate: likewise the estimate of the errors, where steps adapt.
func TestErrorEstimate(t *testing.T) {
	t.Chdir(t.TempDir())
	made := strings.Fields("train --dataset moons --points 64 --rtol 1e-2 --error-estimate 0.1 --run s")
	out, _ := mustRun(t, append(made, "--epochs", "1")...)
	if !strings.Contains(out, headFor(cnet.Config{Model: cnet.NeuralODE, RTol: 1, ErrorEstimate: 1}, false)+"\n") {
		t.Errorf("no column:\n%s", out)
	}
	out, _ = mustRun(t, append(made, "--epochs", "2", "--json")...)
	wantKeys(t, objects(t, out)[0], "evaluations", "error_estimate", "train_loss")
	for args, want := range map[string]string{
		"info s":       "error estimate weighted by 0.1",
		"info s --csv": "validation_accuracy,error_estimate",
	} {
		if out, _ := mustRun(t, strings.Fields(args)...); !strings.Contains(out, want) {
			t.Errorf("%s printed\n%s\nwant %s", args, out, want)
		}
	}
	for args, want := range map[string]string{
		"--run s --error-estimate 0.5":                                    "--error-estimate 0.5 is not what run",
		"--dataset moons --error-estimate 0.1":                            "where steps do not adapt",
		"--error-estimate 0.1":                                            "a ContinuousNet has no error estimate",
		"--dataset moons --rtol 1 --error-estimate -1":                    "error-estimate",
		"--dataset moons --rtol 1 --adjoint backsolve --error-estimate 1": "knows nothing",
	} {
		_, err, status := cnetRun(t, strings.Fields("train "+args)...)
		if status != 2 || !strings.Contains(err, want) {
			t.Errorf("%s: status %d, %s", args, status, err)
		}
	}
}
