package main

import (
	"encoding/json"
	"fmt"
	"io"

	"continuousnet/cnet"
)

// How good a net is, in tables and in JSON: its accuracy or, where targets are numbers, RMSE and R².

// qualityHead is the head of the columns of qualityColumns.
func qualityHead(regression bool) string {
	if regression {
		return "      RMSE     R^2"
	}
	return "  accuracy"
}

// qualityColumns writes a quality in the columns of a table; measured false leaves them empty.
func qualityColumns(q cnet.Quality, regression, measured bool) string {
	switch {
	case !measured && regression:
		return fmt.Sprintf(" %9s %7s", "-", "-")
	case !measured:
		return fmt.Sprintf(" %9s", "-")
	case regression:
		return fmt.Sprintf(" %9s %7.4f", magnitude(q.RMSE), q.R2)
	}
	return fmt.Sprintf(" %9s", q.Short())
}

// magnitude writes a number that may have any magnitude in at most nine characters.
func magnitude(x float64) string { return fmt.Sprintf("%.4g", x) }

// qualityName says by what epochs are compared.
func qualityName(regression bool) string {
	if regression {
		return "R²"
	}
	return "accuracy"
}

// printScore is printJSON for something with scores. Where targets are numbers, there are no accuracies in it.
func printScore(w io.Writer, v any, regression bool) error {
	if !regression {
		return printJSON(w, v)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil {
		return err
	}
	withoutAccuracy(object)
	return printJSON(w, object)
}

// withoutAccuracy removes accuracies from a JSON object and those in it.
func withoutAccuracy(object map[string]any) {
	for key, value := range object {
		if inner, ok := value.(map[string]any); ok {
			withoutAccuracy(inner)
		}
		if key == "accuracy" || key == "test_accuracy" || key == "train_accuracy" {
			delete(object, key)
		}
	}
}
