package main

import "sync"

// decoding shows on standard error how many of the images of a data set have been decoded.
type decoding struct {
	mutex sync.Mutex
	meter *meter // nil: nothing more is shown, as what was interrupted may still report
}

func newDecoding(a *app) *decoding { return &decoding{meter: newMeter(a, "decoding images")} }

// progress is for dataset.Options, which reads every image twice: each counts as half of one.
func (d *decoding) progress(done, total int) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.meter != nil {
		d.meter.set(done/2, total/2)
	}
}

// clear removes the bar for good.
func (d *decoding) clear() {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.meter != nil {
		d.meter.clear()
		d.meter = nil
	}
}
