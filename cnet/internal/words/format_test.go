package words

import (
	"testing"
	"time"
)

func TestFormats(t *testing.T) {
	for _, tc := range []struct{ got, want string }{
		{Percent(0.6745), "67.5 %"},
		{Percent(1), "100.0 %"},
		{Grouped(0), "0"},
		{Grouped(999), "999"},
		{Grouped(1000), "1,000"},
		{Grouped(1234567), "1,234,567"},
		{Grouped(-1234), "-1,234"},
		{Grouped(-123), "-123"},
		{Plural(1, "epoch"), "1 epoch"},
		{Plural(0, "epoch"), "0 epochs"},
		{Plural(1, "batch"), "1 batch"},
		{Plural(2, "batch"), "2 batches"},
		{Plural(12_000, "image"), "12,000 images"},
		{Megabytes(12_345_678), "12.3 MB"},
		{Clock(6900 * time.Millisecond), "0:07"},
		{Clock(12*time.Minute + 34*time.Second), "12:34"},
		{Clock(time.Hour + 2*time.Minute + 3*time.Second), "1:02:03"},
		{OneLine("two\n\tlines", 600), "two lines"},
		{OneLine("größer", 3), "gr ..."},
		{Duration(400 * time.Millisecond), "0 s"},
		{Duration(59 * time.Second), "59 s"},
		{Duration(59500 * time.Millisecond), "1 min 00 s"},
		{Duration(3*time.Minute + 5*time.Second), "3 min 05 s"},
		{Duration(2*time.Hour + 3*time.Minute), "2 h 03 min"},
	} {
		if tc.got != tc.want {
			t.Errorf("got %q, want %q", tc.got, tc.want)
		}
	}
}
