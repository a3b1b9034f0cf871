package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"continuousnet/cnet"
	"continuousnet/cnet/dataset"
	"continuousnet/cnet/internal/runname"
	"continuousnet/cnet/internal/words"
)

// importing is the command import.
type importing struct {
	*app
	settings []*setting
	engine   engineFlags
	epochs   int // 0: not given
	json     bool
}

func (a *app) importWeights() *cobra.Command {
	i := &importing{app: a, settings: settings()}
	cmd := &cobra.Command{
		Use:   "import FILE RUN",
		Short: "Make a run of weights in a file, such as a state_dict of the original",
		Long: `Make a new run whose weights are those of a .safetensors or .npz file: one that "cnet export" wrote, or a
state_dict of the original's networks. The run is before its first epoch; eval, manifest and train go on from there.

A file of cnet export needs no flags, except --dataset PATH for data of one's own. Of another one, names and shapes
tell the model, its channels, intervals and classes; the flags tell the rest, as they were when it was trained:
--scheme and --dataset always, and --initial-time-d, --n-time-steps-per and --time-epsilon if they were given. A net
that was refined has more intervals in the file than --initial-time-d.

What torch.save wrote, such as the original's .pkl files, is a program and is not run; the error has the command that
converts it.

RUN is a directory, or the name of one in results/, and must not exist.`,
		Example: `  cnet import first.safetensors second
  cnet import resnet.npz baseline --dataset CIFAR10
  cnet import continuousnet.safetensors refined --dataset CIFAR10 --scheme rk4_classic --initial-time-d 1`,
		Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usagef("import needs a file and the name of a new run: cnet import FILE RUN")
			}
			return i.run(args[0], args[1])
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	for _, s := range i.settings { // without the defaults of train: here the file has them
		flag := flags.VarPF(s, s.name, "", s.usage)
		flag.Hidden = s.hidden
		flag.NoOptDefVal = s.withoutValue()
	}
	i.engine.add(flags)
	flags.Var(count{&i.epochs, 1 << 20}, "epochs", "the planned number of them, for --lr-schedule and --lr-warmup")
	flags.Lookup("epochs").DefValue = ""
	flags.BoolVar(&i.json, "json", false, "print the result as JSON")
	return cmd
}

func (i *importing) run(file, name string) error {
	dir, err := runDir(name)
	if err != nil {
		return err
	}
	if cnet.Exists(dir) {
		return usagef("there is a run in %s already; import into another one", dir)
	}
	engine, err := i.engine.checked(i.app)
	if err != nil {
		return err
	}
	w, err := cnet.ReadWeights(file)
	if err != nil {
		return err
	}
	c := w.Config
	if err := applyAll(i.settings, &c); err != nil {
		return err
	}
	if engine != "" {
		c.Engine = engine
	}
	if missing := w.Missing(c); len(missing) > 0 {
		return usagef("%s does not tell the %s of its network; add --%s",
			file, strings.Join(missing, " and the "), strings.Join(missing, " and --"))
	}
	if c.Dataset, c.Data, err = dataset.Resolve(c.Dataset, c.Data); err != nil {
		return usagef("%v", err)
	}
	if i.epochs > 0 {
		c.Epochs = i.epochs
	}
	plan(&c, i.epochs)
	if err := checkAll(i.settings, c); err != nil {
		return err
	}
	run, err := cnet.Import(dir, w, c)
	if err != nil {
		return err
	}
	defer run.Close()
	parameters, originals := run.Network().CountParameters()
	if i.json {
		return printJSON(i.out, map[string]any{
			"event": "import", "run": dir, "file": file, "model": run.Config().Model, "net": run.Network().String(),
			"dataset": run.Config().Dataset, "trained_epochs": w.Epochs,
			"parameters": parameters, "original_parameters": originals,
		})
	}
	var t text
	trained := ""
	if w.Epochs > 0 {
		trained = fmt.Sprintf(", trained for %s before", words.Plural(w.Epochs, "epoch"))
	}
	made := run.Config()
	channels := fmt.Sprint(made.Channels)
	if made.StageChannels != nil {
		channels = words.Joined(made.StageChannels, "-")
	}
	channels += " channels"
	if made.Model == cnet.NeuralODE {
		channels = words.Plural(made.AugmentDim, "zero") + " appended"
	}
	t.line("%s, %s, %s parameters%s", run.Title(), channels, words.Grouped(parameters), trained)
	if cnet.Continuous(made.Model) {
		length := fmt.Sprintf("%g", made.TimeEpsilon)
		if made.TimeEpsilon == 0 {
			length = words.Joined(made.BasisOfStages(), "-")
		}
		t.line("made as  %s of length %s", words.OfStagesPlural(made.StepsOfStages(), "step"), length)
	}
	t.line("data     %s", made.Dataset)
	t.line("run      %s", dir)
	word := runname.Argument(dir)
	t.line("next     cnet eval %s, cnet train --run %s", word, word)
	_, err = i.out.Write(t.Bytes())
	return err
}
