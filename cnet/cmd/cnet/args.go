package main

import (
	"slices"
	"strings"
)

// listFlags and switchFlags are the flags of train whose values may follow as words of their own, as in the original:
// "--refine 30 50 70", "--batch-norm False".
var (
	listFlags   = []string{"refine", "lr-decay-epoch"}
	switchFlags = []string{"batch-norm", "use-skipinit", "use-stitch", "augment"}
)

// joinValues writes the values that follow such a flag into the flag: "--refine=30,50,70", "--batch-norm=False". That
// cannot be mistaken, because train takes no arguments but flags.
func joinValues(args []string) []string {
	if len(args) == 0 || args[0] != "train" {
		return args
	}
	var joined []string
	for i := 0; i < len(args); i++ {
		joined = append(joined, args[i])
		name, ok := strings.CutPrefix(args[i], "--")
		if !ok {
			continue
		}
		name = strings.ReplaceAll(name, "_", "-")
		most := 0
		switch {
		case slices.Contains(listFlags, name):
			most = len(args)
		case slices.Contains(switchFlags, name):
			most = 1
		}
		var values []string
		for len(values) < most && i+1 < len(args) && !strings.HasPrefix(args[i+1], "-") {
			i++
			values = append(values, args[i])
		}
		if len(values) > 0 {
			joined[len(joined)-1] += "=" + strings.Join(values, ",")
		}
	}
	return joined
}
