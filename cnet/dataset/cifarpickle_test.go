package dataset

import (
	"archive/tar"
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"continuousnet/cnet/dataset/internal/check"
)

// pickled writes what CIFAR's Python files hold, in protocol 2 as Python 2 writes it: the planes of colour of images,
// and their labels. The key of the labels, and the shape and type of the array, may be wrong.
func pickled(planes []byte, labels []int, key string, columns int, dtype string) []byte {
	var b bytes.Buffer
	short := func(s string) { fmt.Fprintf(&b, "U%c%s", len(s), s) }
	number := func(n int) { b.Write(binary.LittleEndian.AppendUint32([]byte("J"), uint32(n))) }
	b.WriteString("\x80\x02}q\x01(")
	short("batch_label")
	short("training batch 1 of 5")
	short(key)
	b.WriteString("]q\x04(")
	for _, label := range labels {
		number(label)
	}
	b.WriteString("e")
	short("data")
	b.WriteString("cnumpy.core.multiarray\n_reconstruct\nq\x06cnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01")
	number(len(planes) / max(columns, 1))
	number(columns)
	b.WriteString("\x86cnumpy\ndtype\n")
	short(dtype)
	b.WriteString("K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T")
	b.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(planes))))
	b.Write(planes)
	b.WriteString("tbu.")
	return b.Bytes()
}

// pickledOf is records of the binary files as a Python file.
func pickledOf(records []byte, labelBytes int, key string) []byte {
	var planes []byte
	var labels []int
	for len(records) > 0 {
		labels = append(labels, int(records[labelBytes-1]))
		planes = append(planes, records[labelBytes:labelBytes+cifarImage]...)
		records = records[labelBytes+cifarImage:]
	}
	return pickled(planes, labels, key, cifarImage, "u1")
}

// namesOf is a file of class names as Python 2 writes it.
func namesOf(key string, names []string) []byte {
	text := fmt.Sprintf("(dp1\nS'%s'\np2\n(lp3\n", key)
	for i, name := range names {
		text += fmt.Sprintf("S'%s'\np%d\na", name, i+4)
	}
	return []byte(text + "s.")
}

// cifarBoth returns CIFAR-10 and CIFAR-100 with few images as binary files and as pickles, by their folders.
func cifarBoth() (binary, python map[string][]byte) {
	binary, python = map[string][]byte{}, map[string][]byte{}
	for k := range 6 {
		name := "test_batch"
		if k < 5 {
			name = fmt.Sprintf("data_batch_%d", k+1)
		}
		records := cifarRecords(2, byte(k+1))
		binary["cifar-10-batches-bin/"+name+".bin"] = records
		python["cifar-10-batches-py/"+name] = pickledOf(records, 1, "labels")
	}
	python["cifar-10-batches-py/batches.meta"] = namesOf("label_names", cifar10Classes)
	for name, records := range map[string][]byte{"train": cifarRecords(2, 1, 99), "test": cifarRecords(1, 7, 5)} {
		binary["cifar-100-binary/"+name+".bin"] = records
		python["cifar-100-python/"+name] = pickledOf(records, 2, "fine_labels")
	}
	python["cifar-100-python/meta"] = namesOf("fine_label_names", cifar100Classes)
	return binary, python
}

// tarball packs files as the archives are: folders come before what is in them.
func tarball(t *testing.T, contents map[string][]byte, prefix string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	var names []string
	for name := range contents {
		names = append(names, name)
	}
	slices.Sort(names)
	folder := ""
	for _, name := range names {
		if !strings.HasPrefix(name, prefix) {
			continue
		}
		if d := filepath.Dir(name); d != folder {
			folder = d
			if err := w.WriteHeader(&tar.Header{Name: d + "/", Typeflag: tar.TypeDir, Mode: 0o755}); err != nil {
				t.Fatal(err)
			}
		}
		header := &tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(contents[name]))}
		if err := w.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(contents[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return check.Gzip(b.Bytes())
}

// The same images come of binary files, pickles and archives, of the folder above them and of themselves.
func TestCIFAREveryForm(t *testing.T) {
	binary, python := cifarBoth()
	for name, folders := range map[string][2]string{
		"cifar10":  {"cifar-10-batches-bin", "cifar-10-batches-py"},
		"cifar100": {"cifar-100-binary", "cifar-100-python"},
	} {
		want, err := Load(name, files(t, binary))
		if err != nil {
			t.Fatal(err)
		}
		only := map[string][]byte{}
		for file, data := range python {
			if strings.HasPrefix(file, folders[1]+"/") {
				only[file] = data
			}
		}
		unpacked := files(t, only)
		title := strings.TrimSuffix(strings.Replace(folders[1], "-batches-py", "-python", 1), "-python")
		packed := files(t, map[string][]byte{
			title + "-python.tar.gz":       tarball(t, python, folders[1]),
			"bin/" + title + "-bin.tar.gz": tarball(t, binary, folders[0]),
		})
		for _, path := range []string{
			unpacked, filepath.Join(unpacked, folders[1]), packed, filepath.Join(packed, title+"-python.tar.gz"),
			filepath.Join(packed, "bin", title+"-bin.tar.gz"),
		} {
			for _, args := range [][2]string{{name, path}, {path, ""}, {"", path}} {
				if args[0] == "" {
					if got, _, err := Resolve("", path); got != name || err != nil {
						t.Errorf("%s is %s, %v", path, got, err)
					}
					continue
				}
				set, err := Load(args[0], args[1])
				if err != nil || set.Fingerprint() != want.Fingerprint() || set.Notice != "" {
					t.Errorf("%s: %v", path, err)
				}
			}
		}
	}
}

// Files that are not CIFAR's are refused with the name of the file; nothing in them is executed.
func TestBadCIFARPickles(t *testing.T) {
	_, python := cifarBoth()
	const batch = "cifar-10-batches-py/data_batch_2"
	planes := make([]byte, cifarImage)
	mark := filepath.Join(t.TempDir(), "executed")
	for name, tc := range map[string]struct{ file, data, want string }{
		"code": {batch, "\x80\x02cos\nsystem\nU" + string(rune(len("touch "+mark))) + "touch " + mark + "\x85R.",
			`data_batch_2: byte 2: it calls "os.system": a pickle is a program, and only plain data`},
		"cut":     {batch, string(python[batch][:5000]), "data_batch_2: byte |the file is truncated"},
		"empty":   {batch, "", "data_batch_2: byte 0: the data ends early"},
		"no dict": {batch, "\x80\x02]q\x01.", "the pickle is no dict"},
		"no data": {batch, "\x80\x02}q\x01.", `the dict has the keys [], want an array "data" and a list "labels"`},
		"label": {batch, string(pickled(planes, []int{10}, "labels", 3072, "u1")),
			"label 0 is 10, want a number from 0 to 9"},
		"negative": {batch, string(pickled(planes, []int{-1}, "labels", 3072, "u1")), "label 0 is -1, want"},
		"counts": {batch, string(pickled(planes, []int{1, 2}, "labels", 3072, "u1")),
			"[1 3072] and 3072 bytes, want |for 2 labels"},
		"shape":     {batch, string(pickled(planes, []int{1}, "labels", 1024, "u1")), "shape [3 1024]"},
		"floats":    {batch, string(pickled(planes, []int{1}, "labels", 3072, "f4")), "an array of |f4 with shape"},
		"no images": {batch, string(pickled(nil, nil, "labels", 3072, "u1")), "0 images, want 1 to"},
		"CIFAR-100": {batch, string(pickled(planes, []int{1}, "fine_labels", 3072, "u1")),
			`the dict has the keys ["batch_label" "data" "fine_labels"], want`},
		"names": {"cifar-10-batches-py/batches.meta", string(namesOf("label_names", []string{"a", "b"})),
			"batches.meta: 2 class names, want 10"},
		"other names": {"cifar-10-batches-py/batches.meta", "(dp1\n.", `batches.meta: |want a list "label_names"`},
	} {
		t.Run(name, func(t *testing.T) {
			contents := map[string][]byte{}
			for file, data := range python {
				if strings.HasPrefix(file, "cifar-10-") {
					contents[file] = data
				}
			}
			contents[tc.file] = []byte(tc.data)
			dir := files(t, contents)
			_, err := Load("cifar10", dir)
			check.Error(t, err, tc.want)
			check.WriteFile(t, dir, "a/cifar-10-python.tar.gz", tarball(t, contents, "cifar-10-"))
			_, err = Load("cifar10", filepath.Join(dir, "a"))
			check.Error(t, err, tc.want)
		})
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("the pickle was executed")
	}
}

func TestBadArchives(t *testing.T) {
	_, python := cifarBoth()
	good := tarball(t, python, "cifar-10-")
	for name, tc := range map[string]struct {
		data []byte
		want string
	}{
		"truncated": {good[:len(good)/2], "a.tar.gz: the file is truncated"},
		"text":      {[]byte("<html>"), "a.tar.gz: no .tar.gz: "},
		"empty":     {nil, "a.tar.gz: no .tar.gz: the file is truncated"},
		"others":    {tarball(t, map[string][]byte{"photos/a/1.png": nil}, ""), "a.tar.gz holds none of the data sets"},
		"no tar":    {check.Gzip(bytes.Repeat([]byte("no tar"), 1000)), "a.tar.gz: archive/tar: invalid tar header"},
		"escape":    {tarball(t, map[string][]byte{"../cifar-10-batches-py/data_batch_1": nil}, ""), "holds none"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(filepath.Join(files(t, map[string][]byte{"a.tar.gz": tc.data}), "a.tar.gz"), "")
			check.Error(t, err, tc.want)
		})
	}
	_, err := Load("cifar10", filepath.Join(files(t, map[string][]byte{"a.tar.gz": good[:len(good)-100]}), "a.tar.gz"))
	check.Error(t, err, "a.tar.gz: |truncated|cnet data get cifar10")
	// Far more than CIFAR, in a small file.
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	header := &tar.Header{Name: "cifar-10-batches-py/data_batch_1", Typeflag: tar.TypeReg, Size: maxTar + 1}
	if err := w.WriteHeader(header); err != nil {
		t.Fatal(err)
	}
	bomb := filepath.Join(files(t, map[string][]byte{"a.tgz": check.Gzip(b.Bytes())}), "a.tgz")
	_, err = Load("cifar10", bomb)
	check.Error(t, err, "a.tgz: it has more than 1073741824 bytes")
	_, err = Load(filepath.Join(files(t, map[string][]byte{"notes.txt": nil}), "notes.txt"), "")
	check.Error(t, err, "notes.txt is a file that is not read; want a folder")
}
