package anthropic

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

// manual, adaptive and plain are the kinds of Claude models.
var (
	manual = ir.Caps{
		Family: "claude", MaxOutput: 64000, Thinking: ir.ThinkingBudget, BudgetMin: 1024, BudgetMax: 1 << 20, CanDisable: true,
		OneOfTempTopP: true, Prefill: true, StructuredOutput: true, URLImages: true, URLFiles: true, MaxTemperature: 1,
	}
	adaptive = ir.Caps{
		Family: "claude", MaxOutput: 128000, Thinking: ir.ThinkingAdaptive, CanDisable: true, Effort: true, NoSampling: true,
		Levels: []string{"low", "medium", "high", "xhigh", "max"}, MidSystem: true, StructuredOutput: true, URLImages: true, URLFiles: true,
	}
	plain = ir.Caps{Family: "claude", MaxOutput: 8192, Prefill: true, OneOfTempTopP: true}
)

func target(caps ir.Caps, tools []ir.Tool) *ir.Target {
	return &ir.Target{
		Dialect: ir.Anthropic, Provider: "anthropic", Model: "claude-up", Caps: caps, Scope: "0a0b0c0d",
		Names: ir.NewNames(tools, Codec{}.NameRule()), Notes: &ir.Notes{},
	}
}

func envelope() *ir.Envelope {
	return &ir.Envelope{Op: ir.Generate, Dialect: ir.Anthropic, Header: http.Header{}}
}

func decode(t testing.TB, body string) *ir.Request {
	t.Helper()
	req, err := Codec{}.DecodeRequest([]byte(body), envelope())
	if err != nil {
		t.Fatalf("decoding %s: %v", body, err)
	}
	return req
}

// foreign makes a request look as if a client of another dialect had sent it.
func foreign(req *ir.Request, d ir.Dialect) *ir.Request {
	req.Dialect = d
	return req
}

func encode(t testing.TB, req *ir.Request, to *ir.Target) string {
	t.Helper()
	out, err := Codec{}.AppendRequest(nil, req, to)
	if err != nil {
		t.Fatalf("encoding: %v", err)
	}
	if !json.Valid(out) {
		t.Fatalf("encoding wrote no JSON: %s", out)
	}
	return string(out)
}

func value(t testing.TB, raw string) any {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	return v
}

// same fails when two JSON texts differ in more than the order of members.
func same(t testing.TB, got, want string) {
	t.Helper()
	if d := diff("", value(t, got), value(t, want)); d != "" {
		t.Errorf("%s\nin %s", d, got)
	}
}

// diff returns the first place where two JSON values differ.
func diff(path string, got, want any) string {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s: got %v, want %v", path, got, want)
		}
		for k := range w {
			if _, ok := g[k]; !ok {
				return path + "." + k + " is missing"
			}
			if d := diff(path+"."+k, g[k], w[k]); d != "" {
				return d
			}
		}
		for k := range g {
			if _, ok := w[k]; !ok {
				return path + "." + k + " is too much"
			}
		}
		return ""
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return fmt.Sprintf("%s: got %v, want %v", path, got, want)
		}
		for i := range w {
			if d := diff(fmt.Sprintf("%s[%d]", path, i), g[i], w[i]); d != "" {
				return d
			}
		}
		return ""
	}
	if got != want {
		return fmt.Sprintf("%s: got %v, want %v", path, got, want)
	}
	return ""
}

// notes lists what was noted, as code:path.
func notes(to *ir.Target) string {
	var list []string
	for _, n := range to.Notes.List() {
		list = append(list, n.Code+":"+n.Path)
	}
	return strings.Join(list, " ")
}

func newTrip(req *ir.Request) *ir.Trip {
	n := 0
	return &ir.Trip{
		Request: req, Target: target(manual, req.Tools), Model: "asked", Created: 1770000000,
		NewID: func(prefix string) string { n++; return prefix + fmt.Sprintf("%024x", n) },
	}
}

// client is the trip of a client of this dialect whose upstream speaks another.
func client() *ir.Trip {
	trip := newTrip(&ir.Request{Dialect: ir.Anthropic})
	trip.Target.Dialect, trip.Target.Model = ir.Gemini, "gemini-3-pro"
	return trip
}

// upstream is the trip of a client of another dialect whose upstream speaks
// this one.
func upstream() *ir.Trip { return newTrip(&ir.Request{Dialect: ir.Chat}) }

func encodeEvents(trip *ir.Trip, events []ir.Event) string {
	enc := Codec{}.NewEncoder(trip)
	var out []byte
	for i := range events {
		out = enc.Append(out, &events[i])
	}
	return string(out)
}

// streamed reads a stream's text frame by frame.
func streamed(dec ir.Decoder, text string) []ir.Event {
	src := sse.NewReader(strings.NewReader(text))
	var events []ir.Event
	for src.Next() {
		ev := src.Event()
		fresh := dec.Decode(nil, ev.Name, bytes.Clone(ev.Data))
		for i := range fresh {
			events = append(events, keepEvent(fresh[i]))
		}
	}
	for _, e := range dec.Close(nil) {
		events = append(events, keepEvent(e))
	}
	return events
}

// keepEvent copies what the decoder will overwrite.
func keepEvent(e ir.Event) ir.Event {
	if e.Part != nil {
		p := *e.Part
		if p.Call != nil {
			c := *p.Call
			p.Call = &c
		}
		e.Part = &p
	}
	if e.Usage != nil {
		u := *e.Usage
		e.Usage = &u
	}
	if e.Citation != nil {
		c := *e.Citation
		e.Citation = &c
	}
	if e.Sig != nil {
		s := *e.Sig
		e.Sig = &s
	}
	return e
}

// frames writes data as an upstream streams it.
func frames(data ...string) string {
	var b strings.Builder
	for _, d := range data {
		var typ struct{ Type string }
		_ = json.Unmarshal([]byte(d), &typ)
		b.WriteString("event: " + typ.Type + "\ndata: " + d + "\n\n")
	}
	return b.String()
}

// grammar checks a stream as strict clients do and returns the message that
// it adds up to.
func grammar(t testing.TB, text string) string {
	t.Helper()
	g := &grammarChecker{open: -1}
	src := sse.NewReader(strings.NewReader(text))
	for src.Next() {
		ev := src.Event()
		if !jsonx.Valid(ev.Data) {
			t.Fatalf("no JSON: %s", ev.Data)
		}
		if err := g.event(ev.Name, ev.Data); err != "" {
			t.Fatalf("%s at %s\nin\n%s", err, ev.Data, text)
		}
	}
	if !g.ended {
		t.Fatalf("the stream has no end:\n%s", text)
	}
	return strings.Join(g.summary, " ")
}

type grammarChecker struct {
	started, finished, ended bool
	open, next               int
	kind                     string
	size                     int
	signed                   bool
	summary                  []string
	args                     string
}

type grammarEvent struct {
	Type         string
	Index        *int
	ContentBlock struct{ Text, Data, Name string } `json:"content_block"`
	Delta        struct {
		Type, Text, Thinking, Signature string
		PartialJSON                     string `json:"partial_json"`
		StopReason                      string `json:"stop_reason"`
	}
}

// blockType is the type of a block that begins. What an upstream has sent in a
// block of its own may have other members whose names differ in case alone.
func blockType(data []byte) (typ string) {
	var e struct {
		Block map[string]json.RawMessage `json:"content_block"`
	}
	if json.Unmarshal(data, &e) == nil {
		_ = json.Unmarshal(e.Block["type"], &typ)
	}
	return typ
}

func (g *grammarChecker) event(name string, data []byte) string {
	var e grammarEvent
	if json.Unmarshal(data, &e) != nil || e.Type != name || g.ended {
		return "a frame that should not be"
	}
	switch name {
	case "message_start":
		if g.started {
			return "a second message_start"
		}
		g.started = true
	case "ping":
	case "content_block_start":
		if !g.started || g.open >= 0 || e.Index == nil || *e.Index != g.next {
			return "a block out of order"
		}
		g.open, g.kind, g.size, g.signed, g.args = *e.Index, blockType(data), 0, false, ""
		g.next++
		g.summary = append(g.summary, g.kind+e.ContentBlock.Name+"[")
	case "content_block_delta":
		return g.delta(&e)
	case "content_block_stop":
		if e.Index == nil || *e.Index != g.open {
			return "a stop without start"
		}
		if g.kind == "text" && g.size == 0 {
			return "an empty text block"
		}
		if g.kind == "tool_use" && !json.Valid([]byte(g.args)) {
			return "arguments that are no JSON: " + g.args
		}
		g.summary[len(g.summary)-1] += "]"
		g.open = -1
	case "message_delta":
		if g.finished || g.open >= 0 {
			return "message_delta out of order"
		}
		g.finished = true
		g.summary = append(g.summary, e.Delta.StopReason)
	case "message_stop":
		if !g.finished {
			return "message_stop without message_delta"
		}
		g.ended = true
	case "error":
		g.summary = append(g.summary, "error")
		g.ended = true
	default:
		return "an unknown event"
	}
	return ""
}

func (g *grammarChecker) delta(e *grammarEvent) string {
	want := map[string]string{
		"text_delta": "text", "thinking_delta": "thinking", "signature_delta": "thinking", "input_json_delta": "tool_use", "citations_delta": "text",
	}[e.Delta.Type]
	if e.Index == nil || *e.Index != g.open || want != g.kind && g.kind != "server_tool_use" || g.signed {
		return "a delta of another block"
	}
	g.signed = e.Delta.Type == "signature_delta"
	content := e.Delta.Text + e.Delta.Thinking + e.Delta.PartialJSON
	if g.signed {
		content = "!"
	}
	g.args += e.Delta.PartialJSON
	g.size += len(content)
	g.summary[len(g.summary)-1] += content
	return ""
}
