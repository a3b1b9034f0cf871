package engine

// Status describes an engine on this machine.
type Status struct {
	Name        string // for Open
	Available   bool
	Description string // the hardware, and the plugin if there is one
	Missing     string // what has to be installed for it to run, or to run at full speed; "" if nothing
	Fix         string // how to install that
}

// List returns the status of every engine, in the order in which Open("auto") prefers them; behind go, which always
// opens, is what has to be asked for. It looks for files but does not load them, so it is quick, and only Open notices
// a plugin that does not work.
func List() []Status {
	return []Status{cudaDevice.status(), goStatus(), cpuDevice.status()}
}

// Compiled returns the names of the engines that this program was built with, in the order of [List], which says
// whether they can run here.
func Compiled() []string {
	if !haveXLA {
		return []string{goEngine}
	}
	return []string{cudaEngine, goEngine, cpuEngine}
}

const driverFix = `install NVIDIA's driver (580 or newer; "nvidia-smi" shows it), hand a container its GPUs ("docker ` +
	`run --gpus all"), and see that CUDA_VISIBLE_DEVICES hides none`

func (d device) status() Status {
	path := d.plugin()
	s := Status{Name: d.engine, Description: "XLA on " + d.hardware}
	if path != "" {
		s.Description += ": " + path
	}
	noGPU := d.needsGPU && !haveGPU()
	switch {
	case !haveXLA:
		s.Missing, s.Fix = withoutXLA()
	case path == "" && noGPU:
		s.Missing, s.Fix = "an NVIDIA GPU, and XLA's plugin for it", d.install
	case path == "":
		s.Missing, s.Fix = "XLA's plugin for "+d.hardware, d.install
	case noGPU:
		s.Missing, s.Fix = "an NVIDIA GPU", driverFix
	default:
		s.Available = true
	}
	return s
}
