package main

import (
	"slices"
	"strconv"
	"strings"
)

// count is a flag that is a whole number from 1.
type count struct {
	n    *int
	most int
}

func (c count) Set(text string) (err error) {
	*c.n, err = parseWhole(text, c.most)
	return err
}

func (c count) Type() string { return "N" }

func (c count) String() string { return strconv.Itoa(*c.n) }

// counts is a flag that is a list of whole numbers from 1.
type counts []int

func (c *counts) Set(text string) error {
	var list []int
	for word := range strings.SplitSeq(text, ",") {
		n, err := parseWhole(strings.TrimSpace(word), 1<<14)
		if err != nil {
			return bad(text, "whole numbers from 1, such as 1,2,4,8")
		}
		list = append(list, n)
	}
	slices.Sort(list)
	*c = slices.Compact(list)
	return nil
}

func (c *counts) Type() string { return "LIST" }

func (c *counts) String() string { return "" }

// schemeList is a flag with a list of schemes; given again, it adds to them. A name that is not known yet may be that
// of a tableau in the run: resolve looks it up again when the run is open.
type schemeList struct{ names *[]string }

func (s schemeList) Set(text string) error {
	for word := range strings.SplitSeq(text, ",") {
		name := strings.TrimSpace(word)
		if known, err := methodNamed(name); err == nil {
			name = known
		} else if _, known := schemeNamed(name); known == nil {
			return err // it is no scheme for nets
		}
		if !slices.Contains(*s.names, name) {
			*s.names = append(*s.names, name)
		}
	}
	return nil
}

// resolve returns an error for names that are not those of schemes.
func (s schemeList) resolve() error {
	for i, name := range *s.names {
		known, err := methodNamed(name)
		if err != nil {
			return usagef("--schemes %v", err)
		}
		(*s.names)[i] = known
	}
	return nil
}

func (s schemeList) Type() string { return "LIST" }

func (s schemeList) String() string { return "" }

// word is a flag with a few known values. canonical returns the value for a spelling of it.
type word struct {
	value     *string
	canonical func(string) (string, error)
}

func (w word) Set(text string) (err error) {
	*w.value, err = w.canonical(text)
	return err
}

func (w word) Type() string { return "NAME" }

func (w word) String() string { return *w.value }
