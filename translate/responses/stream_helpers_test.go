package responses

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// frame writes one event as upstreams do.
func frame(data string) string {
	var v struct{ Type string }
	_ = json.Unmarshal([]byte(data), &v)
	return "event: " + v.Type + "\ndata: " + data + "\n\n"
}

// run decodes frames into events, which own what they hold.
func run(trip *ir.Trip, frames ...string) []ir.Event {
	d := Codec{}.NewDecoder(trip)
	var out []ir.Event
	for _, f := range frames {
		out = d.Decode(out, "", []byte(strings.Clone(f)))
	}
	return d.Close(out)
}

// collect folds events into an answer.
func collect(events []ir.Event) (*ir.Response, *ir.Error) {
	var c ir.Collector
	for i := range events {
		c.Add(&events[i])
	}
	return c.Response()
}

// show writes events in a few words.
func show(events []ir.Event) string {
	var b strings.Builder
	for i := range events {
		e := &events[i]
		switch e.Kind {
		case ir.EventStart:
			b.WriteString("start(" + e.ID + ")")
		case ir.EventPartStart:
			b.WriteString(string(rune('0'+e.Index)) + "<" + e.Part.Kind.String())
			if e.Part.Call != nil {
				b.WriteString(" " + e.Part.Call.ID + " " + string(e.Part.Call.Type) + " " + e.Part.Call.Name)
			}
			if e.Part.Server != nil {
				b.WriteString(" " + e.Part.Server.Tool)
			}
		case ir.EventDelta:
			b.WriteString(string(rune('0'+e.Index)) + "+" + string(e.Text) + string(e.JSON))
		case ir.EventCitation:
			b.WriteString(string(rune('0'+e.Index)) + "@" + string(e.Citation.URL))
		case ir.EventSignature:
			b.WriteString(string(rune('0'+e.Index)) + "#" + e.Sig.Value)
		case ir.EventLogprobs:
			b.WriteString(string(rune('0'+e.Index)) + "%" + string(e.Logprobs[0].Token))
		case ir.EventPartStop:
			b.WriteString(string(rune('0'+e.Index)) + ">")
		case ir.EventUsage:
			b.WriteString("usage(" + string(appendInt(nil, e.Usage.InputTotal)) + "," + string(appendInt(nil, e.Usage.OutputTotal)) + ")")
		case ir.EventStop:
			b.WriteString("stop(" + string(e.Stop.Reason) + ")")
		case ir.EventError:
			b.WriteString("error(" + string(e.Err.Kind) + " " + e.Err.Code + ": " + e.Err.Message + ")")
		case ir.EventEnd:
			b.WriteString("end")
		}
		b.WriteByte(' ')
	}
	return strings.TrimSpace(b.String())
}

// output is a stream that was read by the dialect's grammar.
type output struct {
	types  []string
	deltas map[string]int
	final  map[string]any // the response object of the terminal event
}

// check reads a stream as a strict client does and fails the test at the first
// thing that is out of order.
func check(t *testing.T, stream []byte) output {
	t.Helper()
	o := output{deltas: map[string]int{}}
	items := []any{}
	var open, part map[string]any
	var text strings.Builder
	var index, content, seq float64
	fail := func(why string) {
		t.Helper()
		t.Fatalf("%s in\n%s", why, stream)
	}
	for _, block := range strings.Split(strings.TrimSuffix(string(stream), "\n\n"), "\n\n") {
		name, data, ok := strings.Cut(block, "\ndata: ")
		name = strings.TrimPrefix(name, "event: ")
		if !ok || !json.Valid([]byte(data)) || strings.Contains(data, "\n") {
			fail("no event: " + block)
		}
		ev := parse(t, data).(map[string]any)
		if ev["type"] != name || ev["sequence_number"] != seq {
			fail("type or sequence number of " + data)
		}
		seq++
		if o.final != nil {
			fail("something behind the terminal event")
		}
		o.types = append(o.types, strings.TrimPrefix(name, "response."))
		if n := len(o.types); n == 1 && name != "response.created" || n == 2 && name != "response.in_progress" {
			fail("begins with " + name)
		}
		if open != nil && ev["item_id"] != nil && (ev["item_id"] != open["id"] || ev["output_index"] != index) {
			fail("item of " + data)
		}
		switch name {
		case "response.created", "response.in_progress":
			has(t, data, `{"response":{"object":"response","status":"in_progress","output":[],"error":null}}`)
		case "response.output_item.added":
			open, _ = ev["item"].(map[string]any)
			content = 0
			if ev["output_index"] != index || open["id"] == "" {
				fail("announces " + data)
			}
			text.Reset()
		case "response.output_item.done":
			item, _ := ev["item"].(map[string]any)
			if open == nil || part != nil || item["id"] != open["id"] || item["type"] != open["type"] || ev["output_index"] != index {
				fail("completes " + data)
			}
			items, open = append(items, item), nil
			index++
		case "response.content_part.added", "response.reasoning_summary_part.added":
			part, _ = ev["part"].(map[string]any)
			text.Reset()
			if open == nil || ev["content_index"] != nil && ev["content_index"] != content {
				fail("part " + data)
			}
		case "response.content_part.done", "response.reasoning_summary_part.done":
			if part == nil {
				fail("part " + data)
			}
			part = nil
			content++
		default:
			if delta, ok := ev["delta"].(string); ok {
				if open == nil || delta == "" {
					fail("delta " + data)
				}
				text.WriteString(delta)
				o.deltas[name]++
			}
			for _, member := range []string{"text", "refusal", "arguments", "input"} {
				if whole, ok := ev[member].(string); ok && whole != text.String() {
					fail("deltas give " + text.String() + ", but " + data)
				}
			}
		}
		if r, ok := ev["response"].(map[string]any); ok && name != "response.created" && name != "response.in_progress" {
			o.final = r
			if name != "response."+r["status"].(string) {
				fail("status of " + data)
			}
		}
	}
	if o.final == nil || open != nil || part != nil {
		fail("the end is missing")
	}
	same(t, pretty(o.final["output"]), pretty(items))
	required(t, o.final)
	return o
}

// required checks for the members that the published schema wants always.
func required(t *testing.T, response map[string]any) {
	t.Helper()
	for _, name := range []string{
		"id", "object", "created_at", "status", "error", "incomplete_details", "instructions", "metadata", "model", "output",
		"parallel_tool_calls", "temperature", "tool_choice", "tools", "top_p", "access_programs", "usage", "text", "reasoning", "store",
	} {
		if _, ok := response[name]; !ok {
			t.Errorf("response without %s", name)
		}
	}
}
