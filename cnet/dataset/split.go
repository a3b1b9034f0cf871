package dataset

// splitByName chooses the test images of a data set: those whose seeded hash of the name is in the lowest fifth. So an
// image stays where it is when others are added or removed. A class of two images or more has some of each kind: if
// the hash alone leaves one out, it is the image with the lowest or the highest hash.
func splitByName(names []string, labels []int32, classes int, seed uint64) (test []bool) {
	test = make([]bool, len(names))
	type extremes struct {
		count, tests   int
		lowest, latest int // indices of the lowest and of the highest hash
	}
	of := make([]extremes, classes)
	hashes := make([]uint64, len(names))
	for i, name := range names {
		r := randomFor(forSplit, seed, hashName(name)) // FNV alone leaves similar names close to each other
		hashes[i] = r.next()
		test[i] = float64(hashes[i])/(1<<64) < testShare
		e := &of[labels[i]]
		if e.count == 0 || hashes[i] < hashes[e.lowest] {
			e.lowest = i
		}
		if e.count == 0 || hashes[i] > hashes[e.latest] {
			e.latest = i
		}
		e.count++
		if test[i] {
			e.tests++
		}
	}
	for _, e := range of {
		switch {
		case e.count > 1 && e.tests == 0:
			test[e.lowest] = true
		case e.count > 0 && e.tests == e.count:
			test[e.latest] = false
		}
	}
	return test
}
