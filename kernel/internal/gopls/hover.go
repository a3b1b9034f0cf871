package gopls

import "context"

// Hover says what the name at, or just before, the offset means, as Markdown: its declaration and documentation. Between
// the parentheses of a call, or the braces of a composite literal, and not on a name, it is the function or the type.
// Not found is no error. Errors are those of Complete.
func (c *Client) Hover(ctx context.Context, text string, offset int) (markdown string, found bool, err error) {
	ctx, done := c.begin(ctx, "hover")
	defer done()
	for _, at := range subjects(text, offset) {
		var hover struct{ Contents struct{ Value string } }
		if _, err := c.ask(ctx, "textDocument/hover", text, at, &hover); err != nil {
			return "", false, err
		}
		if hover.Contents.Value != "" {
			return hover.Contents.Value, true, nil
		}
	}
	return "", false, nil
}
