package bench

import (
	"fmt"
	"strconv"
)

// Case is one thing to measure.
type Case struct {
	Name string   // such as "train 2-2-2 euler, batch 32"
	Args []string // of "cnet bench", without the engine
	Peer string   // what peers know it as: step, epoch or ode; "" if they have nothing like it

	engineless bool // it does not depend on the engine
}

// network is a network to measure.
type network struct {
	name           string
	args           []string // of "cnet bench step"
	repeats        int
	batches, infer []int // sizes of the batches in training and in inference
}

// Options say what of the list of cases is measured.
type Options struct {
	Quick bool   // very few
	CIFAR string // the folder of CIFAR-10, "" if it is not there
}

// Cases returns the cases of the whole suite.
func Cases(o Options) []Case {
	var networks []network
	for _, scheme := range []string{"euler", "midpoint", "rk4_classic"} {
		for _, steps := range []int{2, 8} {
			n := network{
				name:    fmt.Sprintf("%d-%d-%d %s", steps, steps, steps, scheme),
				args:    []string{"--steps", strconv.Itoa(steps), "--scheme", scheme},
				repeats: 6, batches: []int{32, 128}, infer: []int{32, 128, 200},
			}
			if steps == 8 {
				n.repeats = 3
			}
			networks = append(networks, n)
		}
	}
	networks = append(networks,
		network{"ResNet-20", []string{"--model", "ResNetV2", "--depth", "20"}, 6, []int{32, 128}, []int{32, 128, 200}},
		// These would take minutes a step at larger batches, where convolutions are slow.
		network{"WideResNet-34-4", []string{"--model", "WideResNet", "--depth", "34"}, 2, []int{32}, []int{32}},
		network{"Wide 2-2-2 euler", []string{"--model", "WideContinuousNet", "--steps", "2"}, 2, []int{32}, []int{32}})
	compiled, epoch, methods := "2,8,32,128", "30", [][2]string{{"dopri5", "1e-6"}, {"dopri8", "1e-9"}}
	if o.Quick {
		networks = networks[:2]
		for i := range networks {
			networks[i].repeats, networks[i].batches, networks[i].infer = 2, []int{32}, []int{32}
		}
		compiled, epoch, methods = "2,8", "4", methods[:1]
	}
	var list []Case
	for _, kind := range []string{"train", "infer"} {
		for _, n := range networks {
			batches, flag := n.batches, []string(nil)
			if kind == "infer" {
				batches, flag = n.infer, []string{"--infer"}
			}
			for _, batch := range batches {
				c := Case{Name: fmt.Sprintf("%s %s, batch %d", kind, n.name, batch), Peer: "step"}
				c.Args = append([]string{"step"}, n.args...)
				c.Args = append(c.Args, "--batch", strconv.Itoa(batch), "--repeats", strconv.Itoa(n.repeats))
				c.Args = append(c.Args, flag...)
				list = append(list, c)
			}
		}
	}
	if o.CIFAR != "" {
		list = append(list, Case{
			Name: "epoch 2-2-2 euler, batch 128", Peer: "epoch",
			Args: []string{"epoch", "--dataset", "CIFAR10", "--data", o.CIFAR, "--batches", epoch, "--batch", "128"},
		})
	}
	list = append(list,
		Case{Name: "compile", Args: []string{"compile", "--steps", compiled}},
		Case{Name: "run", Args: []string{"run", "--repeats", "3"}})
	for _, m := range methods {
		for _, batch := range []string{"1", "1024"} {
			list = append(list, Case{
				Name: fmt.Sprintf("ode lotka-volterra %s %s, batch %s", m[0], m[1], batch),
				Args: []string{
					"ode", "--problems", "lotka-volterra", "--methods", m[0], "--tol", m[1], "--batch", batch,
				},
				Peer: "ode", engineless: true,
			})
		}
	}
	return list
}
