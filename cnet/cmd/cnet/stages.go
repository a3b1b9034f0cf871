package main

import (
	"fmt"
	"slices"
	"strings"

	"continuousnet/cnet"
	"continuousnet/cnet/internal/words"
)

// perStage returns a setting that is a whole number from 1 to most for all stages of a net, or a list with one for
// each. show returns the numbers of the stages that a configuration has.
func perStage(
	s setting, most int, one func(*cnet.Config) *int, each func(*cnet.Config) *[]int, all func(cnet.Config) []int,
) *setting {
	s.value = "N[,N...]"
	s.set = func(c *cnet.Config, text string) error {
		list, err := parseStages(text, most)
		if err != nil {
			return err
		}
		*one(c), *each(c) = asGiven(list)
		return nil
	}
	s.show = func(c cnet.Config) string {
		c = c.InShort()
		switch list := *each(&c); {
		case list != nil:
			return words.Joined(list, ",")
		case *one(&c) == 0:
			return "" // the model has none
		case c.Stages == 0:
			return fmt.Sprint(*one(&c))
		}
		return words.Joined(all(c), ",")
	}
	return &s
}

// parseStages reads whole numbers from 1 to most with commas or spaces between them.
func parseStages(text string, most int) (list []int, err error) {
	if !strings.ContainsAny(text, ", ") {
		n, err := parseWhole(text, most)
		return []int{n}, err
	}
	expected := fmt.Sprintf("whole numbers from 1 to %d, one for each stage, such as 2,4,4", most)
	fields := strings.Split(text, ",")
	if !strings.Contains(text, ",") {
		fields = strings.Fields(text)
	}
	for _, word := range fields {
		n, err := parseWhole(strings.TrimSpace(word), most)
		if err != nil {
			return nil, bad(text, expected)
		}
		list = append(list, n)
	}
	if len(list) < 2 {
		return nil, bad(text, expected+"; a net of one stage is --stages 1")
	}
	return list, nil
}

// asGiven returns what a configuration has for the numbers of a flag: one for all stages, or a list.
func asGiven(list []int) (one int, each []int) {
	if len(list) == 1 {
		return list[0], nil
	}
	return 0, list
}

// stageCounts is the value of a flag that parseStages reads.
type stageCounts struct {
	list *[]int
	most int
}

// Set implements pflag.Value.
func (s stageCounts) Set(text string) error {
	list, err := parseStages(text, s.most)
	if err == nil {
		*s.list = list
	}
	return err
}

// String implements pflag.Value.
func (s stageCounts) String() string {
	if s.list == nil {
		return ""
	}
	return words.Joined(*s.list, ",")
}

// Type implements pflag.Value.
func (s stageCounts) Type() string { return "N" }

func alphaSetting() *setting {
	return perStage(setting{name: "alpha", usage: "channels of the stem and of the first stage; the others have 2 " +
		"and 4 times as many, or a list: 16,32,64 (or --channels)"},
		4096, func(c *cnet.Config) *int { return &c.Channels }, func(c *cnet.Config) *[]int { return &c.StageChannels },
		cnet.Config.ChannelsOfStages)
}

func basisSetting() *setting {
	return perStage(setting{name: "n-basis", usage: "how many of them, in each stage; --initial-time-d is the " +
		"original's name for it"},
		1024, func(c *cnet.Config) *int { return &c.NumBasis }, func(c *cnet.Config) *[]int { return &c.StageBasis },
		cnet.Config.BasisOfStages)
}

func stepsSetting() *setting {
	return perStage(setting{name: "steps", usage: "time steps of the scheme over each stage, 4 or 2,4,4; default as " +
		"--n-basis"},
		1024, func(c *cnet.Config) *int { return &c.Steps }, func(c *cnet.Config) *[]int { return &c.StageSteps },
		cnet.Config.StepsOfStages)
}

// stagesSetting returns the setting of the number of stages.
func stagesSetting() *setting {
	s := whole(setting{name: "stages", usage: "how many, each with half the resolution of the one before; default 3, " +
		"or as many as the lists above have"}, 12, func(c *cnet.Config) *int { return &c.Stages })
	s.show = func(c cnet.Config) string {
		if !cnet.Continuous(c.WithDefaults().Model) {
			return ""
		}
		return fmt.Sprint(c.NumStages())
	}
	return s
}

// stepsPerFunction returns the original's setting of the steps: their number for each basis function.
func stepsPerFunction() *setting {
	return &setting{
		name: "n-time-steps-per", value: "N",
		usage: "instead of --steps: so many for each function, as the original has it",
		set: func(c *cnet.Config, text string) error {
			n, err := parseWhole(text, 1<<10)
			if err != nil {
				return err
			}
			d := c.WithDefaults()
			if c.NumBasis, c.StageBasis = d.NumBasis, d.StageBasis; d.NumBasis == 0 && d.StageBasis == nil {
				c.NumBasis = 1
			}
			c.Steps, c.StageSteps = c.NumBasis*n, nil
			for _, k := range c.StageBasis {
				c.StageSteps = append(c.StageSteps, k*n)
			}
			return nil
		},
		show: func(c cnet.Config) string {
			steps, functions := c.StepsOfStages(), c.BasisOfStages()
			var per []string
			for i := range min(len(steps), len(functions)) {
				text := fmt.Sprintf("%d/%d", steps[i], functions[i])
				if functions[i] > 0 && steps[i]%functions[i] == 0 {
					text = fmt.Sprint(steps[i] / functions[i])
				}
				per = append(per, text)
			}
			return strings.Join(slices.Compact(per), ",")
		},
	}
}
