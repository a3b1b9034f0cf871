package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"continuousnet/cnet"
	"continuousnet/cnet/dataset"
	"continuousnet/cnet/figures"
	"continuousnet/cnet/internal/words"
)

// dataShow is the command data show.
type dataShow struct {
	*app
	settings []*setting // of train, those that say how a data set is read
	points   dataset.PointOptions
	noise    float64
	sheet    string
	json     bool
}

func (a *app) dataShow() *cobra.Command {
	s := &dataShow{app: a}
	cmd := &cobra.Command{
		Use:   "show NAME|PATH",
		Short: "Show what is in a data set: counts, classes, mean and deviation, samples",
		Long: `Show how many images a data set has, their size, its classes with the images of each, and the mean and
deviation of each channel with which images are normalised, for pixels from 0 to 1, or for floats as they are.

--out draws the first training images of each class. With --augment LIST it draws what these steps make of some of
them: in each row first the image as it is, then as it is in seven epochs.

moons, circles and spirals are points in the plane, as is a .csv file with a header: two coordinates, and the class of
each point. --out draws them.

The data set is one of "cnet data list", in the folder of --data DIR, or a folder of images or a .npz file of your own;
see "cnet train --help". If there is a folder results, decoded images are kept in it, for its runs.`,
		Example: `  cnet data show photos/birds --size 48 --out sheet.png
  cnet data show CIFAR10 --data ~/data/cifar-10-batches-bin
  cnet data show CIFAR10 --augment crop,flip,cutmix --out augmented.png
  cnet data show sample --json | jq .classes
  cnet data show moons --points 200 --noise 0.2 --out moons.png`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("data show takes the name or the folder of one data set, got %d", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			given := cmd.Flags().Changed
			if s.points.Noise = s.noise; given("noise") && s.noise == 0 {
				s.points.Noise = -1 // none
			}
			if s.noise < 0 {
				return usagef("--noise is %g, expected 0 or a number greater than 0", s.noise)
			}
			if dataset.IsToy(args[0]) || dataset.IsPlanar(args[0]) && !given("target") {
				return s.showPoints(args[0])
			}
			for _, flag := range []string{"points", "noise", "seed"} {
				if given(flag) && (flag != "seed" || !given("augment")) {
					return usagef("--%s is for moons, circles and spirals; leave it out", flag)
				}
			}
			if given("augment") && s.sheet == "" {
				return usagef("--augment needs --out FILE.png, which it draws")
			}
			return s.run(cmd.Context(), args[0])
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	all := settings()
	find(all, "augment").bare = "" // here a word after it is not always its value
	for _, name := range []string{"data", "size", "skip-bad", "layout", "split-seed", "target", "augment"} {
		s.settings = append(s.settings, find(all, name))
	}
	addSettings(flags, s.settings)
	flags.Var(count{&s.points.N, 1 << 20}, "points", "of moons, circles and spirals: how many (default 400)")
	flags.Lookup("points").DefValue = ""
	flags.Float64Var(&s.noise, "noise", 0,
		"of the same: the standard deviation, `X`, in both coordinates (default 0.1 or 0.05)")
	flags.Uint64Var(&s.points.Seed, "seed", 0, "of the same: `N`, of noise and order; and of --augment")
	flags.StringVar(&s.sheet, "out", "", "draw the first training images of each class, or the points, into `FILE.png`")
	flags.BoolVar(&s.json, "json", false, "print JSON")
	return cmd
}

func (s *dataShow) run(ctx context.Context, text string) error {
	if err := s.checkSheet(); err != nil {
		return err
	}
	name, dir, err := canonicalDataset(text)
	if err != nil {
		return usagef("data show: the data set %v", err)
	}
	c := cnet.Config{Dataset: name, Data: dir}
	if err := applyAll(s.settings, &c); err != nil {
		return err
	}
	if dir != "" && c.Data != dir {
		return usagef("--data contradicts %s; leave one of them out", text)
	}
	o := dataset.Options{Size: c.Size, SkipBad: c.SkipBad, Layout: c.Layout, Seed: c.SplitSeed, Targets: c.Targets}
	if info, err := os.Stat(results); err == nil && info.IsDir() {
		o.Cache = cnet.DataCache(filepath.Join(results, "any"))
	}
	d := newDecoding(s.app)
	o.Progress = d.progress
	set, err := dataset.LoadContext(ctx, c.Dataset, c.Data, o)
	d.clear()
	if err != nil {
		return err
	}
	if s.sheet != "" && set.Points() {
		if set.Regression() {
			return usagef("--out: points with targets are not drawn, those with classes are; leave it out")
		}
		return usagef("--out: points of %d coordinates are not drawn, those of two are; leave it out", set.Channels)
	}
	if s.sheet != "" {
		g := figures.Samples(set)
		if len(c.Augment) > 0 {
			if g, err = figures.Augmented(set, c.Augment, s.points.Seed); err != nil {
				return err
			}
		}
		if err := g.Save(s.sheet); err != nil {
			return fmt.Errorf("--out: cannot write %s: %w", s.sheet, err)
		}
	}
	if s.json {
		return printJSON(s.out, shown(set, c.Data))
	}
	return s.print(set, c.Data)
}

func (s *dataShow) checkSheet() error {
	if s.sheet != "" && !strings.EqualFold(filepath.Ext(s.sheet), ".png") {
		return usagef("--out is %q, expected a file that ends in .png", s.sheet)
	}
	return checkFiles(s.sheet, "")
}

// shownPoints are points in the plane in JSON.
type shownPoints struct {
	Title   string             `json:"title"`
	Points  int                `json:"points"`
	Train   int                `json:"train"`
	Test    int                `json:"test"` // of a toy, as many other points
	Axes    [2]string          `json:"axes"`
	Low     [2]float64         `json:"low"`
	High    [2]float64         `json:"high"`
	Classes []shownPointsClass `json:"classes"`
}

type shownPointsClass struct {
	Name   string `json:"name"`
	Points int    `json:"points"`
}

func (s *dataShow) showPoints(name string) error {
	for _, setting := range s.settings {
		if setting.given {
			return usagef("--%s is for images; leave it out", setting.name)
		}
	}
	if err := s.checkSheet(); err != nil {
		return err
	}
	p, err := dataset.LoadPoints(name, s.points)
	if err != nil {
		return err
	}
	if s.sheet != "" {
		if err := p.Chart().Save(s.sheet); err != nil {
			return fmt.Errorf("--out: cannot write %s: %w", s.sheet, err)
		}
	}
	d := shownPoints{Title: p.Title, Points: p.Len(), Train: p.Len(), Test: p.Len(), Axes: p.Axes,
		Low: p.X[0], High: p.X[0]}
	if !dataset.IsToy(name) {
		d.Train, d.Test = 0, 0 // of a table that can be drawn and is too short to be trained on
		set, err := dataset.Load(name, "", dataset.Options{Targets: []string{dataset.NoTargets}})
		if err == nil {
			d.Train, d.Test = set.Train.Len(), set.Test.Len()
		}
	}
	if d.Axes == [2]string{} {
		d.Axes = [2]string{"x", "y"}
	}
	for i, x := range p.X {
		for k := range x {
			d.Low[k], d.High[k] = min(d.Low[k], x[k]), max(d.High[k], x[k])
		}
		for int(p.Labels[i]) >= len(d.Classes) {
			d.Classes = append(d.Classes, shownPointsClass{Name: p.Class(int32(len(d.Classes)))})
		}
		d.Classes[p.Labels[i]].Points++
	}
	if s.json {
		return printJSON(s.out, d)
	}
	var t text
	t.line("data    %s", d.Title)
	t.line("points  %s in the plane", words.Grouped(d.Points))
	others := ""
	if dataset.IsToy(name) {
		others = " others"
	}
	if d.Train > 0 {
		t.line("        %s to train on, %s%s to test with", words.Grouped(d.Train), words.Grouped(d.Test), others)
	}
	for k, axis := range d.Axes {
		t.line("%-6s  from %.4g to %.4g", axis, d.Low[k], d.High[k])
	}
	for _, c := range d.Classes {
		t.line("        %s: %s", c.Name, words.Plural(c.Points, "point"))
	}
	if s.sheet != "" {
		t.line("drawn   %s", s.sheet)
	}
	_, err = s.out.Write(t.Bytes())
	return err
}

// shownData is a data set in JSON.
type shownData struct {
	Name        string       `json:"name"`
	Title       string       `json:"title"`
	Path        string       `json:"path,omitempty"`
	Train       int          `json:"train"`
	Test        int          `json:"test"`
	Height      int          `json:"height"`
	Width       int          `json:"width"`
	Channels    int          `json:"channels"`
	Mean        []float64    `json:"mean"`
	Std         []float64    `json:"std"`
	Values      string       `json:"values"` // of the images: uint8 or float32
	Fingerprint string       `json:"fingerprint"`
	Notice      string       `json:"notice,omitempty"`
	Classes     []shownClass `json:"classes,omitempty"`

	Targets []shownTarget `json:"targets,omitempty"` // numbers to predict, instead of classes
}

// shownTarget has the mean and the deviation of a target over the training points.
type shownTarget struct {
	Name string  `json:"name"`
	Mean float64 `json:"mean"`
	Std  float64 `json:"std"`
}

type shownClass struct {
	Name  string `json:"name"`
	Train int    `json:"train"`
	Test  int    `json:"test"`
}

func shown(set *dataset.Set, path string) shownData {
	d := shownData{
		Name: set.Name, Title: set.Title, Path: path, Train: set.Train.Len(), Test: set.Test.Len(),
		Height: set.Height, Width: set.Width, Channels: set.Channels, Mean: set.Mean, Std: set.Std,
		Fingerprint: set.Fingerprint(), Notice: set.Notice, Classes: make([]shownClass, len(set.Classes)),
		Values: "uint8",
	}
	if set.Floats() {
		d.Values = "float32"
	}
	for k, name := range set.Classes {
		d.Classes[k].Name = name
	}
	for k, name := range set.Targets {
		d.Targets = append(d.Targets, shownTarget{name, set.TargetMean[k], set.TargetStd[k]})
	}
	if set.Regression() {
		return d
	}
	for _, label := range set.Train.Labels {
		d.Classes[label].Train++
	}
	for _, label := range set.Test.Labels {
		d.Classes[label].Test++
	}
	return d
}

// shownClasses is how many classes are listed for people.
const shownClasses = 100

func (s *dataShow) print(set *dataset.Set, path string) error {
	d := shown(set, path)
	var t text
	t.line("data         %s", d.Title)
	if path != "" {
		t.line("             %s", path)
	}
	if d.Notice != "" {
		t.line("             %s", d.Notice)
	}
	colours := "grey"
	if d.Channels == 3 {
		colours = "colour"
	}
	if set.Points() {
		t.line("points       %s to train on, %s to test with", words.Grouped(d.Train), words.Grouped(d.Test))
		t.line("coordinates  %d", d.Channels)
	} else {
		t.line("images       %s to train on, %s to test with", words.Grouped(d.Train), words.Grouped(d.Test))
		t.line("size         %d×%d×%d, %s", d.Height, d.Width, d.Channels, colours)
	}
	t.line("mean         %s", fractions(d.Mean))
	t.line("deviation    %s", fractions(d.Std))
	t.line("fingerprint  %s", d.Fingerprint)
	if s.sheet != "" {
		t.line("samples      %s", s.sheet)
	}
	t.line("")
	w := tabwriter.NewWriter(&t, 0, 0, 3, ' ', 0)
	if set.Regression() {
		fmt.Fprintf(w, "target\tmean\tdeviation\n")
		for _, y := range d.Targets {
			fmt.Fprintf(w, "%s\t%.6g\t%.6g\n", y.Name, y.Mean, y.Std)
		}
	} else {
		fmt.Fprintf(w, "%s\ttrain\ttest\n", fmt.Sprintf("%d classes", len(d.Classes)))
		for _, c := range d.Classes[:min(len(d.Classes), shownClasses)] {
			fmt.Fprintf(w, "%s\t%d\t%d\n", c.Name, c.Train, c.Test)
		}
		if more := len(d.Classes) - shownClasses; more > 0 {
			fmt.Fprintf(w, "and %d more; --json has them all\n", more)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := s.out.Write(t.Bytes())
	return err
}

// fractions writes numbers from 0 to 1, one for each channel.
func fractions(list []float64) string {
	parts := make([]string, len(list))
	for i, x := range list {
		parts[i] = fmt.Sprintf("%.4f", x)
	}
	return strings.Join(parts, " ")
}
