package output

import (
	"encoding/json"
	"regexp"
	"strings"
)

var (
	// scriptWord is in every script's tag and media type. The < of a tag has several forms in JSON, so it is left out.
	scriptWord = regexp.MustCompile(`(?i)script`)
	// scriptTag begins a script in HTML.
	scriptTag = regexp.MustCompile(`(?i)<script[\s/>]`)
)

// mayRun reports whether the content of a display can hold a script; text that is not one may contain the word, too.
func mayRun(content []byte) bool { return scriptWord.Match(content) }

// runs reports whether a front end runs a script when it shows the data: such a display is not only seen. GoNB's
// widgets, for example, show their script and empty the display in the next moment.
func runs(data json.RawMessage) bool {
	var bundle map[string]json.RawMessage
	if !mayRun(data) || json.Unmarshal(data, &bundle) != nil {
		return false
	}
	for mime, content := range bundle {
		switch mime {
		case "application/javascript", "text/javascript":
			return true
		case "text/html":
			if scriptTag.MatchString(joined(content)) {
				return true
			}
		}
	}
	return false
}

// joined returns a text of a display, which is a string or a list of strings.
func joined(content json.RawMessage) string {
	var whole string
	if json.Unmarshal(content, &whole) == nil {
		return whole
	}
	var parts []string
	if json.Unmarshal(content, &parts) != nil {
		return ""
	}
	return strings.Join(parts, "")
}
