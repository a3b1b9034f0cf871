package dataset

import (
	"testing"

	"continuousnet/cnet/dataset/internal/check"
)

func TestCanonicalTakesEverySpelling(t *testing.T) {
	for spelling, want := range map[string]string{
		"CIFAR10": "cifar10", "cifar-10": "cifar10", "Cifar_10": "cifar10", "CIFAR 100": "cifar100",
		"MNIST": "mnist", "Fashion-MNIST": "fashion-mnist", "fashion_mnist": "fashion-mnist",
		"FashionMNIST": "fashion-mnist", "fashion": "fashion-mnist", "fashion-sample": "fashion-sample",
		"sample": "fashion-sample",
	} {
		if got, err := Canonical(spelling); err != nil || got != want {
			t.Errorf("Canonical(%q) = %q, %v, want %q", spelling, got, err, want)
		}
	}
}

func TestCanonicalSuggests(t *testing.T) {
	_, err := Canonical("cifra10")
	check.Error(t, err, `unknown data set "cifra10"|one of cifar10, cifar100, mnist, fashion-mnist, `+
		`tinyimagenet, fashion-sample|did you mean cifar10?`)
	_, err = Load("imagenet", "")
	check.Error(t, err, `unknown data set "imagenet"`)
}

func TestSpecsAreComplete(t *testing.T) {
	for _, s := range specs {
		if len(s.mean) != s.channels || len(s.std) != s.channels {
			t.Errorf("%s: %d means and %d deviations for %d channels", s.name, len(s.mean), len(s.std), s.channels)
		}
		if (s.lookFor == "") != (s.holds == nil) {
			t.Errorf("%s: a person recognises its folder by the file %q", s.name, s.lookFor)
		}
		seen := map[string]bool{}
		for _, class := range s.classes {
			seen[class] = true
		}
		if want := map[string]int{"cifar100": 100}[s.name]; len(seen) != max(want, 10) && s.numClasses != 200 {
			t.Errorf("%s: %d different classes", s.name, len(seen))
		}
	}
}
