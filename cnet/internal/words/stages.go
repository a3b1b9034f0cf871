package words

import (
	"slices"
	"strconv"
	"strings"
)

// Joined writes numbers with a separator between them: "2-4-4".
func Joined(list []int, separator string) string {
	texts := make([]string, len(list))
	for i, x := range list {
		texts[i] = strconv.Itoa(x)
	}
	return strings.Join(texts, separator)
}

// OfStages writes the number of things that each stage of a net has, or that of every stage if they differ: "2",
// "2-4-4".
func OfStages(list []int) string {
	if Alike(list) {
		return Grouped(list[0])
	}
	return Joined(list, "-")
}

// OfStagesPlural writes the same with what is counted: "1 step", "2-4-4 steps".
func OfStagesPlural(list []int, noun string) string {
	if Alike(list) {
		return Plural(list[0], noun)
	}
	return Joined(list, "-") + " " + noun + "s"
}

// Alike reports whether all numbers of a list are the same.
func Alike(list []int) bool {
	return len(list) > 0 && !slices.ContainsFunc(list, func(x int) bool { return x != list[0] })
}
