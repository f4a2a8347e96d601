package chat

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// parse reads JSON with the text of its numbers.
func parse(t testing.TB, raw []byte) any {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("no JSON: %v\n%s", err, raw)
	}
	return v
}

func sameJSON(t testing.TB, got []byte, want string) {
	t.Helper()
	if !reflect.DeepEqual(parse(t, got), parse(t, []byte(want))) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// gpt is a target with an OpenAI model that does not reason.
func gpt() *ir.Target {
	return &ir.Target{
		Dialect: ir.Chat, Provider: "openai", Model: "gpt-4.1", Notes: &ir.Notes{},
		Caps: ir.Caps{
			Family: "openai", CompletionLimit: true, ParallelFlag: true, StrictTools: true, Logprobs: true, MidSystem: true,
			StopMax: 4, NMax: 128, CustomTools: true, StructuredOutput: true, MaxTemperature: 2, URLImages: true, StreamUsage: true,
		},
	}
}

// reasoner is a target with an OpenAI model that reasons.
func reasoner() *ir.Target {
	t := gpt()
	t.Model = "gpt-5.2"
	t.Caps.Thinking, t.Caps.Levels = ir.ThinkingEffort, []string{"none", "low", "medium", "high", "xhigh"}
	t.Caps.CanDisable, t.Caps.NoSampling, t.Caps.SamplingAtNone, t.Caps.DeveloperRole = true, true, true, true
	return t
}

// vllm is a target with a compatible server.
func vllm() *ir.Target {
	return &ir.Target{
		Dialect: ir.Chat, Provider: "openai_compatible", Model: "qwen3", Notes: &ir.Notes{},
		Caps: ir.Caps{
			Family: "other", Thinking: ir.ThinkingEffort, CanDisable: true, ParallelFlag: true, MidSystem: true, StopMax: 4,
			StructuredOutput: true, MaxTemperature: 2, URLImages: true, StreamUsage: true, Logprobs: true,
		},
	}
}

func decodeRequest(t testing.TB, body string) *ir.Request {
	t.Helper()
	req, err := Codec{}.DecodeRequest([]byte(body), nil)
	if err != nil {
		t.Fatalf("decoding: %v\n%s", err, body)
	}
	return req
}

func encodeRequest(t testing.TB, req *ir.Request, target *ir.Target) []byte {
	t.Helper()
	out, err := Codec{}.AppendRequest(nil, req, target)
	if err != nil {
		t.Fatalf("encoding: %v", err)
	}
	return out
}

// notes lists a target's notes as code:path.
func notes(target *ir.Target) string {
	var list []string
	for _, n := range target.Notes.List() {
		list = append(list, n.Code+":"+n.Path)
	}
	return strings.Join(list, " ")
}

// show describes turns in one line each.
func show(turns []ir.Turn) string {
	var b strings.Builder
	for i := range turns {
		fmt.Fprintf(&b, "%s:", turns[i].Role)
		for j := range turns[i].Parts {
			b.WriteString(" " + showPart(&turns[i].Parts[j]))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func showParts(parts []ir.Part) string {
	var list []string
	for i := range parts {
		list = append(list, showPart(&parts[i]))
	}
	return strings.Join(list, " ")
}

func showPart(p *ir.Part) string {
	s := p.Kind.String()
	switch {
	case p.Call != nil:
		s += fmt.Sprintf("(%s %s %s %s)", p.Call.ID, p.Call.Type, p.Call.Name, p.Call.Args.Bytes())
	case p.Result != nil:
		s += fmt.Sprintf("(%s %v [%s])", p.Result.CallID, p.Result.IsError, showParts(p.Result.Parts))
	case p.Media != nil:
		m := p.Media
		s += fmt.Sprintf("(%s %s%s%s %s)", m.MIME, m.URL, m.Data, m.FileID, m.Name)
	case p.Opaque != nil:
		s += "(" + p.Opaque.Type + ")"
	case p.Text != "":
		s += "(" + p.Text.String() + ")"
	}
	if p.Think != nil && p.Think.Sig != nil {
		s += fmt.Sprintf("<%s %s %s>", p.Think.Sig.Family, p.Think.Sig.Target, p.Think.Sig.Value)
	}
	if p.Sig != nil {
		s += fmt.Sprintf("<%s %s %s>", p.Sig.Family, p.Sig.Target, p.Sig.Value)
	}
	if p.Cache != nil {
		s += "{" + p.Cache.TTL + "}"
	}
	return s
}

// trip is the way of a request of a Chat client to a Chat upstream.
func trip(body string) *ir.Trip {
	req := &ir.Request{Dialect: ir.Chat}
	if body != "" {
		var err error
		if req, err = (Codec{}).DecodeRequest([]byte(body), nil); err != nil {
			panic(err)
		}
	}
	n := 0
	return &ir.Trip{Request: req, Target: vllm(), Model: "m", Created: 1770000000, NewID: func(prefix string) string {
		n++
		return fmt.Sprintf("%s%024x", prefix, n)
	}}
}
