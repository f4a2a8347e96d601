package translate

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"os"
	"slices"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/caps"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// probe is a member of a request with a value for it: Set are the members that
// a request has with it, Base those that it has without.
type probe struct {
	Path      string
	Set, Base map[string]json.RawMessage
}

// probes reads those of a dialect.
func probes(tb testing.TB, d ir.Dialect) (list []probe) {
	tb.Helper()
	raw, err := os.ReadFile("testdata/fields/" + string(d) + ".jsonl")
	if err != nil {
		tb.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(raw))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var p probe
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			tb.Fatalf("%s: %v in %s", d, err, lines.Bytes())
		}
		list = append(list, p)
	}
	return list
}

// able are models that can do most of what their dialect has words for.
var able = map[ir.Dialect][]string{
	ir.Chat:      {"gpt-4.1", "gpt-5.6"},
	ir.Responses: {"gpt-4.1", "gpt-5.6"},
	ir.Anthropic: {"claude-sonnet-4-5", "claude-opus-4-8"},
	ir.Gemini:    {"gemini-2.5-flash", "gemini-3-flash-preview"},
}

func ableTarget(d ir.Dialect, model string) *ir.Target {
	provider := vendors[d]
	return &ir.Target{Dialect: d, Provider: provider, Model: model, Caps: caps.Of(provider, d, model), Notes: &ir.Notes{}}
}

// verdict is what became of a member on the way to another dialect.
type verdict struct {
	fate  Fate
	notes []ir.Note // those that the member alone has caused
	err   *ir.Error
}

// silent is what must not be: nothing differs and nothing is said.
const silent Fate = "silent"

// observe translates a request with and without the member.
func (p *probe) observe(tb testing.TB, from, to ir.Dialect, model string) verdict {
	tb.Helper()
	before, beforeNotes, err := p.send(from, to, model, p.Base)
	if e := (*ir.Error)(nil); errors.As(err, &e) {
		return verdict{fate: FateRequired, err: e} // what holds the member is refused already
	}
	with := maps.Clone(p.Base)
	if with == nil {
		with = map[string]json.RawMessage{}
	}
	maps.Copy(with, p.Set)
	after, notes, err := p.send(from, to, model, with)
	var v verdict
	if err != nil {
		if !errors.As(err, &v.err) {
			tb.Fatalf("%s: %v", p.Path, err)
		}
		v.fate = FateRequired
		return v
	}
	for _, n := range notes {
		if !slices.Contains(beforeNotes, n) {
			v.notes = append(v.notes, n)
		}
	}
	switch {
	case slices.ContainsFunc(v.notes, func(n ir.Note) bool { return n.Level == ir.Warn }):
		v.fate = FateSemantic
	case !bytes.Equal(before, after):
		v.fate = FateTranslated
	case len(v.notes) > 0:
		v.fate = FateHint
	default:
		v.fate = silent
	}
	return v
}

func (p *probe) send(from, to ir.Dialect, model string, set map[string]json.RawMessage) ([]byte, []ir.Note, error) {
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte("{"+minimal[from]+"}"), &members); err != nil {
		return nil, nil, err
	}
	maps.Copy(members, set)
	body, err := json.Marshal(members)
	if err != nil {
		return nil, nil, err
	}
	env := &ir.Envelope{Op: ir.Generate, Dialect: from, Header: http.Header{}}
	if from == ir.Gemini {
		env.Model = "m"
	}
	target := ableTarget(to, model)
	out, err := upstreamBody(env, body, target, "m")
	return out, target.Notes.List(), err
}

// upstreamBody is what the target is sent for a client's body.
func upstreamBody(env *ir.Envelope, body []byte, target *ir.Target, model string) ([]byte, error) {
	call, err := NewCall(env, body)
	if err != nil {
		return nil, err
	}
	return call.For(target, model, 1770000000).Request(nil)
}
