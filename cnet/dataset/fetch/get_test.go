package fetch

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"continuousnet/cnet/dataset"
	"continuousnet/cnet/dataset/internal/check"
)

// server publishes files and records the Range of each request ("" for none).
// answer, if set, stands in for the usual answer.
type server struct {
	*httptest.Server
	files  map[string][]byte
	answer func(w http.ResponseWriter, r *http.Request, data []byte)
	ranges []string
}

func newServer(t *testing.T, files map[string][]byte) *server {
	s := &server{files: files}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.ranges = append(s.ranges, r.Header.Get("Range"))
		name := strings.TrimPrefix(r.URL.Path, "/")
		data, ok := s.files[name]
		switch {
		case !ok:
			http.NotFound(w, r)
		case s.answer != nil:
			s.answer(w, r, data)
		default:
			http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(data))
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// source publishes s's files as those of a data set.
func (s *server) source(names ...string) source {
	src := source{base: s.URL + "/"}
	for _, name := range names {
		src.files = append(src.files, remote{name, int64(len(s.files[name])), sumOf(s.files[name])})
	}
	return src
}

func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// big returns n bytes without repetition, so that misplaced ones are seen.
func big(n int) []byte {
	data := make([]byte, n)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	return data
}

// wantFiles fails unless dir holds just these files.
func wantFiles(t *testing.T, dir string, want map[string][]byte) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		data, _ := os.ReadFile(filepath.Join(dir, entry.Name()))
		if expected, ok := want[entry.Name()]; !ok || expected != nil && !bytes.Equal(data, expected) {
			t.Errorf("%s is there with %d bytes, want %d", entry.Name(), len(data), len(expected))
		}
	}
	if len(entries) != len(want) {
		t.Errorf("%d files, want %d", len(entries), len(want))
	}
}

const file = "train-images-idx3-ubyte.gz"

func TestGetDownloadsOnceAndReportsProgress(t *testing.T) {
	files := map[string][]byte{file: big(300_000), "train-labels-idx1-ubyte.gz": big(1000)}
	s := newServer(t, files)
	dir := filepath.Join(t.TempDir(), "new", "folder")
	done := map[string]int64{}
	g := getter{
		sources: map[string]source{"mnist": s.source(file, "train-labels-idx1-ubyte.gz")},
		progress: func(name string, n, total int64) {
			if n <= done[name] || total != int64(len(files[name])) {
				t.Errorf("progress of %s from %d to %d of %d", name, done[name], n, total)
			}
			done[name] = n
		},
	}
	if err := g.get(t.Context(), "MNIST", dir); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, dir, files)
	if done[file] != 300_000 || done["train-labels-idx1-ubyte.gz"] != 1000 {
		t.Errorf("progress ended at %v", done)
	}
	clear(done)
	if err := g.get(t.Context(), "MNIST", dir); err != nil {
		t.Fatal(err)
	}
	if len(s.ranges) != 2 {
		t.Errorf("%d requests, want 2: what is there is not downloaded again", len(s.ranges))
	}
	if done[file] != 300_000 {
		t.Errorf("progress of a file that is there ended at %v", done)
	}
}

func TestGetGoesOn(t *testing.T) {
	data := big(200_000)
	ignoresRange := func(w http.ResponseWriter, r *http.Request, data []byte) { w.Write(data) }
	for _, c := range []struct {
		name   string
		part   []byte // what an earlier download left
		answer func(http.ResponseWriter, *http.Request, []byte)
		ranges []string
	}{
		{"from the middle", data[:70_000], nil, []string{"bytes=70000-"}},
		{"from an empty part", data[:0], nil, []string{""}},
		{"complete already", data, nil, nil},
		{"range ignored", data[:70_000], ignoresRange, []string{"bytes=70000-"}},
		{"too long", append(slices.Clone(data), 1), nil, []string{""}},
		{"of another file", big(70_001)[1:], nil, []string{"bytes=70000-", ""}},
		{"complete and wrong", make([]byte, 200_000), nil, []string{""}},
		{"not satisfiable", data[:70_000], func(w http.ResponseWriter, r *http.Request, data []byte) {
			if r.Header.Get("Range") != "" {
				w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
				return
			}
			w.Write(data)
		}, []string{"bytes=70000-", ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t, map[string][]byte{file: data})
			s.answer = c.answer
			dir := t.TempDir()
			src := s.source(file)
			check.WriteFile(t, dir, src.files[0].part(), c.part)
			g := getter{sources: map[string]source{"mnist": src}}
			if err := g.get(t.Context(), "mnist", dir); err != nil {
				t.Fatal(err)
			}
			wantFiles(t, dir, map[string][]byte{file: data})
			if !slices.Equal(s.ranges, c.ranges) {
				t.Errorf("ranges asked for: %q, want %q", s.ranges, c.ranges)
			}
		})
	}
}

// A file of which only the MD5 is known is checked by that.
func TestGetByMD5(t *testing.T) {
	data := big(5000)
	s := newServer(t, map[string][]byte{file: data})
	sum := md5.Sum(data)
	for _, c := range []struct{ sum, want string }{
		{hex.EncodeToString(sum[:]), ""}, {strings.Repeat("0", 32), "not as published: checksum "},
	} {
		g := getter{sources: map[string]source{"mnist": {base: s.URL + "/", files: []remote{{file, 5000, c.sum}}}}}
		dir := t.TempDir()
		err := g.get(context.Background(), "mnist", dir)
		if c.want != "" {
			check.Error(t, err, c.want)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		wantFiles(t, dir, map[string][]byte{file: data})
		if err := g.get(context.Background(), "mnist", dir); err != nil || len(s.ranges) != 1 {
			t.Errorf("got again, in %d requests: %v", len(s.ranges), err)
		}
	}
}

func TestGetFailsWithoutTraces(t *testing.T) {
	data := big(200_000)
	part := remote{file, 200_000, sumOf(data)}.part()
	for _, c := range []struct {
		name   string
		answer func(http.ResponseWriter, *http.Request, []byte)
		want   string
		left   map[string][]byte
	}{
		{"corrupt", func(w http.ResponseWriter, r *http.Request, data []byte) {
			wrong := slices.Clone(data)
			wrong[100_000] ^= 1
			w.Write(wrong)
		}, "not as published: checksum |want " + sumOf(data), nil},
		{"too long", func(w http.ResponseWriter, r *http.Request, data []byte) {
			w.Write(data) // without a length
			w.(http.Flusher).Flush()
			w.Write(data)
		}, "not as published", nil},
		{"a page instead", func(w http.ResponseWriter, r *http.Request, data []byte) {
			fmt.Fprint(w, "<html>please log in</html>")
		}, "the server offers 26 bytes, want 200000", nil},
		{"404", func(w http.ResponseWriter, r *http.Request, data []byte) { http.NotFound(w, r) },
			"the server answered 404 Not Found", nil},
		{"500", func(w http.ResponseWriter, r *http.Request, data []byte) { http.Error(w, "", 500) },
			"the server answered 500", nil},
		{"broken off", func(w http.ResponseWriter, r *http.Request, data []byte) {
			w.Header().Set("Content-Length", "200000")
			w.Write(data[:150_000])
			panic(http.ErrAbortHandler)
		}, "unexpected EOF; 150000 of 200000 bytes are kept, get it again to go on",
			map[string][]byte{part: data[:150_000]}},
		{"a wrong range", func(w http.ResponseWriter, r *http.Request, data []byte) {
			w.Header().Set("Content-Range", "bytes 0-199999/200000")
			w.WriteHeader(http.StatusPartialContent)
			w.Write(data)
		}, "206", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t, map[string][]byte{file: data})
			s.answer = c.answer
			dir := t.TempDir()
			g := getter{sources: map[string]source{"mnist": s.source(file)}}
			err := g.get(t.Context(), "mnist", dir)
			check.Error(t, err, "dataset: get "+file+" from "+s.URL+"/"+file+": |"+c.want)
			wantFiles(t, dir, c.left)
		})
	}
}

func TestGetRefusesAWrongRangeAndKeepsThePart(t *testing.T) {
	data := big(200_000)
	s := newServer(t, map[string][]byte{file: data})
	s.answer = func(w http.ResponseWriter, r *http.Request, data []byte) {
		w.Header().Set("Content-Range", "bytes 0-199999/200000")
		w.WriteHeader(http.StatusPartialContent)
		w.Write(data)
	}
	dir := t.TempDir()
	src := s.source(file)
	part := src.files[0].part()
	check.WriteFile(t, dir, part, data[:70_000])
	g := getter{sources: map[string]source{"mnist": src}}
	check.Error(t, g.get(t.Context(), "mnist", dir),
		`the server sent range "bytes 0-199999/200000", want bytes 70000-|70000 of 200000 bytes are kept`)
	wantFiles(t, dir, map[string][]byte{part: data[:70_000]})
}

func TestGetCancelledGoesOnLater(t *testing.T) {
	data := big(300_000)
	s := newServer(t, map[string][]byte{file: data})
	ctx, cancel := context.WithCancel(t.Context())
	s.answer = func(w http.ResponseWriter, r *http.Request, data []byte) {
		w.Write(data[:100_000])
		w.(http.Flusher).Flush()
		<-r.Context().Done() // until the client is gone
	}
	dir := t.TempDir()
	src := s.source(file)
	g := getter{sources: map[string]source{"mnist": src}}
	g.progress = func(_ string, done, _ int64) {
		if done == 100_000 {
			cancel()
		}
	}
	err := g.get(ctx, "mnist", dir)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	check.Error(t, err, "100000 of 300000 bytes are kept")
	wantFiles(t, dir, map[string][]byte{src.files[0].part(): data[:100_000]})

	s.answer, g.progress = nil, nil
	if err := g.get(t.Context(), "mnist", dir); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, dir, map[string][]byte{file: data})
	if last := s.ranges[len(s.ranges)-1]; last != "bytes=100000-" {
		t.Errorf("the second call asked for range %q, want bytes=100000-", last)
	}
}

// Where no server answers, the error says what else to do, and no empty folders stay.
func TestGetWithoutANetwork(t *testing.T) {
	s := newServer(t, map[string][]byte{file: big(1000)})
	src := s.source(file)
	s.Close()
	above := t.TempDir()
	dir := filepath.Join(above, "data", "mnist")
	g := getter{sources: map[string]source{"mnist": src}}
	check.Error(t, g.get(t.Context(), "mnist", dir),
		file+" from "+s.URL+"|without a network, get the file elsewhere and put it into "+dir)
	wantFiles(t, above, nil)
	check.WriteFile(t, above, "mine", nil)
	check.Error(t, g.get(t.Context(), "mnist", dir), "without a network")
	wantFiles(t, above, map[string][]byte{"mine": {}})
}

func TestGetOnAFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full, which is always full, on this system")
	}
	s := newServer(t, map[string][]byte{file: big(1000)})
	dir := t.TempDir()
	src := s.source(file)
	if err := os.Symlink("/dev/full", filepath.Join(dir, src.files[0].part())); err != nil {
		t.Fatal(err)
	}
	g := getter{sources: map[string]source{"mnist": src}}
	err := g.get(t.Context(), "mnist", dir)
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("error %v, want that the disk is full", err)
	}
	check.Error(t, err, file+" from "+s.URL)
	if _, err := os.Stat(filepath.Join(dir, file)); err == nil {
		t.Error("the file is in place")
	}
}

func TestGetWhereNoFolderCanBe(t *testing.T) {
	dir := t.TempDir()
	check.WriteFile(t, dir, "taken", nil)
	g := getter{sources: map[string]source{"mnist": {files: []remote{{name: file}}}}}
	check.Error(t, g.get(t.Context(), "mnist", filepath.Join(dir, "taken")), "taken|pass another --data DIR")
	check.Error(t, g.get(t.Context(), "mnits", dir), "did you mean mnist?")
	if err := g.get(t.Context(), "fashion-sample", filepath.Join(dir, "taken")); err != nil {
		t.Errorf("the embedded sample needs nothing, but: %v", err)
	}
}

func TestGetReplacesWhatIsDamaged(t *testing.T) {
	data := big(1000)
	s := newServer(t, map[string][]byte{file: data})
	dir := t.TempDir()
	check.WriteFile(t, dir, file, data[:500])
	g := getter{sources: map[string]source{"mnist": s.source(file)}}
	if err := g.get(t.Context(), "mnist", dir); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, dir, map[string][]byte{file: data})
}

// The files of others stay, also those that look like the rest of a download, and a link goes on leading to its file.
func TestGetLeavesTheUsersFilesAlone(t *testing.T) {
	names, data := []byte("a\nb\n"), big(500)
	_, g := archiveOf(t, tarGz(entry{"set/data.bin", tar.TypeReg, data}, entry{"set/names.txt", tar.TypeReg, names}))
	parent := t.TempDir()
	dir := filepath.Join(parent, "data")
	for _, folder := range []string{".unpacking", "elsewhere"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	check.WriteFile(t, filepath.Join(dir, ".unpacking"), "notes", []byte("mine"))
	for _, mine := range []string{"set.tar.gz.part", "data.bin.part", "data.bin.partial"} {
		check.WriteFile(t, dir, mine, []byte("mine"))
	}
	if err := os.Symlink("elsewhere/data.bin", filepath.Join(dir, "data.bin")); err != nil {
		t.Skip(err)
	}
	if err := g.get(t.Context(), "cifar10", dir); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, filepath.Join(dir, ".unpacking"), map[string][]byte{"notes": []byte("mine")})
	wantFiles(t, filepath.Join(dir, "elsewhere"), map[string][]byte{"data.bin": data})
	mine := []byte("mine")
	wantFiles(t, dir, map[string][]byte{
		".unpacking": nil, "elsewhere": nil, "set.tar.gz.part": mine, "data.bin.part": mine, "data.bin.partial": mine,
		"data.bin": data, "names.txt": names, sumsFile: nil,
	})
	if target, err := os.Readlink(filepath.Join(dir, "data.bin")); err != nil || target != "elsewhere/data.bin" {
		t.Errorf("data.bin is now a link to %q, %v", target, err)
	}
}

// All but the first wait, and find everything there.
func TestGetAtOnce(t *testing.T) {
	s, g := archiveOf(t, tarGz(entry{"set/data.bin", tar.TypeReg, big(500)}, entry{"set/names.txt", tar.TypeReg, nil}))
	dir := t.TempDir()
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if err := g.get(t.Context(), "cifar10", dir); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if len(s.ranges) != 1 {
		t.Errorf("%d requests, want 1", len(s.ranges))
	}
}

func TestOwner(t *testing.T) {
	digits, fashion := sources["mnist"].files[0].sum, sources["fashion-mnist"].files[0].sum
	for _, c := range []struct{ sum, name, want string }{
		{fashion, "mnist", "fashion-mnist"}, {digits, "mnist", ""}, {digits, "fashion-mnist", "mnist"},
		{sumOf(nil), "mnist", ""},
	} {
		if got := owner(c.sum, c.name); got != c.want {
			t.Errorf("owner(%s, %s) = %q, want %q", c.sum, c.name, got, c.want)
		}
	}
}

func TestSourcesAreWellFormed(t *testing.T) {
	for name, src := range sources {
		for _, f := range src.files {
			if sum, err := hex.DecodeString(f.sum); err != nil || len(sum) != f.hash().Size() || f.size <= 0 {
				t.Errorf("%s: %+v", name, f)
			}
		}
		if !strings.HasSuffix(src.base, "/") || src.archive != nil && len(src.files) != 1 {
			t.Errorf("%s: %+v", name, src)
		}
	}
}

type entry struct {
	name string
	kind byte
	data []byte
}

func tarGz(entries ...entry) []byte {
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, e := range entries {
		w.WriteHeader(&tar.Header{Name: e.name, Typeflag: e.kind, Size: int64(len(e.data)), Mode: 0o644,
			Linkname: map[byte]string{tar.TypeSymlink: "/etc/passwd"}[e.kind]})
		w.Write(e.data)
	}
	w.Close()
	return check.Gzip(buf.Bytes())
}

// archiveOf publishes an archive whose members should be a text and a file of
// 500 bytes.
func archiveOf(t *testing.T, data []byte) (*server, getter) {
	s := newServer(t, map[string][]byte{"set.tar.gz": data})
	src := s.source("set.tar.gz")
	src.archive = &archive{"set", []member{{"names.txt", 0}, {"data.bin", 500}}}
	return s, getter{sources: map[string]source{"cifar10": src}}
}

func TestGetUnpacks(t *testing.T) {
	names, data := []byte("a\nb\n"), big(500)
	s, g := archiveOf(t, tarGz(
		entry{"set/", tar.TypeDir, nil},
		entry{"../evil", tar.TypeReg, []byte("no")},
		entry{"/tmp/evil", tar.TypeReg, []byte("no")},
		entry{"set/../../evil", tar.TypeReg, []byte("no")},
		entry{"set/link", tar.TypeSymlink, nil},
		entry{"set/data.bin", tar.TypeSymlink, nil},
		entry{"set/readme.html", tar.TypeReg, []byte("not wanted")},
		entry{"set/data.bin", tar.TypeReg, data},
		entry{"set/names.txt", tar.TypeReg, names},
	))
	parent := t.TempDir()
	dir := filepath.Join(parent, "data")
	if err := g.get(t.Context(), "cifar10", dir); err != nil {
		t.Fatal(err)
	}
	sums := []byte(sumOf(names) + "  names.txt\n" + sumOf(data) + "  data.bin\n")
	want := map[string][]byte{"names.txt": names, "data.bin": data, sumsFile: sums}
	wantFiles(t, dir, want)
	wantFiles(t, parent, map[string][]byte{"data": nil})

	if err := g.get(t.Context(), "cifar10", dir); err != nil {
		t.Fatal(err)
	}
	if len(s.ranges) != 1 {
		t.Errorf("%d requests, want 1: what is there is not downloaded again", len(s.ranges))
	}
	check.WriteFile(t, dir, "data.bin", data[1:])
	if err := g.get(t.Context(), "cifar10", dir); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, dir, want)
}

func TestGetRefusesWrongArchives(t *testing.T) {
	for _, c := range []struct {
		name    string
		archive []byte
		want    string
	}{
		{"no gzip", big(100), "gzip"},
		{"no tar", check.Gzip(big(2000)), "tar"},
		{"member missing", tarGz(entry{"set/names.txt", tar.TypeReg, nil}), "set/data.bin is not in the archive"},
		{"member too long", tarGz(entry{"set/data.bin", tar.TypeReg, big(501)}),
			"set/data.bin is of 501 bytes in the archive, want 500"},
		{"member cut", check.Gzip(append(tarHeader("set/data.bin", 500), 1, 2, 3)), "unexpected EOF"},
		{"text too long", tarGz(entry{"set/names.txt", tar.TypeReg, make([]byte, maxText+1)}),
			"set/names.txt is of 1048577 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, g := archiveOf(t, c.archive)
			dir := t.TempDir()
			check.Error(t, g.get(t.Context(), "cifar10", dir), "dataset: unpack |set.tar.gz|"+c.want)
			// verified: it needs no second download
			wantFiles(t, dir, map[string][]byte{g.sources["cifar10"].files[0].part(): c.archive})
		})
	}
}

func tarHeader(name string, size int64) []byte {
	var buf bytes.Buffer
	tar.NewWriter(&buf).WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Size: size})
	return buf.Bytes()
}

// TestSourcesAreComplete: every data set but the embedded one can be fetched.
func TestSourcesAreComplete(t *testing.T) {
	for _, name := range dataset.Names() {
		if src, ok := sources[name]; ok == (name == "fashion-sample") || ok && len(src.files) == 0 {
			t.Errorf("%s: sources %+v", name, src)
		}
	}
}
