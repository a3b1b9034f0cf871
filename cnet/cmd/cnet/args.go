package main

import (
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// spelling is a flag on a command line under the name that it was given by: with hyphens or underscores, or a synonym.
type spelling struct {
	flag  *pflag.Flag
	as    string // "initial_time_d"
	value string
}

// flagNamed returns the flag of a command with this name, or nil. A flag of the command goes before a synonym, which
// may be the name of another flag elsewhere.
func flagNamed(cmd *cobra.Command, as string) *pflag.Flag {
	name := strings.ReplaceAll(as, "_", "-") // the original's flags have underscores
	if f := cmd.Flags().Lookup(name); f != nil {
		return f
	}
	if own, ok := synonyms[name]; ok {
		return cmd.Flags().Lookup(own)
	}
	return nil
}

// ownNames writes the flags of a command line under their own names, and returns how they were spelled. Lists and
// switches of train may have their values in words of their own, as in the original: "--refine 30 50 70" becomes
// "--refine=30,50,70", "--batch_norm False" becomes "--batch-norm=False". This is not ambiguous, because train takes no
// arguments but flags.
func ownNames(root *cobra.Command, args []string) (own []string, given []spelling) {
	if n := len(args); n > 1 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd) {
		own, _ = ownNames(root, args[1:n-1]) // the last word is the one to complete
		return slices.Concat(args[:1], own, args[n-1:]), nil
	}
	cmd, _, err := root.Find(args)
	if err != nil {
		return args, nil
	}
	for i := 0; i < len(args); i++ {
		if args[i] == "--" {
			return append(own, args[i:]...), given
		}
		text, ok := strings.CutPrefix(args[i], "--")
		as, value, assigned := strings.Cut(text, "=")
		flag := flagNamed(cmd, as)
		if !ok || flag == nil {
			own = append(own, args[i])
			continue
		}
		var words []string
		for !assigned && len(words) < wordsOfOwn(cmd, flag) && i+1 < len(args) && !strings.HasPrefix(args[i+1], "-") {
			i++
			words = append(words, args[i])
		}
		word := "--" + flag.Name
		switch {
		case assigned || len(words) > 0:
			if len(words) > 0 {
				value = strings.Join(words, ",")
			}
			own = append(own, word+"="+value)
		case flag.NoOptDefVal != "":
			value = flag.NoOptDefVal
			own = append(own, word)
		case i+1 < len(args):
			i++
			value = args[i]
			own = append(own, word, value)
		default: // the parser says that the value is missing
			own = append(own, word)
		}
		given = append(given, spelling{flag, as, value})
	}
	return own, given
}

// wordsOfOwn returns the number of words that may follow a flag as its value, besides the one of every flag with a
// value.
func wordsOfOwn(cmd *cobra.Command, flag *pflag.Flag) int {
	s, ok := flag.Value.(*setting)
	switch {
	case !ok || cmd.Name() != "train":
		return 0
	case s.list:
		return math.MaxInt
	case s.toggle || s.bare != "":
		return 1
	}
	return 0
}

// contradiction returns an error for two spellings of one flag with different values, of which the parser would take
// the last without a word. With one spelling the last value counts, as everywhere, or all of them if it is a list.
func (a *app) contradiction(cmd *cobra.Command, given []spelling) error {
	var distinct []spelling
next:
	for _, s := range given {
		for i := range distinct {
			if d := &distinct[i]; d.flag == s.flag && d.as == s.as {
				if own, ok := s.flag.Value.(*setting); ok && own.list {
					s.value = d.value + "," + s.value
				}
				d.value = s.value
				continue next
			}
		}
		distinct = append(distinct, s)
	}
	for i, s := range distinct {
		for _, before := range distinct[:i] {
			if s.flag == before.flag && !a.sameMeaning(cmd, s.flag.Name, before.value, s.value) {
				return usagef("--%s %s contradicts --%s %s; leave one of them out",
					s.as, s.value, before.as, before.value)
			}
		}
	}
	return nil
}

// sameMeaning reports whether two values of a flag mean the same, as 0.1 and 1e-1 do: whether a fresh flag shows the
// same text after each.
func (a *app) sameMeaning(cmd *cobra.Command, name, one, other string) bool {
	if one == other {
		return true
	}
	shown := func(text string) string {
		fresh, _, err := a.root().Find(strings.Fields(cmd.CommandPath())[1:])
		if err != nil {
			return ""
		}
		value := fresh.Flags().Lookup(name).Value
		if err := value.Set(text); err != nil {
			return ""
		}
		return value.String()
	}
	return shown(one) != "" && shown(one) == shown(other)
}
