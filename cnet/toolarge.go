package cnet

import (
	"fmt"
	"math"

	"continuousnet/cnet/internal/machine"
	"continuousnet/cnet/internal/words"
)

// checkMemory returns an error if the parameters of a network and their gradients alone are more than a machine with so
// many bytes of memory has; 0 is not known. Without it the system would end the process, or others, without a word.
func checkMemory(n Network, memory int64) error {
	parameters := 0.
	for _, v := range n.Variables() {
		if !v.Trainable {
			continue
		}
		size := 1.
		for _, d := range v.Dims {
			size *= float64(d)
		}
		parameters += size
	}
	need := 2 * parameters * float64(Float.Size())
	if memory <= 0 || need <= float64(memory) {
		return nil
	}
	return fmt.Errorf("the network %v has about %s million parameters, which take %s GB with their gradients, and "+
		"this machine has %s GB of memory; take fewer channels, functions of depth or layers",
		n, words.Grouped(int(parameters/1e6)), words.Grouped(int(math.Ceil(need/1e9))), words.Grouped(int(memory/1e9)))
}

// fits is checkMemory for this machine.
func fits(n Network) error { return checkMemory(n, machine.Memory()) }
