package main

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
)

// manifest tests every combination, marks the trained one, agrees with eval, and writes what it is asked for.
func TestManifest(t *testing.T) {
	flags := workplace(t)
	mustRun(t, append(flags, "--run", "first", "--epochs", "1")...)
	scored := object(t, first(mustRun(t, "eval", "first", "--json")))

	out, _ := mustRun(t, "manifest", "first", "--schemes", "Euler,rk4-classic", "--steps", "2,1", "--json")
	lines := objects(t, out)
	if len(lines) != 4 {
		t.Fatalf("got\n%s", out)
	}
	wantKeys(t, lines[0], "scheme", "steps", "trained", "evaluations", "accuracy", "loss", "images", "seconds")
	if l := lines[0]; l["scheme"] != "euler" || l["steps"] != 1.0 || l["trained"] != true ||
		l["loss"] != scored["test_loss"] {
		t.Errorf("got %v, eval says %v", l, scored)
	}
	if l := lines[3]; l["scheme"] != "rk4_classic" || l["steps"] != 2.0 || l["trained"] != false ||
		l["evaluations"] != 24.0 {
		t.Errorf("got %v", l)
	}
	out, _ = mustRun(t, "manifest", "first", "--limit", "5", "--steps", "1", "--csv", "m.csv", "--out", "m.svg")
	for _, want := range []string{"on 5 test images\n", "\n* euler            1      3 ",
		"\n  rk4_classic      1     12 ", "* as trained\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if text, err := os.ReadFile("m.csv"); err != nil ||
		!strings.HasPrefix(string(text),
			"scheme,steps,trained,evaluations,accuracy,loss,images,seconds\neuler,1,true,3,") {
		t.Errorf("table %s, %v", text, err)
	}
	if text, err := os.ReadFile("m.svg"); err != nil ||
		!strings.Contains(string(text), "first: test accuracy, trained with 1-1-1 euler") {
		t.Errorf("chart: %v", err)
	}
}

func first(out, _ string) string { return out }

func TestConvergence(t *testing.T) {
	flags := workplace(t)
	mustRun(t, append(flags, "--run", "first", "--epochs", "1", "--initial-time-d", "2")...)
	out, errText := mustRun(t, "convergence", "first", "--scheme", "euler", "--steps", "2,3,4,8", "--stage", "2",
		"--images", "2", "--json")
	result := object(t, out)
	wantKeys(t, result, "stage", "images", "cells", "precision", "reference_scheme",
		"reference_steps", "uncertainty", "schemes", "uneven")
	scheme := result["schemes"].([]any)[0].(map[string]any)
	wantKeys(t, scheme, "scheme", "order", "measured", "from", "to", "points")
	if len(scheme["points"].([]any)) != 4 || result["stage"] != 2.0 || result["precision"] != "float64" {
		t.Errorf("got %v", result)
	}
	if want := "cnet: warning: 3 steps are no multiple of the 2 cells of depth"; !strings.HasPrefix(errText, want) {
		t.Errorf("stderr %q", errText)
	}
	out, _ = mustRun(t, "convergence", "first", "--schemes", "euler,midpoint", "--steps", "2,4", "--images", "2",
		"--csv", "c.csv", "--out", "c.png")
	if !strings.Contains(out, "the state after stage 1, for 2 test images, in float64\n") ||
		!strings.Contains(out, "\nmidpoint  order 2, measured ") {
		t.Errorf("got\n%s", out)
	}
	if text, err := os.ReadFile("c.csv"); err != nil || strings.Count(string(text), "\n") != 5 {
		t.Errorf("table %s, %v", text, err)
	}
	if _, err := os.Stat("c.png"); err != nil {
		t.Error(err)
	}
}

// Interrupted before anything is complete, both end with status 130 and print no table.
func TestInterruptedMeasurement(t *testing.T) {
	flags := workplace(t)
	mustRun(t, append(flags, "--run", "first", "--epochs", "1")...)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, command := range []string{"manifest", "convergence"} {
		var out, errText bytes.Buffer
		if status := execute(ctx, []string{command, "first"}, &out, &errText); status != 130 || out.Len() > 0 ||
			errText.String() != "cnet: interrupted\n" {
			t.Errorf("%s: status %d, stdout %q, stderr %q", command, status, out.String(), errText.String())
		}
	}
}

func TestSchemes(t *testing.T) {
	out, _ := mustRun(t, "schemes", "--json")
	found := map[any]map[string]any{}
	for _, s := range object(t, out)["schemes"].([]any) {
		line := s.(map[string]any)
		wantKeys(t, line, "name", "kind", "order", "embedded_order", "stages",
			"evaluations", "fsal", "adaptive", "networks", "note")
		found[line["name"]] = line
	}
	if d := found["dopri5"]; d["order"] != 5.0 || d["embedded_order"] != 4.0 || d["evaluations"] != 6.0 ||
		d["fsal"] != true || d["networks"] != true {
		t.Errorf("dopri5: %v", d)
	}
	if found["implicit_euler"]["networks"] != false || found["leapfrog"] == nil || found["ab2"] == nil {
		t.Errorf("found %v", found)
	}
	out, _ = mustRun(t, "schemes")
	if !strings.Contains(out, "\ndopri5                   yes   5(4)   7       6 FSAL ") {
		t.Errorf("list:\n%s", out)
	}

	out, _ = mustRun(t, "schemes", "RK4")
	want := `    0 │
  1/3 │   1/3
  2/3 │  -1/3    1
    1 │     1   -1    1
──────┼─────────────────────
      │   1/8  3/8  3/8  1/8
`
	if !strings.Contains(out, want) || !strings.Contains(out, "  order 4  [[[τ]]]    = 1/24   ok\n") ||
		strings.Contains(out, "order 5") {
		t.Errorf("got\n%s", out)
	}
	o := object(t, first(mustRun(t, "schemes", "bosh3", "--json")))
	if len(o["a"].([]any)) != 4 || len(o["conditions"].([]any)) != 17 || len(o["err"].([]any)) != 4 {
		t.Errorf("bosh3: %v", o)
	}
	if out, _ := mustRun(t, "schemes", "ab2"); strings.Contains(out, "│") || !strings.Contains(out, "in nets   yes") {
		t.Errorf("ab2:\n%s", out)
	}
}

// A scheme is drawn into a file; what cannot be drawn is an error, before anything is printed.
func TestSchemeDrawn(t *testing.T) {
	workplace(t)
	mustRun(t, "schemes", "heun3", "--out", "heun3.svg")
	if text, err := os.ReadFile("heun3.svg"); err != nil || !strings.Contains(string(text), "Stability region") {
		t.Errorf("chart: %v", err)
	}
	for want, args := range map[string][]string{
		"ab2 is no Runge-Kutta scheme": {"schemes", "ab2", "--out", "ab2.png"},
		"needs the name of a scheme":   {"schemes", "--out", "all.png"},
		"ends in .png or .svg":         {"schemes", "rk4", "--out", "rk4.gif"},
	} {
		var out, errText bytes.Buffer
		if status := execute(t.Context(), args, &out, &errText); status != 2 || out.Len() > 0 ||
			!strings.Contains(errText.String(), want) {
			t.Errorf("%v: status %d, stdout %q, stderr %q", args, status, out.String(), errText.String())
		}
	}
}
