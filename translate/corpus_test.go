package translate

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// sample is a request of the corpus.
type sample struct {
	name string
	body []byte
}

// corpus are requests of one dialect: the inputs of the vectors, what real
// clients sent, those with every single member, and some made up at random.
func corpus(tb testing.TB, d ir.Dialect) (list []sample) {
	tb.Helper()
	for _, v := range vectorFiles(tb) {
		if v.Kind == "request" && vectorDialects[v.From] == d {
			list = append(list, sample{v.Name, v.body()})
		}
	}
	for _, r := range recordings {
		for i, turn := range recording(tb, r.client) {
			if r.dialect == d {
				list = append(list, sample{fmt.Sprintf("%s-%d", r.client, i), turn.Body})
			}
		}
	}
	for _, p := range probes(tb, d) {
		list = append(list, sample{p.Path, p.request(tb, d)})
	}
	for seed := range uint64(60) {
		list = append(list, sample{fmt.Sprintf("random-%d", seed), generate(tb, d, rand.New(rand.NewPCG(seed, 7)))})
	}
	return list
}

// vectorFiles reads all vectors, but for those that belong to a platform's
// envelope.
func vectorFiles(tb testing.TB) (list []vector) {
	tb.Helper()
	for _, pattern := range []string{"testdata/vectors/*.json", "testdata/lessons/*.json"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			tb.Fatal(err)
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				tb.Fatal(err)
			}
			var v vector
			if err := json.Unmarshal(raw, &v); err != nil {
				tb.Fatalf("%s: %v", file, err)
			}
			list = append(list, v)
		}
	}
	return list
}

// body is a request vector's body.
func (v *vector) body() []byte {
	var wrapped struct{ Body json.RawMessage }
	if json.Unmarshal(v.Input, &wrapped) == nil && wrapped.Body != nil {
		return wrapped.Body
	}
	return v.Input
}

// request is the request that has the probe's member.
func (p *probe) request(tb testing.TB, d ir.Dialect) []byte {
	tb.Helper()
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte("{"+minimal[d]+"}"), &members); err != nil {
		tb.Fatal(err)
	}
	for _, set := range []map[string]json.RawMessage{p.Base, p.Set} {
		for name, raw := range set {
			members[name] = raw
		}
	}
	body, err := json.Marshal(members)
	if err != nil {
		tb.Fatal(err)
	}
	return body
}

// generator makes up requests. Every word that it writes occurs once, so that
// it can be looked for in what becomes of the request.
type generator struct {
	*rand.Rand
	n int
}

// generate writes a request of the dialect with tools, calls, results, images
// and all kinds of options.
func generate(tb testing.TB, d ir.Dialect, r *rand.Rand) []byte {
	tb.Helper()
	g := generator{Rand: r}
	req := g.request(d)
	target := ableTarget(d, able[d][0])
	target.Names = ir.NewNames(req.Tools, CodecOf(d).NameRule())
	target.Caps.FunctionCallID, target.Caps.ToolResultMedia = true, true
	body, err := CodecOf(d).AppendRequest(nil, req, target)
	if err != nil {
		tb.Fatal(err)
	}
	return body
}

// texts are what makes strings hard to carry.
var texts = []string{"plain", "späté ✓ 日本", "line\nbreak\ttab", `quote " back \ slash`, "</script>&", "\u2028sep", "emoji 👩‍👩‍👧", "{\"json\":1}", "e\u0301"}

func (g *generator) word(kind string) string {
	g.n++
	return fmt.Sprintf("%s%dq%d", kind, g.n, g.Uint64()%1e6)
}

func (g *generator) text(kind string) ir.Text {
	return ir.Plain(g.word(kind) + " " + texts[g.IntN(len(texts))])
}

func (g *generator) maybe() bool { return g.IntN(2) == 0 }

func (g *generator) request(d ir.Dialect) *ir.Request {
	req := &ir.Request{Op: ir.Generate, Dialect: d, Model: "m"}
	if g.maybe() {
		req.System = []ir.Part{{Kind: ir.PartText, Role: ir.RoleSystem, Text: g.text("system"), At: ir.Loc{Msg: -1}}}
	}
	for range g.IntN(4) {
		req.Tools = append(req.Tools, ir.Tool{
			Kind: ir.ToolFunction, Name: g.word("tool"), Description: g.text("about"), At: len(req.Tools),
			Schema: fmt.Appendf(nil, `{"type":"object","properties":{"%s":{"type":"string","description":"%s"},"%s":{"type":"integer"}}}`,
				g.word("prop"), g.word("what"), g.word("prop")),
		})
	}
	if len(req.Tools) > 0 && g.maybe() {
		req.ToolChoice = ir.ToolChoice{Mode: ir.ChoiceRequired}
	}
	g.sampling(&req.Sampling)
	for range 1 + g.IntN(4) {
		g.round(req, d)
	}
	req.Turns = append(req.Turns, ir.Turn{Role: ir.RoleUser, Parts: []ir.Part{{Kind: ir.PartText, Text: g.text("last")}}})
	return req
}

func (g *generator) sampling(s *ir.Sampling) {
	if g.maybe() {
		s.MaxOutput = ir.Some(1000 + g.IntN(3000))
	}
	if g.maybe() {
		s.Temperature = ir.Some(float64(g.IntN(9)+1) / 10)
	} else if g.maybe() {
		s.TopP = ir.Some(float64(g.IntN(9)+1) / 10)
	}
}

// round appends what a user says and what the model answers, with the calls and
// their results in any order.
func (g *generator) round(req *ir.Request, d ir.Dialect) {
	user := ir.Turn{Role: ir.RoleUser, Parts: []ir.Part{{Kind: ir.PartText, Text: g.text("user")}}}
	if g.maybe() {
		user.Parts = append(user.Parts, ir.Part{Kind: ir.PartImage, Media: &ir.Media{
			Source: ir.SourceBase64, MIME: "image/png", Data: ir.Text(base64.StdEncoding.EncodeToString([]byte("\x89PNG\r\n\x1a\n" + g.word("image")))),
		}})
	}
	answer := ir.Turn{Role: ir.RoleAssistant, Parts: []ir.Part{{Kind: ir.PartText, Text: g.text("model")}}}
	var results []ir.Part
	for range g.IntN(4) {
		if len(req.Tools) == 0 {
			break
		}
		call := &ir.ToolCall{
			ID: g.word("call_"), Name: req.Tools[g.IntN(len(req.Tools))].Name, Type: ir.TypeFunction, Native: true,
			Args: ir.Args{JSON: fmt.Appendf(nil, `{"%s":%d,"a":["%s"]}`, g.word("arg"), g.Uint64(), g.word("value"))},
		}
		answer.Parts = append(answer.Parts, ir.Part{Kind: ir.PartToolCall, Call: call})
		results = append(results, ir.Part{Kind: ir.PartToolResult, Result: &ir.ToolResult{
			CallID: call.ID, Name: call.Name, Type: ir.TypeFunction, IsError: g.IntN(4) == 0 && d == ir.Anthropic,
			Parts: []ir.Part{{Kind: ir.PartText, Text: g.text("result")}},
		}})
	}
	req.Turns = append(req.Turns, user, answer)
	if len(results) > 0 {
		req.Turns = append(req.Turns, ir.Turn{Role: ir.RoleUser, Parts: results})
	}
}
