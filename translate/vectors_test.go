package translate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/caps"
	"github.com/caddy-ai-gateway/ai-gateway/translate/embed"
	"github.com/caddy-ai-gateway/ai-gateway/translate/envelope"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/session"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

// vector is one case: what one dialect says and what another must say for it.
type vector struct {
	Name, From, To, Kind string
	Ctx                  struct {
		Model       string
		ClientModel string `json:"client_model"`
		Platform    string
		Scope       string
		BoundScope  string `json:"bound_scope"`
		Caps        map[string]json.RawMessage
		Strict      bool
		Request     json.RawMessage `json:"client_request"`
		Tenant      string
		KeyID       string `json:"api_key_id"`
		Config      struct {
			Project string
			Repair  bool
		}
		Store map[string]struct{ Input, Output json.RawMessage }
	}
	Input    json.RawMessage
	Expected json.RawMessage
	Notes    []string `json:"expected_notes"`
	Match    string
}

var vectorDialects = map[string]ir.Dialect{
	"openai-chat": ir.Chat, "openai-responses": ir.Responses, "anthropic": ir.Anthropic, "gemini": ir.Gemini,
	"gemini-vertex": ir.Gemini, "anthropic-vertex": ir.Anthropic, "gemini-codeassist": ir.Gemini,
}

var platforms = map[string]string{
	"ai-studio": "gemini", "openai-compatible": "openai_compatible", "openai": "openai", "anthropic": "anthropic", "vertex": "vertex",
	"code-assist": "code_assist", "chatgpt-codex": "openai",
}

// vectorCaps are the capabilities that vectors override.
var vectorCaps = map[string]func(*ir.Caps) any{
	"max_output":        func(c *ir.Caps) any { return &c.MaxOutput },
	"prefill":           func(c *ir.Caps) any { return &c.Prefill },
	"function_call_id":  func(c *ir.Caps) any { return &c.FunctionCallID },
	"levels":            func(c *ir.Caps) any { return &c.Levels },
	"system_first_only": func(c *ir.Caps) any { return &c.SystemFirstOnly },
	"structured_output": func(c *ir.Caps) any { return &c.StructuredOutput },
}

func TestVectors(t *testing.T) {
	files, err := filepath.Glob("testdata/vectors/*.json")
	if err != nil || len(files) < 118 {
		t.Fatalf("found %d vectors, %v", len(files), err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var v vector
		if err := json.Unmarshal(raw, &v); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		t.Run(v.Kind+"/"+v.Name, func(t *testing.T) {
			if problem := v.run(); problem != "" {
				t.Error(problem)
			}
		})
	}
}

// run returns what is wrong, or "".
func (v *vector) run() string {
	if v.Kind == "session" {
		return v.runSession()
	}
	if vectorDialects[v.From] == "" || vectorDialects[v.To] == "" {
		return "there is no support for " + v.From + " to " + v.To + " (" + v.Kind + ")"
	}
	switch v.Kind {
	case "request":
		return v.runRequest()
	case "response":
		return v.runResponse()
	case "stream":
		return v.runStream()
	default:
		return v.runError()
	}
}

func (v *vector) target(d ir.Dialect) *ir.Target {
	provider := platforms[v.Ctx.Platform]
	if provider == "" {
		provider = map[ir.Dialect]string{ir.Chat: "openai", ir.Responses: "openai", ir.Anthropic: "anthropic", ir.Gemini: "gemini"}[d]
	}
	c := caps.Of(provider, d, v.Ctx.Model)
	c.Repair, c.Codex = v.Ctx.Config.Repair, v.Ctx.Platform == "chatgpt-codex"
	for name, raw := range v.Ctx.Caps {
		if err := json.Unmarshal(raw, vectorCaps[name](&c)); err != nil {
			panic(err)
		}
	}
	return &ir.Target{
		Dialect: d, Provider: provider, Model: v.Ctx.Model, Caps: c, Scope: v.Ctx.Scope, Bound: v.Ctx.BoundScope,
		Strict: v.Ctx.Strict, Notes: &ir.Notes{},
	}
}

func (v *vector) runRequest() string {
	body, path := v.Input, ""
	header := http.Header{}
	var wrapped struct {
		Body    json.RawMessage
		Path    string
		Headers map[string]string
	}
	if json.Unmarshal(v.Input, &wrapped) == nil && wrapped.Body != nil {
		body, path = wrapped.Body, wrapped.Path
		for k, val := range wrapped.Headers {
			header.Set(k, val)
		}
	}
	env := &ir.Envelope{Op: ir.Generate, Dialect: vectorDialects[v.From], Header: header}
	if strings.Contains(path, "count") || strings.HasSuffix(path, "/input_tokens") {
		env.Op = ir.CountTokens
	}
	if env.Dialect == ir.Gemini {
		env.Model, env.Stream = v.Ctx.ClientModel, strings.Contains(path, "stream")
	}
	if v.From == codeAssist {
		opened, err := envelope.Open(body)
		if err != nil {
			return err.Error()
		}
		body, env.Model, env.Unwrapped = opened.Body, opened.Model, true
	}
	target := v.target(vectorDialects[v.To])
	if strings.HasSuffix(path, "/embeddings") {
		return v.runEmbedding(body, target)
	}
	got, err := v.encode(env, body, target)
	if err == nil {
		got, err = v.wrap(got)
	}
	if err != nil {
		e := asError(err)
		got = CodecOf(env.Dialect).AppendError(nil, e, "req_1")
		got = []byte(`{"status":` + strconv.Itoa(e.Status) + `,"error":` + string(got) + `}`)
	}
	expected := v.Expected
	var outer struct{ Body json.RawMessage }
	if json.Unmarshal(expected, &outer) == nil && outer.Body != nil {
		expected = outer.Body
	}
	if problem := compare(expected, got, v.Match); problem != "" {
		return problem
	}
	return v.compareNotes(target.Notes)
}

// runEmbedding compares the path's last word too.
func (v *vector) runEmbedding(body []byte, target *ir.Target) string {
	x, err := embed.New(vectorDialects[v.From], body, false).For(target)
	if err != nil {
		return err.Error()
	}
	var want struct {
		Path string
		Body json.RawMessage
	}
	if err := json.Unmarshal(v.Expected, &want); err != nil {
		return err.Error()
	}
	if len(x.Batches) != 1 || !strings.HasSuffix(want.Path, ":"+x.Batches[0].Action) {
		return fmt.Sprintf("got %d batches, the first for %s", len(x.Batches), x.Batches[0].Action)
	}
	return compare(want.Body, x.Batches[0].Body, v.Match)
}

const codeAssist = "gemini-codeassist"

// wrap puts a body into the envelope of the platform that it is for, as its
// provider does.
func (v *vector) wrap(body []byte) ([]byte, error) {
	switch v.To {
	case "anthropic-vertex":
		return envelope.Vertex(body, false)
	case codeAssist:
		return envelope.CodeAssist{Model: v.Ctx.Model, Project: v.Ctx.Config.Project, Prompt: "req_1"}.Wrap(body)
	}
	return body, nil
}

// unwrap takes an answer or a frame out of the envelope of its platform.
func (v *vector) unwrap(data []byte) []byte {
	if v.From != codeAssist {
		return data
	}
	return envelope.Unwrap(nil, data)
}

func (v *vector) runSession() string {
	var in struct {
		Body    json.RawMessage
		Headers map[string]string
	}
	var want struct {
		Key, Alias, Source string
		Strong             bool
	}
	if err := json.Unmarshal(v.Input, &in); err != nil {
		return err.Error()
	}
	if err := json.Unmarshal(v.Expected, &want); err != nil {
		return err.Error()
	}
	env := &ir.Envelope{Op: ir.Generate, Dialect: vectorDialects[v.From], Header: http.Header{}}
	for k, val := range in.Headers {
		env.Header.Set(k, val)
	}
	call, err := NewCall(env, in.Body)
	if err != nil {
		return err.Error()
	}
	s := call.Session(session.Caller{Tenant: v.Ctx.Tenant, Key: v.Ctx.KeyID}, true, nil)
	if s.Key != want.Key || s.Alias != want.Alias || s.Source != want.Source || s.Strong != want.Strong {
		return fmt.Sprintf("got %+v, want %+v", s, want)
	}
	return ""
}

// encode writes the body for the upstream, of a request that may go on with
// what the vector has stored.
func (v *vector) encode(env *ir.Envelope, body []byte, target *ir.Target) ([]byte, error) {
	call, err := NewCall(env, body)
	if err != nil {
		return nil, err
	}
	if stored, ok := v.Ctx.Store[env.Stored.Previous]; ok {
		nothing := func(string) (ir.Item, bool) { return ir.Item{}, false }
		history := append(ItemsOf(stored.Input, nothing), ItemsOf(stored.Output, nothing)...)
		if err := call.Continue(history, call.Items(nil, nothing)); err != nil {
			return nil, err
		}
	}
	return call.For(target, v.Ctx.ClientModel, 1770000000).Request(nil)
}

func (v *vector) compareNotes(notes *ir.Notes) string {
	if v.Notes == nil {
		return ""
	}
	var got []string
	for _, n := range notes.List() {
		if n.Level == ir.Warn {
			got = append(got, n.Code+":"+n.Path)
		}
	}
	for _, want := range v.Notes {
		found := false
		for _, g := range got {
			found = found || g == want
		}
		if !found {
			return "missing note " + want + ", got " + strings.Join(got, " ")
		}
	}
	if len(got) != len(v.Notes) {
		return "notes are " + strings.Join(got, " ") + ", want " + strings.Join(v.Notes, " ")
	}
	return ""
}

// minimal bodies complete the pieces of client requests that vectors give.
var minimal = map[ir.Dialect]string{
	ir.Chat:      `"model":"m","messages":[{"role":"user","content":"x"}]`,
	ir.Responses: `"model":"m","input":"x"`,
	ir.Anthropic: `"model":"m","max_tokens":100,"messages":[{"role":"user","content":"x"}]`,
	ir.Gemini:    `"contents":[{"role":"user","parts":[{"text":"x"}]}]`,
}

func (v *vector) answer(stream, streamed bool) (Answer, error) {
	client := vectorDialects[v.To]
	body := "{" + minimal[client]
	if stream && client != ir.Gemini && !bytes.Contains(v.Ctx.Request, []byte(`"stream":`)) && !bytes.Contains(v.Ctx.Request, []byte(`"stream" :`)) {
		body += `,"stream":true`
	}
	if extra := bytes.TrimSpace(v.Ctx.Request); len(extra) > 2 {
		body += "," + string(extra[1:])
	} else {
		body += "}"
	}
	env := &ir.Envelope{Op: ir.Generate, Dialect: client, Header: http.Header{}, Model: v.Ctx.ClientModel, Stream: stream}
	call, err := NewCall(env, []byte(body))
	if err != nil {
		return nil, err
	}
	return call.For(v.target(vectorDialects[v.From]), v.Ctx.ClientModel, 1770000000).Answer(streamed)
}

func (v *vector) runResponse() string {
	a, err := v.answer(false, false)
	if err != nil {
		return err.Error()
	}
	got := a.Body(nil, v.unwrap(v.Input))
	if a.Seen().Err != nil {
		return a.Seen().Err.Error()
	}
	return compare(v.Expected, got, v.Match)
}

// frame is one event of a stream vector.
type frame struct {
	Event string          `json:"event,omitempty"`
	Data  json.RawMessage `json:"data"`
}

func (v *vector) runStream() string {
	var frames []frame
	var raw struct{ Raw string }
	whole := false
	if json.Unmarshal(v.Input, &frames) != nil {
		if err := json.Unmarshal(v.Input, &raw); err != nil {
			return err.Error()
		}
		whole = strings.HasPrefix(raw.Raw, "{")
	}
	a, err := v.answer(true, !whole)
	if err != nil {
		return err.Error()
	}
	var out []byte
	switch {
	case whole:
		out = a.Body(nil, []byte(raw.Raw))
	default:
		var src sse.Source = sse.NewReader(bytes.NewReader(wire(frames)))
		if raw.Raw != "" && raw.Raw[0] == '[' {
			src = sse.NewArrayReader(strings.NewReader(raw.Raw))
		} else if raw.Raw != "" {
			src = sse.NewReader(strings.NewReader(raw.Raw))
		}
		for src.Next() {
			ev := src.Event()
			if v.From == codeAssist {
				ev.Data = v.unwrap(ev.Data)
				ev.Raw = ev.Data
			}
			out = a.Frame(out, ev)
		}
		out = a.Close(out)
	}
	return compareStream(v.Expected, out, v.Match)
}

// wire writes frames as an upstream sends them.
func wire(frames []frame) []byte {
	var b bytes.Buffer
	for _, f := range frames {
		if f.Event != "" {
			b.WriteString("event: " + f.Event + "\n")
		}
		data := f.Data
		var literal string
		if json.Unmarshal(data, &literal) == nil {
			data = []byte(literal)
		}
		var flat bytes.Buffer
		if json.Compact(&flat, data) != nil {
			flat.Write(data)
		}
		b.WriteString("data: " + flat.String() + "\n\n")
	}
	return b.Bytes()
}

func (v *vector) runError() string {
	var in struct {
		Status  int
		Headers map[string]string
		Body    json.RawMessage
	}
	if err := json.Unmarshal(v.Input, &in); err != nil {
		return err.Error()
	}
	header := http.Header{}
	for k, val := range in.Headers {
		header.Set(k, val)
	}
	e := CodecOf(vectorDialects[v.From]).DecodeError(in.Status, header, in.Body)
	client := vectorDialects[v.To]
	shown := ContextLength(ClientError(e, false), client)
	body := CodecOf(client).AppendError(nil, shown, "req_1")
	var want struct {
		Status  int
		Headers map[string]string
		Body    json.RawMessage
	}
	if err := json.Unmarshal(v.Expected, &want); err != nil {
		return err.Error()
	}
	if shown.Status != want.Status {
		return "status " + strconv.Itoa(shown.Status) + ", want " + strconv.Itoa(want.Status)
	}
	return compare(want.Body, body, v.Match)
}
