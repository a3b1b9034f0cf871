package cnet_test

import (
	"fmt"
	"strings"

	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet"
	"continuousnet/cnet/basis"
)

// A net without a run: its variables are in a GoMLX store of one's own. Refining doubles the steps and the functions of
// depth; another basis is projected to.
func ExampleNet() {
	config := cnet.Config{Model: cnet.ContinuousNetActFirst, Scheme: "midpoint", Channels: 2, Steps: 2}
	net, err := cnet.NewNet(config, 1, 10) // grey images, ten classes
	if err != nil {
		fmt.Println(err)
		return
	}
	store := model.NewStore()
	if err := net.Init(store, 1, cnet.Float); err != nil {
		fmt.Println(err)
		return
	}
	fine, err := net.Refine(store)
	if err != nil {
		fmt.Println(err)
		return
	}
	parameters, originals := fine.CountParameters()
	fmt.Println(net, "→", fine, "with", parameters, "parameters, in the original", originals)

	hat, err := basis.New("hat", 3)
	if err != nil {
		fmt.Println(err)
		return
	}
	smooth, change, err := fine.ChangeBasis(store, hat, cnet.ByInterpolation)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(smooth, "by", change.Method)
	for _, v := range smooth.Variables() {
		if v.OverDepth && strings.HasPrefix(v.Path, "stage1/ode/conv1") {
			fmt.Println(cnet.Root+"/"+v.Path, v.Dims)
		}
	}
	state, err := smooth.StateDict(store)
	fmt.Println(len(state), err != nil) // the original has only piecewise constant weights
	// Output:
	// 2-2-2 midpoint → 4-4-4 midpoint with 7780 parameters, in the original 7780
	// 4-4-4 midpoint, 3 hat by interpolate
	// /net/stage1/ode/conv1/kernel [3 2 3 3 2]
	// /net/stage1/ode/conv1/bias [3 2]
	// 0 true
}

// How gradients go back through the steps: with checkpoints in less memory, or by the adjoint equation.
func ExampleConfig_adjoint() {
	for _, adjoint := range []string{cnet.Checkpoint, cnet.Backsolve} {
		fmt.Println(adjoint, cnet.Config{Adjoint: adjoint, Scheme: "rk4_classic", Steps: 8}.WithDefaults().Check())
	}
	// Output:
	// checkpoint <nil>
	// backsolve <nil>
}
