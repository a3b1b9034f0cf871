package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"continuousnet/cnet"
)

// A setting is a flag of train that sets a field of the run's configuration. It is a pflag.Value.
type setting struct {
	name   string
	value  string // what its value is called in the help
	usage  string
	set    func(c *cnet.Config, text string) error // errors are usageErrors without the name of the flag
	show   func(c cnet.Config) string              // as it would be written on a command line
	free   bool                                    // may change from one training of a run to the next
	change bool                                    // likewise, with Run.Change
	list   bool                                    // given again, it adds to what was given before
	toggle bool                                    // without a value it means true
	bare   string                                  // what it means without a value, if that is allowed
	hidden bool                                    // the help does not list it
	check  func(c cnet.Config, text string) error  // of a value that is no field, given the rest of the configuration

	text  string
	given bool
}

// Set implements pflag.Value.
func (s *setting) Set(text string) error {
	if s.list && s.given {
		text = s.text + "," + text
	}
	if err := s.set(&cnet.Config{}, text); err != nil {
		return err
	}
	s.text, s.given = text, true
	return nil
}

// Type implements pflag.Value.
func (s *setting) Type() string { return s.value }

// String returns the value as show writes it, in whichever spelling it was given.
func (s *setting) String() string {
	if !s.given {
		return ""
	}
	var c cnet.Config
	_ = s.apply(&c) // Set has checked it
	return s.show(c)
}

// withoutValue returns the value that the flag has if it is given without one; "": it needs one.
func (s *setting) withoutValue() string {
	if s.toggle {
		return "true"
	}
	return s.bare
}

// apply writes the given value into a configuration.
func (s *setting) apply(c *cnet.Config) error {
	if !s.given {
		return nil
	}
	if err := s.set(c, s.text); err != nil {
		return usagef("--%s %v", s.name, err)
	}
	return nil
}

// bad returns the error for a value that a flag cannot have; the caller puts the name of the flag before it.
func bad(text, expected string) error { return usagef("is %q, expected %s", text, expected) }

// oneOf returns a setting with a few known values. canonical returns the value for a spelling of it.
func oneOf(s setting, field func(*cnet.Config) *string, canonical func(string) (string, error)) *setting {
	s.set = func(c *cnet.Config, text string) (err error) {
		*field(c), err = canonical(text)
		return err
	}
	s.show = func(c cnet.Config) string { return *field(&c) }
	return &s
}

// whole returns a setting that is a whole number from 1 to most.
func whole(s setting, most int, field func(*cnet.Config) *int) *setting {
	s.value = "N"
	s.set = func(c *cnet.Config, text string) (err error) {
		*field(c), err = parseWhole(text, most)
		return err
	}
	s.show = func(c cnet.Config) string {
		if *field(&c) == 0 {
			return "" // the model has none
		}
		return strconv.Itoa(*field(&c))
	}
	return &s
}

// wholeFromZero is whole for a number that may also be 0, which is its default.
func wholeFromZero(s setting, most int, field func(*cnet.Config) *int) *setting {
	z := whole(s, most, field)
	z.set = func(c *cnet.Config, text string) (err error) {
		*field(c), err = parseWholeFrom(0, text, most)
		return err
	}
	return z
}

// parseWhole reads a whole number from 1 to most.
func parseWhole(text string, most int) (int, error) { return parseWholeFrom(1, text, most) }

func parseWholeFrom(least int, text string, most int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, bad(text, fmt.Sprintf("a whole number from %d to %d", least, most))
	}
	return n, nil
}

// number returns a setting that is a positive number. With off it may also be 0, which the configuration holds as a
// negative number, because a 0 there means the default.
func number(s setting, off bool, below float64, field func(*cnet.Config) *float64) *setting {
	s.value = "X"
	expected := "a number greater than 0"
	if off {
		expected = "0 or a number greater than 0"
	}
	if !math.IsInf(below, 1) {
		expected += fmt.Sprintf(" and less than %g", below)
	}
	s.set = func(c *cnet.Config, text string) error {
		x, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) || x < 0 || x >= below || x == 0 && !off {
			return bad(text, expected)
		}
		if x == 0 {
			x = -1
		}
		*field(c) = x
		return nil
	}
	s.show = func(c cnet.Config) string { return strconv.FormatFloat(max(*field(&c), 0), 'g', -1, 64) }
	return &s
}

// fromZero returns a setting that is a number from 0, which the configuration holds as it is: there 0 is the default.
func fromZero(s setting, below float64, field func(*cnet.Config) *float64) *setting {
	n := number(s, true, below, field)
	set := n.set
	n.set = func(c *cnet.Config, text string) error {
		err := set(c, text)
		*field(c) = max(*field(c), 0)
		return err
	}
	return n
}

// epochs returns a setting that is a list of epochs, counted from 0.
func epochs(s setting, field func(*cnet.Config) *[]int) *setting {
	s.value, s.list = "EPOCHS", true
	s.set = func(c *cnet.Config, text string) error {
		var list []int
		for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ' ' }) {
			n, err := strconv.Atoi(word)
			if err != nil || n < 0 {
				return bad(word, "epochs, whole numbers from 0, such as 30,50,70")
			}
			list = append(list, n)
		}
		if len(list) == 0 {
			return bad(text, "epochs, whole numbers from 0, such as 30,50,70")
		}
		slices.Sort(list)
		*field(c) = slices.Compact(list)
		return nil
	}
	s.show = func(c cnet.Config) string {
		words := make([]string, len(*field(&c)))
		for i, n := range *field(&c) {
			words[i] = strconv.Itoa(n)
		}
		return strings.Join(words, ",")
	}
	return &s
}

// onOff returns a setting that is true or false. The field of the configuration may hold its opposite.
func onOff(s setting, opposite bool, field func(*cnet.Config) *bool) *setting {
	s.toggle = true
	s.set = func(c *cnet.Config, text string) error {
		on, err := parseBool(text)
		if err != nil {
			return err
		}
		*field(c) = on != opposite
		return nil
	}
	s.show = func(c cnet.Config) string { return strconv.FormatBool(*field(&c) != opposite) }
	return &s
}

func parseBool(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "true", "t", "yes", "y", "on", "1":
		return true, nil
	case "false", "f", "no", "n", "off", "0":
		return false, nil
	}
	return false, bad(text, "true or false")
}
