package gemini

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// RelayRequest appends a client's body for an upstream of the same dialect. The
// model is in the path, so the body stays as it is, unless it names another
// model besides or holds signatures that the account cannot take back.
func (Codec) RelayRequest(dst, body []byte, env *ir.Envelope, t *ir.Target) ([]byte, error) {
	edits := renameModels(body, env, t.Model)
	if clean := foreign(body, env, t); clean != keepAll {
		edits = append(edits, cleanSignatures(body, env, t, clean)...)
		slices.SortFunc(edits, func(a, b edit) int { return a.from - b.from })
	}
	if len(edits) == 0 && len(dst) == 0 {
		return body, nil
	}
	dst = slices.Grow(dst, len(body)+64)
	at := 0
	for _, e := range edits {
		dst = append(dst, body[at:e.from]...)
		dst = append(dst, e.with...)
		at = e.to
	}
	return append(dst, body[at:]...), nil
}

// edit replaces a piece of the body.
type edit struct {
	from, to int
	with     string
}

// renameModels finds where a body names a model other than the account's: by
// the client's name, or one that is not even that of the path. Keys, prices and
// accounts go by the path, so that no upstream may go by the body.
func renameModels(body []byte, env *ir.Envelope, model string) []edit {
	model = strings.TrimPrefix(model, "models/")
	resource := model
	if !strings.HasPrefix(model, "tunedModels/") {
		resource = "models/" + model
	}
	name := string(ir.AppendQuoted(nil, resource))
	var edits []edit
	if at := env.ModelAt; at.Len() > 0 && !isModel(body[at.Start:at.End], model) {
		edits = append(edits, edit{at.Start, at.End, name})
	}
	if env.Op == ir.Generate {
		return edits
	}
	var r jsonx.Reader
	r.Reset(body)
	inside := func() {
		for in := r.Object(); in && r.Member(); {
			if r.Key() == "model" && r.Kind() == jsonx.String {
				from := r.Offset()
				r.Skip()
				if !isModel(body[from:r.Offset()], model) {
					edits = append(edits, edit{from, r.Offset(), name})
				}
			}
		}
	}
	for in := r.Object(); in && r.Member(); {
		switch camel(r.Key()) {
		case "generateContentRequest": // countTokens
			inside()
		case "requests": // batchEmbedContents
			for in := r.Array(); in && r.Element(); {
				inside()
			}
		}
	}
	if r.End() != nil {
		return nil // the upstream will say so
	}
	return edits
}

// isModel reports whether a JSON string is the model's name, or its name as a
// resource, such as models/gemini-2.5-pro.
func isModel(raw []byte, model string) bool {
	rest, found := bytes.CutSuffix(raw, []byte(model+`"`))
	return found && len(rest) > 0 && (len(rest) == 1 || rest[len(rest)-1] == '/')
}

// cleaning tells which signatures must go.
type cleaning uint8

const (
	keepAll   cleaning = iota
	dropAlien          // carriers that this account has not made
	dropAll            // all: they are of another account, or nobody knows of which
)

// foreign tells whether the body's signatures fit the account: not when the
// session was bound to another one, and not for certain when nobody knows where
// the history of a Gemini CLI comes from, which keeps no provenance.
func foreign(body []byte, env *ir.Envelope, t *ir.Target) cleaning {
	switch {
	case !env.Outline.Has(body, ir.WordSigned):
		return keepAll
	case t.Scope != "" && t.Bound != "" && t.Bound != t.Scope,
		t.Scope != "" && t.Bound == "" && isGeminiCLI(body, env):
		return dropAll
	case env.Outline.Has(body, ir.WordCarrier):
		return dropAlien
	}
	return keepAll
}

var projectDir = regexp.MustCompile(`/\.gemini/tmp/[A-Fa-f0-9]{64}`)

// isGeminiCLI recognises Gemini CLI by its header or by the directory that its
// first message names.
func isGeminiCLI(body []byte, env *ir.Envelope) bool {
	if strings.TrimSpace(env.Header.Get("X-Gemini-Api-Privileged-User-Id")) != "" {
		return true
	}
	return bytes.Contains(body, []byte("/.gemini/tmp/")) && projectDir.Match(body)
}

// cleanSignatures removes signatures from the parts of contents, and signs the
// first call of each model turn with the sentinel where the model insists. What
// has the same name inside of arguments and results is the client's data.
func cleanSignatures(body []byte, env *ir.Envelope, t *ir.Target, clean cleaning) []edit {
	c := cleaner{body: body, target: t, clean: clean}
	r := &c.r
	r.Reset(body)
	r.Recall(&env.Outline)
	for in := r.Object(); in && r.Member(); {
		if r.Key() != "contents" {
			continue
		}
		if r.Kind() == jsonx.Object {
			c.content()
			continue
		}
		for in := r.Array(); in && r.Element(); {
			c.content()
		}
	}
	if r.End() != nil {
		return nil // the upstream will say so
	}
	return c.edits
}

// cleaner walks the contents and collects what must be changed.
type cleaner struct {
	r      jsonx.Reader
	body   []byte
	target *ir.Target
	clean  cleaning
	edits  []edit
	called bool // the turn has a call already
}

func (c *cleaner) content() {
	c.called = false
	for in := c.r.Object(); in && c.r.Member(); {
		if c.r.Key() != "parts" || c.r.Kind() != jsonx.Array {
			continue
		}
		for in := c.r.Array(); in && c.r.Element(); {
			if c.r.Kind() == jsonx.Object {
				c.part()
			}
		}
	}
}

// part cleans one part.
func (c *cleaner) part() {
	r := &c.r
	end := r.Offset() + 1 // behind what comes before a member: the brace or a value
	first, call, keep, empty := true, false, false, true
	member, value := edit{from: -1}, edit{}
	for in := r.Object(); in && r.Member(); first = false {
		at := r.Offset()
		key := r.Key()
		if name := camel(key); name == "thoughtSignature" && r.Kind() == jsonx.String {
			value.with, keep = c.verdict(r.String())
			value.from, value.to = at, r.Offset()
			member = edit{from: end, to: value.to}
			if first {
				member.to = c.behindComma(value.to)
			}
		} else {
			call = call || name == "functionCall"
			empty = empty && name == "thought"
			r.Skip()
		}
		end = r.Offset()
	}
	needed := call && !c.called && c.target.Caps.Validated
	c.called = c.called || call
	switch {
	case keep && value.with != "", !keep && needed && member.from >= 0:
		if !keep {
			value.with = `"` + ir.Sentinel + `"`
		}
		c.edits = append(c.edits, value)
	case keep:
	case needed:
		c.edits = append(c.edits, edit{end, end, `,"thoughtSignature":"` + ir.Sentinel + `"`})
	case member.from >= 0:
		if empty { // a part must say something, if only nothing
			member.to, member.with = value.to, `"text":""`
			if c.body[member.from-1] != '{' {
				member.with = "," + member.with
			}
		}
		c.edits = append(c.edits, member)
	}
}

// behindComma is the offset behind the comma that follows a value, or of what
// else follows.
func (c *cleaner) behindComma(at int) int {
	rest := bytes.TrimLeft(c.body[at:], " \r\n\t")
	if len(rest) > 0 && rest[0] == ',' {
		return len(c.body) - len(rest) + 1
	}
	return at
}

// verdict tells whether a signature may stay, and what, as JSON, must stand in
// its place: a carrier of this account's own signature is unpacked.
func (c *cleaner) verdict(value string) (with string, keep bool) {
	s := ir.ParseSig(value, "", "")
	switch {
	case s == nil:
		return "", false
	case s.Value == value:
		return "", c.clean != dropAll || s.Family == ir.SigSentinel
	case c.target.Accepts(s, ir.SigGemini, ir.SigGemini):
		return string(ir.AppendQuoted(nil, s.Value)), true
	}
	return "", false
}
