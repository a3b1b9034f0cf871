package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"continuousnet/kernel/internal/hook"
	"continuousnet/kernel/internal/installed"
	"continuousnet/kernel/internal/project"
	"continuousnet/kernel/internal/server"
	"continuousnet/kernel/internal/source"
	"continuousnet/kernel/internal/usermodule"
)

// goFrontName is the name under which this program stands in front of the go command in a kernel session.
const goFrontName = "go"

// Environment variables in which "kernel run" tells goFront what it needs.
const (
	envGo       = "CNET_KERNEL_GO"       // the real go command
	envCheckout = "CNET_KERNEL_CHECKOUT" // where the checkout should be
	envProxy    = "CNET_KERNEL_GOPROXY"  // the user's own GOPROXY
	envReplace  = "CNET_KERNEL_REPLACE"  // replacements for the workspace of the cells, one a line
)

// envTempDir is GoNB's name for the directory in which it builds the cells of a session.
const envTempDir = "GONB_TMP_DIR"

// buildGC lets the linker collect garbage less often: a tenth of a cell's time for 20 MB. It is not in CellEnv, because
// the cell's own process must not inherit it.
const buildGC = "400"

// goFront runs in the place of the go command in a kernel session. It passes everything on to the real go, with these
// differences:
//
//   - The "go get" that GoNB runs before every cell is left out: the workspace has what a cell may import, and without
//     a network it could only fail. It is what GoNB's %noautoget switches off, without a line in every notebook.
//   - When the checkout has gone, a cell's build says so instead of naming packages that cannot be found.
//   - A "go get PACKAGE" or "go install PACKAGE" that the user types in a cell (!*go get ...) may use the network.
func goFront(args []string) int {
	goCommand := os.Getenv(envGo)
	if goCommand == "" {
		fmt.Fprintln(os.Stderr,
			"kernel: this go belongs to the notebook kernel and works only in its sessions; "+
				"put another directory first in PATH")
		return 1
	}
	checkout := os.Getenv(envCheckout)
	inTempDir := sameFile(".", os.Getenv(envTempDir))
	checkoutThere := !inTempDir || project.Check(checkout) == nil
	if len(args) > 0 && args[0] == "build" && os.Getenv("GOGC") == "" {
		os.Setenv("GOGC", buildGC) // an optimisation: without it the build is right as well
	}
	switch planGo(args, checkoutThere) {
	case goSkip:
		return 0
	case goMoved:
		var l installed.Layout
		if executable, err := os.Executable(); err == nil {
			l, _ = installed.Of(executable)
		}
		fmt.Fprintln(os.Stderr, installed.MovedMessage(checkout, l))
		return 1
	case goOnline:
		if modules := os.Getenv("GOMODCACHE"); modules != "" && unix.Access(modules, unix.W_OK) != nil {
			fmt.Fprintf(os.Stderr, "kernel: the modules in %s are shared by several users, and you cannot add any; "+
				"ask who installed the kernel, or set GOMODCACHE to a directory of yours in Jupyter's environment\n",
				modules)
			return 1
		}
		if err := os.Setenv("GOPROXY", os.Getenv(envProxy)); err != nil {
			fmt.Fprintln(os.Stderr, "kernel:", err)
			return 1
		}
	}
	var direct hook.Direct
	ok := true
	if len(args) > 0 && inTempDir && (args[0] == "build" || args[0] == "test") && os.Getenv("GOOS") != "js" {
		if direct, ok = prepare(hook.Step(args[0])); !ok {
			return 1
		}
	}
	if replace := os.Getenv(envReplace); replace != "" && inTempDir && slices.Equal(args, []string{"work", "init"}) {
		return initWorkspace(goCommand, strings.Split(replace, "\n"))
	}
	if len(args) > 0 && args[0] == "build" && inTempDir {
		return buildCell(goCommand, args, direct)
	}
	err := syscall.Exec(goCommand, append([]string{"go"}, args...), os.Environ())
	return cannotRun(goCommand, err)
}

// prepare lets the session prepare the program that is to be built, and returns how it can be built without the go
// command. It returns false if the program is not to be built, and has said why.
func prepare(step hook.Step) (hook.Direct, bool) {
	dir, err := os.Getwd()
	if err == nil {
		var reply hook.Reply
		reply, err = hook.Ask(hook.Request{Step: step, Dir: dir})
		os.Stderr.WriteString(reply.Refusal)
		if reply.Cgo {
			os.Setenv("CGO_ENABLED", "1")
		}
		if err == nil {
			return reply.Direct, reply.Refusal == ""
		}
	}
	fmt.Fprintln(os.Stderr, "kernel:", err)
	return hook.Direct{}, false
}

// initWorkspace makes the workspace of the cells, with the replacements of the notebook's own.
func initWorkspace(goCommand string, replace []string) int {
	for _, args := range [][]string{{"work", "init"}, usermodule.Workspace{Replace: replace}.Edit()} {
		cmd := exec.Command(goCommand, args...)
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		if err := cmd.Run(); err != nil {
			if cmd.ProcessState == nil {
				return cannotRun(goCommand, err)
			}
			return cmd.ProcessState.ExitCode()
		}
	}
	return 0
}

// cannotRun says that the real go command does not run, and returns goFront's exit status.
func cannotRun(goCommand string, err error) int {
	fmt.Fprintf(os.Stderr, "kernel: cannot run %s: %v; restart the kernel, or run: go run ./kernel install\n",
		goCommand, err)
	return 1
}

// noValue matches the compiler's message that the call at the end of a cell returns nothing, which the kernel could not
// know when it put the call into one that shows its value.
var noValue = regexp.MustCompile(`(?m)^(?:\./)?(.+?):(\d+)(?::\d+)?: .*\(no value\) used as value$`)

// buildCell runs "go build" for a cell. Where the last expression has no value to be shown, it is built once more
// without showing it.
func buildCell(goCommand string, args []string, direct hook.Direct) int {
	if len(args) == 3 && args[1] == "-o" && direct.Config != "" && buildDirectly(goCommand, args[2], direct) {
		return 0
	}
	args = withLinkNames(args)
	if buildPlaced(goCommand, args, direct.Places) {
		return 0
	}
	for {
		build := exec.Command(goCommand, args...)
		output, err := build.CombinedOutput()
		if err != nil && showLess(output, nil) {
			continue
		}
		os.Stderr.Write(output)
		if err != nil && build.ProcessState == nil {
			return cannotRun(goCommand, err)
		}
		return build.ProcessState.ExitCode()
	}
}

// buildDirectly builds a cell with the compiler and the linker alone. It returns false if that fails, for whatever
// reason; the go command then says why.
func buildDirectly(goCommand, program string, direct hook.Direct) bool {
	tools := filepath.Join(filepath.Dir(filepath.Dir(goCommand)), "pkg", "tool", runtime.GOOS+"_"+runtime.GOARCH)
	const object = "cnet.a"
	defer os.Remove(object)
	defer os.Remove(placed)
	here, err := os.Getwd()
	if err != nil {
		return false
	}
	others := direct.Files[:len(direct.Files)-1]
	for {
		if !writePlaced(direct.Places) {
			return false
		}
		compile := exec.Command(filepath.Join(tools, "compile"), slices.Concat([]string{"-o", object, "-p", "main",
			"-complete", "-pack", "-trimpath", here + "=>", "-importcfg", direct.Config}, others, []string{placed})...)
		output, err := compile.CombinedOutput()
		if err == nil {
			break
		}
		if !showLess(output, direct.Places) {
			return false
		}
	}
	link := exec.Command(filepath.Join(tools, "link"), "-s", "-checklinkname=0", "-buildmode=exe", "-importcfg",
		direct.Config, "-o", program, object)
	link.Env = append(os.Environ(), "GOROOT="+filepath.Dir(filepath.Dir(goCommand))) // for the paths in stack traces
	return link.Run() == nil
}

// GoNB's file, and a copy of it that names the cells; it is no Go file for the go command.
const mainFile, placed = "main.go", "cnet.placed"

// writePlaced writes the copy.
func writePlaced(places []hook.Place) bool {
	text, err := os.ReadFile(mainFile)
	return err == nil && os.WriteFile(placed, []byte(withPlaces(string(text), places)), 0o600) == nil
}

// buildPlaced builds a cell with the go command, which is told from which cells the lines are. It returns false if that
// fails; what the compiler says is to be about GoNB's file.
func buildPlaced(goCommand string, args []string, places []hook.Place) bool {
	here, err := os.Getwd()
	if err != nil || len(places) == 0 || slices.ContainsFunc(args, func(arg string) bool {
		return strings.HasPrefix(arg, "-overlay") || strings.HasPrefix(arg, "-gcflags")
	}) {
		return false
	}
	const overlay = "cnet.overlay"
	defer os.Remove(overlay)
	defer os.Remove(placed)
	text, err := json.Marshal(map[string]map[string]string{
		"Replace": {filepath.Join(here, mainFile): filepath.Join(here, placed)},
	})
	if err != nil || os.WriteFile(overlay, text, 0o600) != nil {
		return false
	}
	args = slices.Insert(slices.Clone(args), 1, "-overlay="+overlay, "-gcflags=-trimpath="+here+"=>")
	for {
		if !writePlaced(places) {
			return false
		}
		output, err := exec.Command(goCommand, args...).CombinedOutput()
		if err == nil {
			os.Stderr.Write(output)
			return true
		}
		if !showLess(output, places) {
			return false
		}
	}
}

// withLinkNames lets the linker accept package values/kept, which uses the runtime's own list of exit functions.
func withLinkNames(args []string) []string {
	const flag, name = "-checklinkname=0", "-ldflags"
	args = slices.Clone(args)
	for i := len(args) - 1; i > 0; i-- {
		flags, ok := strings.CutPrefix(strings.TrimPrefix(args[i], "-"), strings.TrimPrefix(name, "-"))
		switch {
		case !ok || !strings.HasPrefix(args[i], "-"):
		case flags == "" && i+1 < len(args):
			args[i+1] += " " + flag
			return args
		case strings.HasPrefix(flags, "="):
			args[i] += " " + flag
			return args
		}
	}
	return slices.Insert(args, 1, name+"=-s "+flag) // -s as in the flags of all cells
}

// withPlaces tells the compiler from which files the lines of a text are, by line directives.
func withPlaces(text string, places []hook.Place) string {
	lines := strings.Split(text, "\n")
	for _, p := range places {
		if p.Line <= len(lines) {
			line := lines[p.Line-1]
			code := strings.TrimLeft(line, " \t")
			lines[p.Line-1] = fmt.Sprintf("%s/*line %s:%d*/%s", line[:len(line)-len(code)], p.File, p.At, code)
		}
	}
	return strings.Join(lines, "\n")
}

// lineOf returns the line of main.go that the compiler knows as a line of another file: the last, as a call of show is.
func lineOf(file string, line int, places []hook.Place) int {
	end := math.MaxInt
	for _, p := range slices.Backward(places) {
		if found := p.Line + line - p.At; p.File == file && line >= p.At && found < end {
			return found
		}
		end = p.Line
	}
	return line
}

// showLess takes the call of show away from main.go if the compiler complained about it; else it returns false.
func showLess(output []byte, places []hook.Place) bool {
	match := noValue.FindSubmatch(output)
	if match == nil {
		return false
	}
	line, err := strconv.Atoi(string(match[2]))
	if err != nil {
		return false
	}
	line = lineOf(string(match[1]), line, places)
	text, err := os.ReadFile(mainFile)
	if err != nil {
		return false
	}
	changed, ok := source.Unshow(string(text), server.ShowCall, line)
	return ok && os.WriteFile(mainFile, []byte(changed), 0o600) == nil
}

type goPlan int

const (
	goPass   goPlan = iota // run the real go
	goSkip                 // do nothing, successfully
	goMoved                // fail: the checkout has gone
	goOnline               // run the real go with the user's GOPROXY
)

// planGo decides by the command line alone: bash replaces itself with the last command of a cell's "!", so that a
// parent process would not tell GoNB from the user. A "go get" without packages is GoNB's; gopls runs neither.
func planGo(args []string, checkoutThere bool) goPlan {
	if len(args) == 0 {
		return goPass
	}
	if !checkoutThere && slices.Contains([]string{"get", "build", "test"}, args[0]) {
		return goMoved
	}
	if args[0] == "get" || args[0] == "install" {
		if slices.ContainsFunc(args[1:], func(arg string) bool { return !strings.HasPrefix(arg, "-") }) {
			return goOnline
		}
	}
	if slices.Equal(args, []string{"get"}) || slices.Equal(args, []string{"get", "-t"}) {
		return goSkip
	}
	return goPass
}

// goplsFrontName is the name under which this program stands in front of gopls in a kernel session.
const goplsFrontName = "gopls"

// goplsFront runs in the place of gopls in a kernel session. The server that GoNB starts, wherever it finds a gopls,
// would take some hundred megabytes for nothing: the kernel has its own. Everything else is passed on.
func goplsFront(args []string) int {
	if len(args) > 0 && args[0] == "-listen" {
		return 0
	}
	return runInstalled(goplsFrontName, args)
}

// runInstalled makes this process a program that was installed with the kernel. It returns only if that fails, with the
// exit status.
func runInstalled(name string, args []string) int {
	executable, err := os.Executable()
	if err == nil {
		l, _ := installed.Of(executable)
		err = syscall.Exec(l.Bin(name), append([]string{name}, args...), os.Environ())
	}
	fmt.Fprintf(os.Stderr, "kernel: cannot run %s: %v; run: go run ./kernel install\n", name, err)
	return 1
}

func sameFile(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}
