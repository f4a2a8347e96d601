package translate

import (
	"bytes"
	"net/http"
	"regexp"
	"slices"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// refusedSignature matches what the vendors say about a signature, or encrypted
// reasoning, that they do not take back.
var refusedSignature = regexp.MustCompile(`(?i)thought.?signature|signature.*thinking|invalid.?.?signature|invalid_encrypted_content|Expected .thinking|redacted_thinking`)

// CodeStripped is the note of a request that was sent again without reasoning.
const CodeStripped = "reasoning.stripped_after_400"

// RefusesSignature reports whether an upstream's error says that it does not
// accept a signature in the history. The request may then be sent once more
// without, see Call.Heal.
func RefusesSignature(e *ir.Error) bool {
	return RefusesExtra(e) || e.Status == http.StatusBadRequest && (e.Code == "invalid_encrypted_content" || refusedSignature.MatchString(e.Message))
}

// RefusesExtra reports whether a server of Chat Completions does not know the
// member in which Google's signatures stand, as strict ones say.
func RefusesExtra(e *ir.Error) bool {
	return (e.Status == http.StatusBadRequest || e.Status == http.StatusUnprocessableEntity) && bytes.Contains(e.Raw, []byte("extra_content"))
}

// Heal joins the call with an account once more, without the reasoning of
// earlier turns and without any signature. The body is decoded and written
// again, also for an upstream of the client's own dialect.
func (c *Call) Heal(t *ir.Target, model string, created int64) (Exchange, error) {
	req, err := c.request()
	if err != nil {
		return nil, err
	}
	t.Repair(CodeStripped, req.Path(ir.FieldReasoning), "")
	stripped := *c
	stripped.req, stripped.bare = withoutReasoning(req), true
	return &hub{call: &stripped, target: t, upstream: UpstreamOf(t.Dialect), model: model, created: created}, nil
}

// withoutReasoning returns a copy of the request whose turns hold neither
// thinking nor signatures.
func withoutReasoning(req *ir.Request) *ir.Request {
	out := *req
	out.Turns = slices.Clone(req.Turns)
	for i := range out.Turns {
		parts := slices.Clone(out.Turns[i].Parts)
		parts = slices.DeleteFunc(parts, func(p ir.Part) bool { return p.Kind == ir.PartThinking })
		for j := range parts {
			parts[j].Sig = nil
		}
		out.Turns[i].Parts = parts
	}
	return &out
}
