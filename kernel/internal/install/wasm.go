package install

import (
	"fmt"

	"continuousnet/kernel/internal/project"
)

// wasmFile is where GoNB looks for the script that starts a WebAssembly program, which Go has had in another directory
// since version 1.24.
const wasmFile = "internal/goexec/wasm.go"

// wasmScript lets GoNB find the script.
func wasmScript(text []byte) ([]byte, error) {
	text, ok := edit(text, [2]string{`"misc", "wasm", "wasm_exec.js"`, `"lib", "wasm", "wasm_exec.js"`})
	if !ok {
		return nil, fmt.Errorf("%s of %s is not the one that this kernel knows: %%wasm might not find wasm_exec.js; "+
			"adapt wasm.go to the version in %s", wasmFile, gonbModule, project.ToolsModule)
	}
	return text, nil
}
