package cnet

import (
	"fmt"
	"iter"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/distributed"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/core/tensors/dtensor"
	"github.com/gomlx/gomlx/ml/train"
)

// batchAxis is the name of the mesh's only axis, along which the images of a batch are split.
const batchAxis = "batch"

// maxDevices is more than any machine has.
const maxDevices = 1024

// checkDevices returns an error unless a batch can be split into equal parts for the devices.
func (c Config) checkDevices() error {
	if c.Devices == 0 {
		return nil
	}
	if err := between("devices", c.Devices, maxDevices); err != nil {
		return err
	}
	if c.BatchSize%c.Devices != 0 {
		return badField("batch size", c.BatchSize, fmt.Sprintf("a multiple of the %d devices that share it", c.Devices))
	}
	return nil
}

// newMesh returns the devices that share the batches of a run, the first n of the engine.
func newMesh(n int) (*distributed.DeviceMesh, error) {
	mesh, err := distributed.NewDeviceMesh([]int{n}, []string{batchAxis})
	if err != nil {
		return nil, fmt.Errorf("devices: %w", err)
	}
	return mesh, nil
}

// spread prepares the run for training on the first n devices of its engine, which all hold every variable.
func (r *Run) spread(n int) (err error) {
	if r.mesh == nil { // variables remember the mesh, so a run has only one
		if r.mesh, err = newMesh(n); err != nil {
			return err
		}
	}
	// GoMLX does this itself, but for the state of random numbers, which does not know its store.
	for v := range r.store.IterVariables() {
		if v.ShardingSpec() == nil {
			if err := v.SetShardingSpec(distributed.NewReplicatedShardingSpec(r.mesh)); err != nil {
				return fmt.Errorf("devices: %w", err)
			}
		}
	}
	return nil
}

// sharedSet is a training set whose batches are split among devices. There is still one graph, over the whole batch:
// XLA cuts it into the devices' parts, and adds the sums over images, such as those of batch norm, the loss and the
// gradients, across devices. So the result is that of one device, but for the order in which the sums are added.
type sharedSet struct {
	*trainingSet
	mesh *distributed.DeviceMesh
}

var _ train.DistributedDataset = sharedSet{}

// Strategy implements train.DistributedDataset.
func (s sharedSet) Strategy() distributed.Strategy { return distributed.AutoSharding }

// DeviceAssignment implements train.DistributedDataset.
func (s sharedSet) DeviceAssignment() []compute.DeviceNum {
	devices := make([]compute.DeviceNum, s.mesh.NumDevices())
	for i := range devices {
		devices[i] = compute.DeviceNum(i)
	}
	return devices
}

// DistributedIter implements train.DistributedDataset.
func (s sharedSet) DistributedIter() iter.Seq2[train.DistributedBatch, error] {
	return func(yield func(train.DistributedBatch, error) bool) {
		for batch, err := range s.Iter() {
			var shared train.DistributedBatch
			if err == nil {
				shared, err = share(batch, s.mesh)
				release(batch)
			}
			if !yield(shared, err) || err != nil {
				return
			}
		}
	}
}

// share splits the images and labels of a batch into equal parts, one for each device.
func share(batch train.Batch, mesh *distributed.DeviceMesh) (shared train.DistributedBatch, err error) {
	spec, err := distributed.BuildSpec(mesh).S(batchAxis).Done()
	if err != nil {
		return shared, err
	}
	split := func(whole []*tensors.Tensor) (parts []*dtensor.Tensor, err error) {
		for _, t := range whole {
			part, err := dtensor.ShardTensor(spec, t)
			if err != nil {
				return nil, err
			}
			parts = append(parts, part)
		}
		return parts, nil
	}
	if shared.Inputs, err = split(batch.Inputs); err != nil {
		return shared, err
	}
	shared.Labels, err = split(batch.Labels)
	return shared, err
}
