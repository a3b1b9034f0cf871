package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"continuousnet/cnet/dataset"
)

// The stories of notebooks/stories.md are run as they stand there, with data of their form and small size.

// story returns the commands and the Go program of a section of the stories.
func story(t *testing.T, title string) (commands []string, program string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "notebooks", "stories.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(text), "\n## "+title+"\n")
	if !ok {
		t.Fatalf("there is no story %q", title)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	for line := range strings.Lines(section) {
		if command, ok := strings.CutPrefix(line, "    bin/cnet "); ok {
			commands = append(commands, strings.TrimSpace(command))
		}
	}
	if _, program, ok = strings.Cut(section, "```go\n"); ok {
		program, _, _ = strings.Cut(program, "```")
	}
	return commands, program
}

// tell runs the commands and returns what each has printed.
func tell(t *testing.T, commands []string) (said []string) {
	t.Helper()
	for _, c := range commands {
		out, _ := mustRun(t, strings.Fields(c)...)
		said = append(said, out)
	}
	return said
}

func TestStoryOfPhotos(t *testing.T) {
	commands, _ := story(t, "Photos of one's own")
	t.Chdir(t.TempDir())
	photos(t, "photos", 30)
	tell(t, commands)
	for _, name := range []string{"sheet.png", "confusion.png", "mine.onnx", "results/mine/history.png"} {
		if info, err := os.Stat(name); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	out, _ := mustRun(t, "eval", "mine", "--json")
	if accuracy := object(t, out)["test_accuracy"].(float64); accuracy < 0.9 {
		t.Errorf("the accuracy is %g in the end", accuracy)
	}
	out, _ = mustRun(t, "predict", "mine", "photos/left/0.png", "photos/right/1.png", "--json")
	if list := objects(t, out); list[0]["class"] != "left" || list[1]["class"] != "right" {
		t.Errorf("the photos are %v", list)
	}
}

func TestStoryOfPoints(t *testing.T) {
	_, program := story(t, "Points of one's own, a rate of one's own")
	dir := t.TempDir()
	source, binary := filepath.Join(dir, "main.go"), filepath.Join(dir, "program")
	if err := os.WriteFile(source, []byte(program), 0o666); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "build", "-o", binary, source).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Chdir(dir)
	table := "x,y,class\n"
	points := dataset.Circles(400, 0.05, 0.5, 3)
	for i, x := range points.X {
		table += fmt.Sprintf("%g,%g,%s\n", x[0], x[1], []string{"outside", "inside"}[points.Labels[i]])
	}
	if err := os.WriteFile("points.csv", []byte(table), 0o666); err != nil {
		t.Fatal(err)
	}
	first, err := exec.Command(binary).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, first)
	}
	var net string
	var accuracy, of int
	said := strings.SplitN(string(first), ": ", 2)
	if net = said[0]; net != "2 dopri5, rate swirl" {
		t.Errorf("the net is %q", net)
	}
	if _, err := fmt.Sscanf(said[1], "%d %% of %d points", &accuracy, &of); err != nil || accuracy < 95 || of < 50 {
		t.Errorf("%v: %s", err, first)
	}
	again, err := exec.Command(binary).CombinedOutput()
	if err != nil || !bytes.Equal(again, first) {
		t.Errorf("the second time: %v\n%s\nthe first time:\n%s", err, again, first)
	}
}

// What PyTorch has trained is as good here. Without PyTorch (CNET_TEST_TORCH names a Python that has it) a run plays
// its part, whose file has the names and shapes of the original's state_dict as well.
func TestStoryOfMovingOver(t *testing.T) {
	commands, _ := story(t, "Moving over from PyTorch")
	script, err := filepath.Abs(filepath.Join("testdata", "moving.py"))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	stripes(t, "cifar-10-batches-py", 400, 200)
	right := 0
	if python := os.Getenv("CNET_TEST_TORCH"); python != "" {
		cmd := exec.Command(python, script, "cifar-10-batches-py")
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		if right, err = strconv.Atoi(strings.TrimSpace(string(out))); err != nil {
			t.Fatal(err)
		}
	} else {
		mustRun(t, "train", "--dataset", "cifar-10-batches-py", "--scheme", "midpoint", "--alpha", "4",
			"--batch-size", "20", "--lr", "0.01", "--lr-schedule", "constant", "--augment=false", "--epochs", "4",
			"--run", "torch")
		out, _ := mustRun(t, "eval", "torch", "--json")
		right = rightOf(t, out)
		mustRun(t, "export", "torch", "net.npz")
	}
	if right < 100 {
		t.Errorf("%d of 200 right: nothing was learnt that could move over", right)
	}
	tell(t, commands[:1])
	out, _ := mustRun(t, append(strings.Fields(commands[1]), "--json")...)
	if got := rightOf(t, out); got != right {
		t.Errorf("%d right, and %d where it comes from", got, right)
	}
	tell(t, commands[1:])
	out, _ = mustRun(t, "eval", "moved", "--json")
	trained := rightOf(t, out)
	if trained < right {
		t.Errorf("%d right after two epochs more, %d before", trained, right)
	}
	tell(t, []string{strings.NewReplacer("net.npz", "back.npz", "moved", "back").Replace(commands[0])})
	out, _ = mustRun(t, "eval", "back", "--json")
	if got := rightOf(t, out); got != trained {
		t.Errorf("%d right in the file that goes back, and %d in the run", got, trained)
	}
}

// rightOf returns the number of images that are classified right, from what eval --json says.
func rightOf(t *testing.T, out string) int {
	t.Helper()
	o := object(t, out)
	return int(math.Round(o["test_accuracy"].(float64) * o["images"].(float64)))
}

// stripes writes images in the form of CIFAR-10's pickles: noisy stripes whose width and colour are those of the class.
func stripes(t *testing.T, dir string, train, test int) {
	t.Helper()
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	write := func(name string, n int) {
		var planes, labels []byte
		for i := range n {
			class := i % 10
			for colour := range 3 {
				for p := range 32 * 32 {
					v := 60 + rng.IntN(60)
					if (p/(1+class/3))%2 == 0 && colour == class%3 {
						v += 100
					}
					planes = append(planes, byte(v))
				}
			}
			labels = append(labels, byte(class))
		}
		if err := os.WriteFile(filepath.Join(dir, name), cifarPickle(planes, labels), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("data_batch_1", train)
	write("test_batch", test)
}

// cifarPickle is a dict with images, [n, 3072], and labels, as numpy and pickle write it in protocol 2.
func cifarPickle(planes, labels []byte) []byte {
	var b bytes.Buffer
	short := func(s string) { fmt.Fprintf(&b, "U%c%s", len(s), s) }
	b.WriteString("\x80\x02}(")
	short("labels")
	b.WriteString("](")
	for _, label := range labels {
		b.WriteString("K" + string(rune(label)))
	}
	b.WriteString("e")
	short("data")
	b.WriteString("cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01J")
	b.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(labels))))
	b.WriteString("M\x00\x0c\x86cnumpy\ndtype\n")
	short("u1")
	b.WriteString("K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T")
	b.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(planes))))
	b.Write(planes)
	b.WriteString("tbu.")
	return b.Bytes()
}
