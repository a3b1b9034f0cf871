package cnet

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/basis"
	"continuousnet/cnet/internal/layers"
)

// Variables lists the variables of the net, in the order in which they are initialised.
func (n *Net) Variables() []Variable {
	c := n.Config
	norm := (*layers.Specs).Norm
	if c.NoBatchNorm {
		norm = func(*layers.Specs, string, int) {}
	}
	p := &layers.Specs{}
	if c.Model != NeuralODE {
		p.Conv("stem/conv", n.ImageChannels, c.Channels, 3, nil)
		norm(p, "stem/norm", c.Channels)
	}
	for _, s := range n.stages() {
		if s.stitch != unchanged {
			p.Conv(s.path+"/stitch/shortcut", s.in, s.out, 1, nil)
		}
		if s.stitch == stitched {
			n.stitchVariables(p, norm, s)
		}
		p.OverDepth(s.basis.NumBasis(), func() {
			n.mustDeclare(s).Specify(p, s.path+"/ode")
			if c.SkipInit {
				p.Add(s.path+"/ode/skip_init", true, layers.Constant(0))
			}
		})
	}
	if n.actFirst() {
		norm(p, "head/norm", n.lastChannels())
	}
	p.Linear("head", n.lastChannels(), n.Classes)
	return p.List
}

// stitchVariables adds the variables of the residual of a stitch.
func (n *Net) stitchVariables(p *layers.Specs, norm func(*layers.Specs, string, int), s stage) {
	path := s.path + "/stitch"
	if n.actFirst() {
		norm(p, path+"/norm1", s.in)
		p.Conv(path+"/conv1", s.in, s.out, 3, layers.FanIn(9*s.in))
		norm(p, path+"/norm2", s.out)
		p.Conv(path+"/conv2", s.out, s.out, 3, layers.FanIn(9*s.out))
		return
	}
	p.Conv(path+"/conv1", s.in, s.out, 3, layers.FanIn(9*s.in))
	norm(p, path+"/norm", s.out)
	p.Conv(path+"/conv2", s.out, s.out, 3, layers.FanIn(9*s.out))
	if n.Config.SkipInit {
		p.Add(path+"/skip_init", true, layers.Constant(0), 1)
	}
}

// CountParameters returns the number of trainable numbers, and the number that the original counts. The original also
// has some that it never uses, such as a second batch norm in each stitch.
func (n *Net) CountParameters() (ours, originals int) {
	return layers.Count(n.Variables()), n.names().Parameters()
}

// Init creates the variables of the net in the store, with the distributions of the original. The numbers depend only
// on the seed, neither on the engine nor on the machine.
//
// If the coefficients of the basis are values of θ(t), as in the piecewise bases and hat, each is drawn by itself, as
// in the original and its follow-up (arXiv 2106.10820, which draws every coefficient so). With polynomials or waves
// that would make θ(t) up to √K times larger than He et al. ask for, by a factor that depends on t. For these bases the
// coefficients of the constant function 1 are drawn and the others start at 0, which is the net that comes of refining
// one with a single function. Scales of batch norms start as the function 1 in any basis.
func (n *Net) Init(store *model.Store, seed uint64, dtype dtypes.DType) error {
	ones := map[int][]float64{} // by number of functions; all bases are of one kind
	for _, b := range n.Bases {
		one, err := basis.Constant(b)
		if err != nil {
			return err
		}
		ones[b.NumBasis()] = one
	}
	return layers.InitOverDepth(store, n.Variables(), ones, seed, dtype)
}
