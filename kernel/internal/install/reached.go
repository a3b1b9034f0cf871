package install

import (
	"fmt"

	"continuousnet/kernel/internal/program"
	"continuousnet/kernel/internal/project"
)

// GoNB composes the program of a cell of all that cells have declared, twice, and parses it as often, which in a long
// notebook takes a tenth of a cell's time. It is therefore built with a copy of itself that composes what the session
// has listed beside the program (program.ReachedFile). It keeps all declarations as before. And main begins with a call
// that a name of a cell does not hide (program.FlagsCall).
const (
	composeFile = "internal/goexec/parser.go"
	mainFile    = "internal/goexec/composer.go"
	storeFile   = "internal/goexec/execcode.go"
)

// composeReached lets GoNB's composing begin with the declarations that are listed.
func composeReached(text []byte) ([]byte, error) {
	text, ok := edit(text,
		[2]string{"\t\"os\"\n", "\t\"os\"\n\t\"path\"\n"},
		[2]string{"\tupdatedDecls = s.Definitions.Copy()\n", "\tupdatedDecls = s.reached()\n"},
		[2]string{"{ flag.Parse() }", "{ " + program.FlagsCall + " }"})
	if !ok {
		return nil, unknownComposing(composeFile)
	}
	return fmt.Appendf(text, reachedFunc, program.ReachedFile), nil
}

// callFlags lets main begin with [program.FlagsCall].
func callFlags(text []byte) ([]byte, error) {
	text, ok := edit(text,
		[2]string{`"func main() {\n\tflag.Parse()\n"`, `"func main() {\n\t` + program.FlagsCall + `\n"`},
		[2]string{"`func main() {\n\tflag.Parse()\n", "`func main() {\n\t" + program.FlagsCall + "\n"})
	if !ok {
		return nil, unknownComposing(mainFile)
	}
	return text, nil
}

// storeAll lets GoNB keep the declarations that were not composed.
func storeAll(text []byte) ([]byte, error) {
	text, ok := edit(text,
		[2]string{"\ts.Definitions = updatedDecls\n", "\ts.Definitions.MergeFrom(updatedDecls)\n"})
	if !ok {
		return nil, unknownComposing(storeFile)
	}
	return text, nil
}

func unknownComposing(file string) error {
	return fmt.Errorf("%s of %s is not the one that this kernel knows: where it composes programs, it would compose "+
		"all declarations; adapt reached.go to the version in %s", file, gonbModule, project.ToolsModule)
}

const reachedFunc = `
// reached returns a copy of the declarations that the program of a cell needs: all imports, and what the file %[1]s
// beside the program lists, one a line, as a kind and a key. Without the file it returns all declarations.
func (s *State) reached() *Declarations {
	list, err := os.ReadFile(path.Join(s.TempDir, %[1]q))
	if err != nil {
		return s.Definitions.Copy()
	}
	d := NewDeclarations()
	copyMap(d.Imports, s.Definitions.Imports)
	for _, line := range strings.Split(string(list), "\n") {
		kind, key, _ := strings.Cut(line, " ")
		switch kind {
		case "func":
			copyKey(d.Functions, s.Definitions.Functions, key)
		case "var":
			copyKey(d.Variables, s.Definitions.Variables, key)
		case "type":
			copyKey(d.Types, s.Definitions.Types, key)
		case "const":
			copyKey(d.Constants, s.Definitions.Constants, key)
		}
	}
	return d
}

func copyKey[V any](dst, src map[string]V, key string) {
	if v, found := src[key]; found {
		dst[key] = v
	}
}
`
