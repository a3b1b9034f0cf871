package vegatest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

const vegaLite = "application/vnd.vegalite.v5+json"

// Vega draws every chart that the lessons were saved with.
func TestVegaDrawsLessons(t *testing.T) {
	lessons, err := filepath.Glob("../../../notebooks/*.ipynb")
	if err != nil || len(lessons) == 0 {
		t.Fatalf("no lessons: %v", err)
	}
	specs := map[string][]byte{}
	for _, path := range lessons {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var notebook struct {
			Cells []struct {
				Outputs []struct{ Data map[string]json.RawMessage }
			}
		}
		if err := json.Unmarshal(text, &notebook); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for i, cell := range notebook.Cells {
			for k, output := range cell.Outputs {
				if spec, ok := output.Data[vegaLite]; ok {
					specs[fmt.Sprintf("%s, cell %d, output %d", filepath.Base(path), i, k)] = spec
				}
			}
		}
	}
	if len(specs) == 0 {
		t.Fatal("no lesson has a chart")
	}
	Draw(t, specs)
}
