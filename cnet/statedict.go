package cnet

import (
	"fmt"

	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/internal/layers"
	"continuousnet/cnet/rate"
	"continuousnet/cnet/statedict"
)

// StateDict returns the weights and running statistics in the store as the original's model.state_dict() has them: its
// names in its order, kernels as [out, in, height, width], and the interval of depth as the first axis.
//
// The original has tensors that it never uses: the second batch norm of a plain stitch, skip_init of an ActFirst or
// Wide stitch, and the last batch norm of these nets when they are made without batch norm. They are written as they
// are initialised. num_batches_tracked, on which nothing depends, is written as 0.
//
// The original's weights are piecewise constant over depth. Those of another basis have no names there, which is an
// error. Those of a rate of one's own are called by their own names, such as net.4.net.hidden.weight. Other stages than
// the original's (see OriginalStages) go on with its numbering of modules; its classes have no such net to load them.
func (n *Net) StateDict(store *model.Store) ([]statedict.Tensor, error) {
	if err := n.named(); err != nil {
		return nil, err
	}
	return n.names().StateDict(store)
}

// LoadStateDict sets the variables in the store to those of the original's state_dict, for a net of the same
// architecture and as many piecewise constant functions. What the original never uses must be there and is ignored;
// num_batches_tracked may be missing. An error names the tensor that is missing, unknown, of another shape or not
// finite, and leaves the store as it was.
//
// Variables that the store has already keep their number format; others are float32.
func (n *Net) LoadStateDict(store *model.Store, list []statedict.Tensor) error {
	if err := n.named(); err != nil {
		return err
	}
	return n.names().Load(store, list)
}

// named returns an error if the original has no names for the weights.
func (n *Net) named() error {
	if n.Bases[0].Name() == piecewiseConstant {
		return nil
	}
	return fmt.Errorf("net: a state dict holds %s weights, and this net has %s functions; "+
		"change its basis first (ChangeBasis, or cnet compress --basis %s)",
		piecewiseConstant, basesTitle(n.Bases), piecewiseConstant)
}

// names lists the original's tensors: its net is a torch.nn.Sequential, whose modules are numbered. Within a module,
// its own parameters come before those of the layers in it.
func (n *Net) names() *layers.Names {
	names := layers.NewNames(n.Variables())
	index := 0
	module := func() string { index++; return fmt.Sprintf("net.%d", index-1) }
	if n.Config.Model != NeuralODE {
		names.Conv(module(), "stem/conv")
		if !n.Config.NoBatchNorm {
			names.Norm(module(), "stem/norm")
		}
		module() // ReLU
	}
	for _, s := range n.stages() {
		switch s.stitch {
		case stitched:
			n.stitchNames(names, module(), s)
		case projected:
			names.Conv(module(), s.path+"/stitch/shortcut")
		}
		n.rateNames(names, module()+".net", s)
	}
	switch {
	case n.actFirst() && n.Config.NoBatchNorm:
		names.UnusedNorm(module(), n.lastChannels())
	case n.actFirst():
		names.Norm(module(), "head/norm")
	}
	module() // average
	module() // flatten
	names.Linear(module(), "head")
	return names
}

// rateNames lists the tensors of an ODE block. A rate that the original does not have gets names of the same form.
func (n *Net) rateNames(names *layers.Names, block string, s stage) {
	path := s.path + "/ode"
	if !n.originalRate() || rate.IsMLP(n.Rate.Name) {
		n.mustDeclare(s).Name(names, block, path)
		if n.Config.SkipInit {
			names.Add(block+".skip_init.weight", path+"/skip_init")
		}
		return
	}
	names.Conv(block+".L1", path+"/conv1")
	names.Conv(block+".L2", path+"/conv2")
	if n.Config.SkipInit {
		names.Add(block+".skip_init.weight", path+"/skip_init")
	}
	names.NormOverDepth(block+".bn1.bns", path+"/norm1")
	names.NormOverDepth(block+".bn2.bns", path+"/norm2")
}

// stitchNames lists the tensors of a stitch.
func (n *Net) stitchNames(names *layers.Names, module string, s stage) {
	path := s.path + "/stitch"
	switch {
	case n.Config.SkipInit && n.actFirst():
		names.Unused(module+".skip_init", 0, 1)
	case n.Config.SkipInit:
		names.Add(module+".skip_init", path+"/skip_init")
	}
	names.Conv(module+".downsample", path+"/shortcut")
	names.Conv(module+".L1", path+"/conv1")
	names.Conv(module+".L2", path+"/conv2")
	switch {
	case n.Config.NoBatchNorm:
	case n.actFirst():
		names.Norm(module+".bn1", path+"/norm1")
		names.Norm(module+".bn2", path+"/norm2")
	default:
		names.Norm(module+".bn1", path+"/norm")
		names.UnusedNorm(module+".bn2", s.out)
	}
}
