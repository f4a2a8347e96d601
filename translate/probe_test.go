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
	"strings"
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
	fate  fate
	notes []ir.Note // those that the member alone has caused
	err   *ir.Error
	model string
}

type fate string

const (
	carried fate = "translated" // the body differs, and no warning says that it means something else
	silent  fate = "silent"     // nothing differs and nothing is said
)

// observe translates a request with and without the member.
func (p *probe) observe(tb testing.TB, from, to ir.Dialect, model string) verdict {
	tb.Helper()
	before, beforeNotes, err := p.send(from, to, model, p.Base)
	if err != nil {
		tb.Fatalf("%s: the request without the member is refused by %s: %v", p.Path, to, err)
	}
	with := maps.Clone(p.Base)
	if with == nil {
		with = map[string]json.RawMessage{}
	}
	maps.Copy(with, p.Set)
	after, notes, err := p.send(from, to, model, with)
	v := verdict{model: model}
	if err != nil {
		if !errors.As(err, &v.err) {
			tb.Fatalf("%s: %v", p.Path, err)
		}
		v.fate = Required
		return v
	}
	for _, n := range notes {
		if !slices.Contains(beforeNotes, n) {
			v.notes = append(v.notes, n)
		}
	}
	switch {
	case slices.ContainsFunc(v.notes, func(n ir.Note) bool { return n.Level == ir.Warn }):
		v.fate = Semantic
	case !bytes.Equal(before, after):
		v.fate = carried
	case len(v.notes) > 0:
		v.fate = Hint
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
	out, err := encode(env, body, target, "m")
	return out, target.Notes.List(), err
}

func TestScratchObserve(t *testing.T) {
	for _, from := range benchDialects {
		for _, p := range probes(t, from) {
			var b strings.Builder
			for _, to := range benchDialects {
				if to == from { continue }
				for _, m := range able[to] {
					v := p.observe(t, from, to, m)
					b.WriteString(string(to[:2]) + ":" + string(v.fate))
					if v.err != nil { b.WriteString("(" + v.err.Message + ")") }
					for _, n := range v.notes { b.WriteString("[" + n.Code + " " + n.Path + " " + n.Detail + "]") }
					b.WriteString(" ")
				}
			}
			t.Logf("%s %s => %s", from, p.Path, b.String())
		}
	}
}
const (Required fate = "required"; Semantic fate = "semantic"; Hint fate = "hint")
