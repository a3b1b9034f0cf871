package optional

import "testing"

func TestOne(t *testing.T) {
	if got, err := One("F", "number", nil, 3); got != 3 || err != nil {
		t.Errorf("without an argument: %d, %v", got, err)
	}
	if got, err := One("F", "number", []int{0}, 3); got != 0 || err != nil {
		t.Errorf("with 0: %d, %v", got, err)
	}
	if _, err := One("F", "number", []int{1, 2}, 3); err == nil || err.Error() != "F takes at most one number, got 2" {
		t.Errorf("with two: %v", err)
	}
}
