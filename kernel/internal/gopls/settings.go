package gopls

import (
	"encoding/json"
	"fmt"
	"os"
)

// settings are gopls's own, see https://go.dev/gopls/settings. Only questions may cost time: nothing is diagnosed,
// analysed or annotated unasked.
var settings = map[string]any{
	"matcher":                        "CaseInsensitive", // prefixes, as Jupyter's front ends expect
	"usePlaceholders":                false,
	"completeFunctionCalls":          false,
	"completeUnimported":             true,
	"deepCompletion":                 false,
	"experimentalPostfixCompletions": false,
	"completionBudget":               "100ms", // less, and packages that nothing imports yet are never found; see warm
	"hoverKind":                      "FullDocumentation",
	"linksInHover":                   false,
	"diagnosticsTrigger":             "Save", // and nothing is ever saved
	"staticcheck":                    false,
	"vulncheck":                      "Off",
	"semanticTokens":                 false,
	"expandWorkspaceToModule":        false,
	"analysisProgressReporting":      false,
}

func (c *Client) initializeParams() any {
	return map[string]any{
		"processId":             os.Getpid(),
		"clientInfo":            map[string]string{"name": "cnet"},
		"rootUri":               c.root,
		"workspaceFolders":      []any{map[string]string{"uri": c.root, "name": moduleName}},
		"initializationOptions": settings,
		"capabilities": map[string]any{
			"general":   map[string]any{"positionEncodings": []string{"utf-16"}},
			"workspace": map[string]any{"workspaceFolders": true},
			"textDocument": map[string]any{
				"completion": map[string]any{"completionItem": map[string]any{"snippetSupport": false}},
				"hover":      map[string]any{"contentFormat": []string{"markdown"}},
			},
		},
	}
}

// logWarning is the least of the messages to log: 1 is an error, 2 a warning, more is what gopls is busy with.
const logWarning = 2

// answer answers what gopls asks its client. It waits for these answers before it goes on.
func (c *Client) answer(method string, params json.RawMessage) (any, *rpcError) {
	switch method {
	case "workspace/configuration":
		var p struct{ Items []json.RawMessage }
		if err := json.Unmarshal(params, &p); err != nil {
			return nil, &rpcError{Code: -32602, Message: err.Error()}
		}
		result := make([]any, len(p.Items))
		for i := range result {
			result[i] = settings
		}
		return result, nil
	case "client/registerCapability", "client/unregisterCapability", "window/workDoneProgress/create",
		"window/showMessageRequest":
		return nil, nil // seen; of a message's choices, none
	case "window/logMessage", "window/showMessage":
		var p struct {
			Type    int
			Message string
		}
		if json.Unmarshal(params, &p) == nil && p.Type <= logWarning {
			fmt.Fprintf(c.log, "gopls: %s\n", p.Message)
		}
		return nil, nil
	default:
		return nil, &rpcError{Code: methodNotFound, Message: "not supported: " + method}
	}
}
