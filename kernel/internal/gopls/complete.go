package gopls

import (
	"cmp"
	"context"
	"go/token"
	"slices"
	"strings"
)

// maxMatches is how many matches a completion has at most.
const maxMatches = 200

// Completion is what the text between two offsets could be replaced with, likeliest first.
type Completion struct {
	Matches    []Item
	Start, End int // bytes, in the document
}

// Item is one match.
type Item struct {
	Text   string // what to put in: an identifier, or in an import line a path
	Kind   string // "function", "method", "field", "variable", "constant", "type", "package", "keyword"...
	Detail string // its type, or the path of a package
}

// completionItem is the part of an item that matters here.
type completionItem struct {
	Kind     int
	Detail   string
	TextEdit struct{ NewText string }
}

// kinds are names for the protocol's numbers, of those that are completed to: keywords (14) and snippets (15) are not.
var kinds = map[int]string{
	2: "method", 3: "function", 4: "function", 5: "field", 6: "variable", 7: "type", 8: "interface", 9: "package",
	10: "field", 12: "constant", 17: "file", 18: "reference", 19: "folder", 20: "constant", 21: "constant",
	22: "struct", 25: "type",
}

// Complete returns the names that could stand at offset, in bytes, of the document, given what is typed of one before
// it. What starts with exactly the same letters comes before what differs in case. A document is a whole Go file; it
// need not compile. In an import path nothing is found: see [Import].
//
// The error is errOvertaken when a newer call of Complete came in, the context's own when it ended, and otherwise says
// what is wrong with gopls or with the document.
func (c *Client) Complete(ctx context.Context, text string, offset int) (Completion, error) {
	if _, _, ok := importPathAround(text, offset); ok {
		return Completion{}, nil // see Import
	}
	ctx, done := c.begin(ctx, "completion")
	defer done()
	var list struct{ Items []completionItem }
	d, err := c.ask(ctx, "textDocument/completion", text, offset, &list)
	if err != nil {
		return Completion{}, err
	}
	return newCompletion(d, offset, list.Items), nil
}

func newCompletion(d document, offset int, items []completionItem) Completion {
	start, end := identifierAround(d.original, offset)
	completion := Completion{Start: start, End: end}
	prefix := d.original[start:offset]
	seen := map[string]bool{}
	for _, item := range items {
		// The operators are those of a value where a pointer is expected, and the like.
		text := strings.TrimSuffix(strings.TrimLeft(item.TextEdit.NewText, "&*"), "...")
		kind, ok := kinds[item.Kind]
		if !ok || seen[text] || !token.IsIdentifier(text) || !hasPrefixFold(text, prefix) {
			continue
		}
		if kind == "package" && !d.offers(strings.Trim(item.Detail, `"`), prefix) {
			continue
		}
		seen[text] = true
		completion.Matches = append(completion.Matches, Item{text, kind, item.Detail})
	}
	completion.Matches = rank(completion.Matches, prefix)
	return completion
}

// rank puts first what begins with the prefix as written, and leaves out what is too much.
func rank(matches []Item, prefix string) []Item {
	slices.SortStableFunc(matches, func(a, b Item) int {
		return cmp.Compare(foreign(a.Text, prefix), foreign(b.Text, prefix))
	})
	return matches[:min(len(matches), maxMatches)]
}

// offers reports whether a package may be offered. gopls knows all that the project depends on, far and near; offered
// are those that documents import, and, once a letter of the name is there, the standard library's and the project's.
func (d document) offers(path, prefix string) bool {
	if prefix == "" {
		return d.own[path]
	}
	if _, known := slices.BinarySearch(d.known, path); known {
		return true
	}
	parts := strings.Split(path, "/")
	return !strings.Contains(parts[0], ".") && !slices.Contains(parts, "internal") && !slices.Contains(parts, "vendor")
}

// foreign returns 0 for a text that begins with the prefix as written, 1 otherwise.
func foreign(text, prefix string) int {
	if strings.HasPrefix(text, prefix) {
		return 0
	}
	return 1
}
