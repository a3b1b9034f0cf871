package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"continuousnet/cnet/dataset"
	"continuousnet/cnet/dataset/fetch"
	"continuousnet/cnet/internal/runname"
	"continuousnet/cnet/internal/words"
)

func (a *app) data() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "data",
		Short: "Download data sets, see which are there and what is in them",
		Example: `  cnet data list
  cnet data get cifar10
  cnet data show photos/birds --size 48 --out sheet.png`,
		Args: cobra.ArbitraryArgs,
		RunE: a.group,
	}
	cmd.AddCommand(a.dataList(), a.dataGet(), a.dataShow())
	return cmd
}

// needs describes the data sets, and what it takes to have each.
var needs = map[string]string{
	"cifar10":       "60,000 colour photographs, 10 classes; 170 MB to download",
	"cifar100":      "60,000 colour photographs, 100 classes; 169 MB to download",
	"mnist":         "70,000 handwritten digits; 12 MB to download",
	"fashion-mnist": "70,000 pictures of clothes, 10 classes; 31 MB to download",
	"tinyimagenet":  "110,000 colour photographs of 64×64, 200 classes; 248 MB to download",
	sampleName:      "3,000 of these; part of this program",
}

func (a *app) dataList() *cobra.Command {
	var dir string
	var json bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the data sets and whether they are there",
		Long: `List the data sets, what they need, and whether they are there: in DIR or one of its folders with --data
DIR, else in data/NAME. Folders and files of your own are data sets, too: see cnet train --help.`,
		Example: `  cnet data list
  cnet data list --data ~/data`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return a.listData(dir, json) },
	}
	cmd.Flags().StringVar(&dir, "data", "", "look in `DIR`")
	cmd.Flags().BoolVar(&json, "json", false, "print JSON")
	return cmd
}

// dataLine is a data set in JSON.
type dataLine struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Found       bool   `json:"found"`
	Dir         string `json:"dir"`
	Train       int    `json:"train"`
	Test        int    `json:"test"`
	Notice      string `json:"notice"` // what is unusual about the files, or why they cannot be read
}

func (a *app) listData(dir string, json bool) error {
	var lines []dataLine
	for _, name := range dataset.Names() {
		l := dataLine{Name: name, Description: needs[name], Dir: dir}
		switch {
		case name == sampleName:
			l.Dir = ""
		case dir == "":
			l.Dir = dataset.DefaultDir(name)
		}
		if set, err := dataset.Labels(name, l.Dir); err == nil {
			l.Found, l.Train, l.Test, l.Notice = true, set.Train.Len(), set.Test.Len(), set.Notice
		} else {
			l.Notice = words.Message(err)
		}
		lines = append(lines, l)
	}
	for _, name := range dataset.Toys {
		lines = append(lines, dataLine{
			Name: name, Description: "points in the plane, two classes; made by this program", Found: true,
			Train: dataset.ToyPoints, Test: dataset.ToyPoints,
		})
	}
	if json {
		return printJSON(a.out, map[string]any{"datasets": lines})
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "DATA SET\tFOUND\t")
	for _, l := range lines {
		found := "no"
		if l.Found {
			found = "yes"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", l.Name, found, l.Description)
		if l.Found && l.Dir != "" {
			fmt.Fprintf(w, "\t\t%s training and %s test images in %s\n",
				words.Grouped(l.Train), words.Grouped(l.Test), l.Dir)
		}
		if l.Notice != "" {
			fmt.Fprintf(w, "\t\t%s\n", l.Notice)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(a.out, "\nof your own: a folder of images by class, a .npz file of arrays, a .csv file of "+
		"points; see cnet train --help")
	return err
}

func (a *app) dataGet() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "get NAME",
		Short: "Download a data set",
		Long: `Download a data set from its official address into data/NAME, or into DIR with --data DIR, and check it.
A download that was broken off goes on where it stopped; what is there already is left alone.`,
		Example: `  cnet data get cifar10
  cnet data get FashionMNIST --data /mnt/fashion`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("data get takes the name of one data set, got %d; \"cnet data list\" has them", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.getData(cmd.Context(), args[0], dir) },
	}
	cmd.Flags().StringVar(&dir, "data", "", "download into `DIR`")
	return cmd
}

func (a *app) getData(ctx context.Context, text, dir string) error {
	name, err := publishedDataset(text)
	if err != nil {
		return usagef("data get: the data set %v", err)
	}
	if name == sampleName {
		fmt.Fprintf(a.out, "%s is part of this program: there is nothing to get\n", name)
		return nil
	}
	again := "cnet data get " + name
	where := dataset.DefaultDir(name)
	if dir != "" {
		where, again = dir, again+" --data "+runname.Path(dir)
	}
	d := &download{app: a}
	err = fetch.Get(ctx, name, dir, d.progress)
	d.clear()
	if errors.Is(err, context.Canceled) {
		fmt.Fprintf(a.err, "cnet: interrupted; what has arrived stays in %s\ngo on with: %s\n", where, again)
		return errInterrupted
	}
	if err != nil {
		return err
	}
	set, err := dataset.Labels(name, dir)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%s is in %s: %s training and %s test images\n",
		set.Title, where, words.Grouped(set.Train.Len()), words.Grouped(set.Test.Len()))
	if set.Notice != "" {
		fmt.Fprintln(a.out, set.Notice)
	}
	return nil
}

// download shows on standard error how much of a file has arrived.
type download struct {
	*app
	file  string
	bar   *progressbar.ProgressBar
	tenth int64 // the last tenth that was printed
}

// progress shows that done of total bytes of a file have arrived; see fetch.Get.
func (d *download) progress(file string, done, total int64) {
	if file != d.file {
		d.clear()
		d.file, d.tenth = file, 0
		if d.tty != nil {
			d.bar = d.newBar(total, progressbar.OptionShowBytes(true), progressbar.OptionShowCount(),
				progressbar.OptionShowTotalBytes(true), progressbar.OptionThrottle(barInterval),
				progressbar.OptionSetDescription(file))
		} else {
			fmt.Fprintf(d.err, "%s: %s\n", file, words.Megabytes(total))
			d.tenth = 10 * done / max(total, 1) // what was there before is no progress
		}
	}
	if d.bar != nil {
		_ = d.bar.Set64(done)
		return
	}
	if tenth := 10 * done / max(total, 1); tenth > d.tenth {
		d.tenth = tenth
		fmt.Fprintf(d.err, "%s: %d %%, %s\n", file, 10*tenth, words.Megabytes(done))
	}
}

func (d *download) clear() {
	if d.bar != nil {
		_ = d.bar.Clear()
		d.bar = nil
	}
}
