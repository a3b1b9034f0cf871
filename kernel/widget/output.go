package widget

import (
	"fmt"
	"strings"

	"continuousnet/kernel/cell"
)

// Output is a place for outputs, as a cell has one: charts, tables, text.
type Output struct {
	Model
	outputs []any
	texts   []string
}

// NewOutput returns a place for outputs.
func NewOutput() *Output {
	o := &Output{Model: Model{what: "output"}}
	o.define("@jupyter-widgets/output", "1.0.0", "Output", map[string]any{"msg_id": "", "outputs": []any{}})
	o.text = func() string {
		o.mu.Lock()
		defer o.mu.Unlock()
		return strings.Join(o.texts, "\n")
	}
	return o
}

// Show shows values below those that are there, as cell.Display does.
func (o *Output) Show(values ...any) error { return o.renew(false, values) }

// Replace shows values in place of those that are there.
func (o *Output) Replace(values ...any) error { return o.renew(true, values) }

func (o *Output) renew(anew bool, values []any) error {
	err := o.show(anew, values)
	if err == nil {
		roots.follow()
	}
	return err
}

func (o *Output) show(anew bool, values []any) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	outputs, texts := append([]any{}, o.outputs...), append([]string{}, o.texts...)
	if anew {
		outputs, texts = []any{}, nil
	}
	for _, v := range values {
		data, err := cell.Formats(v)
		if err != nil {
			return fmt.Errorf("widget: output of a %T: %w", v, err)
		}
		outputs = append(outputs, map[string]any{"output_type": "display_data", "data": data,
			"metadata": map[string]any{}})
		texts = append(texts, fmt.Sprint(data["text/plain"]))
	}
	if err := o.put(map[string]any{"outputs": outputs}); err != nil {
		return err
	}
	o.outputs, o.texts = outputs, texts
	return nil
}
