package dataset

import "fmt"

// Keep writes a data set into a folder, where Kept finds it by its fingerprint: one that is given in Go has no other
// place. Nothing is written if it is there already.
func Keep(dir string, set *Set) error {
	fingerprint := set.Fingerprint()
	if _, err := Kept(dir, set.Name, fingerprint); err == nil {
		return nil
	}
	if err := writeCache(cachePath(dir, set.Name, fingerprint), fingerprint, set, Options{}); err != nil {
		return fmt.Errorf("dataset: cannot keep %s in %s: %w", set.Name, dir, err)
	}
	return nil
}

// Kept returns the data set that Keep has written.
func Kept(dir, name, fingerprint string) (*Set, error) {
	set, err := readCache(cachePath(dir, name, fingerprint), fingerprint, Options{})
	if err != nil {
		return nil, fmt.Errorf("dataset: %s is not kept in %s: %w", name, dir, err)
	}
	return set, nil
}
