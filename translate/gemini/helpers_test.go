package gemini

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// parse reads JSON with its numbers as they are written.
func parse(t *testing.T, raw []byte) any {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("no JSON: %v\n%s", err, raw)
	}
	if dec.More() {
		t.Fatalf("more than one value:\n%s", raw)
	}
	return v
}

// sameJSON fails unless both texts are the same value. Keys may stand in any
// order.
func sameJSON(t *testing.T, got []byte, want string) {
	t.Helper()
	if g, w := parse(t, got), parse(t, []byte(want)); !reflect.DeepEqual(g, w) {
		t.Errorf("got\n%s\nwant\n%s", indent(g), indent(w))
	}
}

func indent(v any) string {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// gemini25 and gemini3 are targets of the two generations.
func gemini25() *ir.Target {
	return &ir.Target{
		Dialect: ir.Gemini, Provider: "gemini", Model: "gemini-2.5-pro", Notes: &ir.Notes{},
		Caps: ir.Caps{
			Family: "gemini", MaxOutput: 65536, JSONSchema: true, AutoBudget: true, Thinking: ir.ThinkingBudget,
			BudgetMin: 128, BudgetMax: 32768, StopMax: 5, NMax: 8, MaxTemperature: 2, Logprobs: true,
		},
	}
}

func gemini3() *ir.Target {
	t := gemini25()
	t.Model, t.Scope = "gemini-3-pro-preview", "1a2b3c4d"
	t.Caps.Thinking, t.Caps.Levels = ir.ThinkingLevel, []string{"low", "high"}
	t.Caps.Validated, t.Caps.FunctionCallID, t.Caps.ServerToolMix, t.Caps.ToolResultMedia = true, true, true, true
	return t
}

func envelope() *ir.Envelope {
	return &ir.Envelope{Op: ir.Generate, Dialect: ir.Gemini, Header: http.Header{}, Model: "gemini-x"}
}

// decode reads a body that must be right.
func decode(t *testing.T, body string) *ir.Request {
	t.Helper()
	req, err := Codec{}.DecodeRequest([]byte(body), envelope())
	if err != nil {
		t.Fatalf("decoding %s: %v", body, err)
	}
	return req
}

// encode writes a request that the target must take.
func encode(t *testing.T, req *ir.Request, target *ir.Target) []byte {
	t.Helper()
	out, err := Codec{}.AppendRequest(nil, req, target)
	if err != nil {
		t.Fatalf("encoding: %v", err)
	}
	return out
}

// tripTo is the way back of an answer for a client of this dialect.
func tripTo(target *ir.Target) *ir.Trip {
	n := 0
	return &ir.Trip{
		Request: &ir.Request{Dialect: ir.Gemini}, Target: target, Model: "client-model", Created: 1770000000,
		NewID: func(prefix string) string {
			n++
			return fmt.Sprintf("%s%024d", prefix, n)
		},
	}
}

// warnings lists the notes that a client is told of.
func warnings(t *ir.Target) string {
	var list []string
	for _, n := range t.Notes.List() {
		if n.Level == ir.Warn {
			list = append(list, n.Code+":"+n.Path)
		}
	}
	return strings.Join(list, " ")
}

// dump writes events one a line.
func dump(events []ir.Event) string {
	var b strings.Builder
	for i := range events {
		e := &events[i]
		switch e.Kind {
		case ir.EventStart:
			fmt.Fprintf(&b, "start id=%s model=%s", e.ID, e.Model)
			if e.Created != 0 {
				fmt.Fprintf(&b, " created=%d", e.Created)
			}
		case ir.EventPartStart:
			fmt.Fprintf(&b, "open %d.%d %s", e.Cand, e.Index, e.Part.Kind)
			if c := e.Part.Call; c != nil {
				fmt.Fprintf(&b, " %s id=%s native=%v", c.Name, c.ID, c.Native)
			}
			if m := e.Part.Media; m != nil {
				fmt.Fprintf(&b, " %s %s", m.MIME, m.URL)
			}
			if s := e.Part.Server; s != nil {
				fmt.Fprintf(&b, " %s %s", s.Tool, s.Raw)
			}
		case ir.EventDelta:
			fmt.Fprintf(&b, "delta %d.%d %s%s", e.Cand, e.Index, e.Text, e.JSON)
		case ir.EventSignature:
			fmt.Fprintf(&b, "sig %d.%d %s %s %s", e.Cand, e.Index, e.Sig.Value, e.Sig.Family, e.Sig.Target)
		case ir.EventCitation:
			fmt.Fprintf(&b, "cite %d.%d %d-%d %s", e.Cand, e.Index, e.Citation.Start, e.Citation.End, e.Citation.URL)
		case ir.EventLogprobs:
			fmt.Fprintf(&b, "logprobs %d.%d %d", e.Cand, e.Index, len(e.Logprobs))
		case ir.EventPartStop:
			fmt.Fprintf(&b, "close %d.%d", e.Cand, e.Index)
		case ir.EventUsage:
			fmt.Fprintf(&b, "usage in=%d cache=%d out=%d thoughts=%d", e.Usage.InputTotal, e.Usage.CacheRead, e.Usage.OutputTotal, e.Usage.Reasoning)
		case ir.EventStop:
			fmt.Fprintf(&b, "stop %d %s", e.Cand, e.Stop.Reason)
			if e.Stop.Detail != "" {
				fmt.Fprintf(&b, " %s", e.Stop.Detail)
			}
		case ir.EventError:
			fmt.Fprintf(&b, "error %s %d %s", e.Err.Kind, e.Err.Status, e.Err.Message)
		case ir.EventEnd:
			b.WriteString("end")
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// encodeCarrier is a carrier in the base64 that clients of this dialect hold.
func encodeCarrier(s *ir.Sig) string {
	return base64.StdEncoding.EncodeToString([]byte(s.Carrier()))
}
