package cnet

import (
	"fmt"
	"strings"
	"testing"

	"continuousnet/cnet/baseline"
	"continuousnet/cnet/internal/parity"
)

// baselineCase is what the manifests say of a baseline.
type baselineCase struct {
	ID            string   `json:"id"`
	Model         string   `json:"model"`
	Depth         int      `json:"depth"`
	Width         string   `json:"width"` // "widths 4,8,16"
	BatchNorm     bool     `json:"use_batch_norms"`
	State         string   `json:"state"`
	Result        string   `json:"result"`
	NoGradient    []string `json:"no_grad"`
	BackwardError string   `json:"backward_error"`
	Note          string   `json:"note"`
}

func (c baselineCase) net(t *testing.T, f *parity.Fixture) Network {
	t.Helper()
	var first int
	if _, err := fmt.Sscanf(c.Width, "widths %d,", &first); err != nil {
		t.Fatalf("width %q: %v", c.Width, err)
	}
	tensors, _ := f.Bundle(t, c.State)
	stem := tensors["conv1.weight"].Dims
	var n Network
	var err error
	switch strings.ToLower(c.Model) {
	case "resnetv2":
		n, err = baseline.NewResNetV2(baseline.ResNetV2{
			Depth: c.Depth, Channels: first, NoBatchNorm: !c.BatchNorm, ImageChannels: stem[1], Classes: 10,
		})
	case "wideresnet":
		n, err = baseline.NewWideResNet(baseline.WideResNet{
			Depth: c.Depth, Stem: stem[0], Channels: first, ImageChannels: stem[1], Classes: 10,
		})
	default:
		err = fmt.Errorf("unknown model %q", c.Model)
	}
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// omitted reports whether the fixture leaves out a gradient, to be small: those of the kernels in the layers.
func (c baselineCase) omitted(name string) bool {
	kernel := strings.Contains(name, ".conv") || strings.HasSuffix(name, ".downsample.0.weight")
	return strings.Contains(c.Note, "layer conv grads omitted") && strings.HasPrefix(name, "layer") && kernel
}

// TestParityBaselines is TestParityForward for ResNet-v2 and WideResNet.
func TestParityBaselines(t *testing.T) {
	for set, root := range fixtureRoots() {
		for _, folder := range []string{"resnet_baselines", "resnet_baselines_f32"} {
			t.Run(set+"/"+folder, func(t *testing.T) {
				f, cases := parity.Open[baselineCase](t, root, folder)
				for _, c := range cases {
					for name, layout := range layouts {
						t.Run(c.ID+"/"+name, func(t *testing.T) {
							except := ""
							if c.BackwardError != "" {
								except = "forwards only: " + c.BackwardError
							}
							parity.Case(t, folder+"/"+c.ID, except)
							golden{f, c.net(t, f), c.State, c.Result, c.NoGradient, c.omitted}.compare(t, layout)
						})
					}
				}
			})
		}
	}
}
