package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"continuousnet/cnet"
	"continuousnet/cnet/basis"
	"continuousnet/cnet/dataset"
	rates "continuousnet/cnet/rate"
)

// A canonical function returns the name that a spelling on the command line stands for. Its error begins with "is": the
// name of the flag is put before it.

func canonicalModel(text string) (string, error) {
	if strings.EqualFold(text, "ResNet") { // what --arch calls it
		return cnet.ResNetV2, nil
	}
	for _, m := range cnet.Models {
		if strings.EqualFold(m, text) {
			return m, nil
		}
	}
	return "", bad(text, "one of "+strings.Join(cnet.Models, ", "))
}

func canonicalAdjoint(text string) (string, error) {
	if !slices.Contains(cnet.Adjoints, strings.ToLower(text)) {
		return "", bad(text, "one of "+strings.Join(cnet.Adjoints, ", "))
	}
	return strings.ToLower(text), nil
}

func canonicalPrecision(text string) (string, error) {
	if bareWord(text) == "bfloat16" {
		return cnet.BFloat16, nil
	}
	if !slices.Contains(cnet.Precisions, strings.ToLower(text)) {
		return "", bad(text, "one of "+strings.Join(cnet.Precisions, ", "))
	}
	return strings.ToLower(text), nil
}

func canonicalSchedule(text string) (string, error) {
	if strings.EqualFold(text, "normal") { // what the original calls its only one
		return cnet.LRStep, nil
	}
	for _, name := range cnet.LRSchedules {
		if bareWord(text) == name {
			return name, nil
		}
	}
	return "", bad(text, "one of "+strings.Join(cnet.LRSchedules, ", "))
}

func canonicalOptimizer(text string) (string, error) {
	if name := bareWord(text); slices.Contains(cnet.Optimizers, name) {
		return name, nil
	}
	return "", bad(text, "one of "+strings.Join(cnet.Optimizers, ", "))
}

func canonicalMethod(text string) (string, error) {
	if m := cnet.Projection(text); m == cnet.ByProjection || m == cnet.ByInterpolation {
		return text, nil
	}
	return "", bad(text, fmt.Sprintf("%s or %s", cnet.ByProjection, cnet.ByInterpolation))
}

func canonicalScheme(text string) (string, error) {
	name, err := methodNamed(text)
	if err != nil {
		return "", bad(text, "one of "+strings.Join(cnet.NetworkSchemes(), ", "))
	}
	return name, nil
}

func canonicalBasis(text string) (string, error) {
	for _, name := range basis.Names() {
		if strings.EqualFold(name, strings.ReplaceAll(text, "-", "_")) {
			return name, nil
		}
	}
	return "", bad(text, "one of "+strings.Join(basis.Names(), ", "))
}

func canonicalRate(text string) (string, error) {
	for _, name := range rates.Names() {
		if strings.EqualFold(name, strings.ReplaceAll(text, "-", "_")) {
			return name, nil
		}
	}
	if rates.IsMLP(strings.ToLower(text)) {
		if _, err := rates.Lookup(strings.ToLower(text)); err != nil {
			return "", bad(text, "units and an activation, as in "+rates.DefaultMLP+": "+
				strings.TrimPrefix(err.Error(), "rate: "))
		}
		return strings.ToLower(text), nil
	}
	return "", bad(text, "one of "+strings.Join(rates.Names(), ", ")+", an MLP such as "+rates.DefaultMLP+
		"; a rate of your own is registered in Go (continuousnet/cnet/rate)")
}

func canonicalLayout(text string) (string, error) {
	if !slices.Contains(dataset.Layouts, strings.ToUpper(text)) {
		return "", bad(text, "one of "+strings.Join(dataset.Layouts, ", "))
	}
	return strings.ToUpper(text), nil
}

// canonicalDataset returns the name of a data set, and its folder if the text is one.
func canonicalDataset(text string) (name, dir string, err error) {
	if name, err = dataset.Canonical(text); err == nil {
		return name, "", nil
	}
	if name, dir, err = dataset.Resolve(text, ""); err == nil {
		return name, dir, nil
	}
	if !dataset.IsPoints(text) && strings.HasPrefix(err.Error(), "dataset: unknown data set") {
		more := ", " + strings.Join(dataset.Toys, ", ") + ", or a folder, a .npz or a .csv file"
		return "", "", noDataset(text, more, err)
	}
	return "", "", usagef("is %q: %s", text, strings.TrimPrefix(err.Error(), "dataset: "))
}

// publishedDataset returns the name of a data set that is published.
func publishedDataset(text string) (string, error) {
	name, err := dataset.Canonical(text)
	if err != nil || dataset.Own(name) {
		return "", noDataset(text, "", err)
	}
	return name, nil
}

// noDataset returns the error for a name that package dataset does not know, and says so by err.
func noDataset(text, more string, err error) error {
	expected := "one of " + strings.Join(dataset.Names(), ", ") + more
	if err != nil {
		if _, hint, ok := strings.Cut(err.Error(), "; did you mean "); ok {
			expected += "; did you mean " + hint
		}
	}
	return bad(text, expected)
}

// absolute returns the absolute path of a folder, so that a run is usable from another working directory.
func absolute(dir string) (string, error) {
	if dir == "" {
		return "", bad(dir, "a folder")
	}
	path, err := filepath.Abs(dir)
	if err != nil {
		return "", usagef("is %q: %v", dir, err)
	}
	return path, nil
}
