package assets

import (
	"io/fs"
	"strings"
	"testing"
)

func TestFashionSampleIsWholeAndSmall(t *testing.T) {
	entries, err := fs.ReadDir(FashionSample(), ".")
	if err != nil {
		t.Fatal(err)
	}
	var total int64
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			t.Fatal(err)
		}
		total += info.Size()
	}
	if len(entries) != 4 || total > 1_500_000 {
		t.Errorf("%d files of %d bytes together, want 4 of at most 1,500,000: they are in every program",
			len(entries), total)
	}
}

func TestFashionLicenseTravelsAlong(t *testing.T) {
	for _, want := range []string{"MIT License", "Copyright (c) 2017 Zalando SE, https://tech.zalando.com",
		"Permission is hereby granted"} {
		if !strings.Contains(FashionLicense, want) {
			t.Errorf("the licence does not say %q", want)
		}
	}
}
