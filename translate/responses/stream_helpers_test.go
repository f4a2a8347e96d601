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
	deltas map[string]int
	final  map[string]any // the response object of the terminal event
}

// grammar follows a stream as a strict client does.
type grammar struct {
	output
	t           *testing.T
	stream      []byte
	items       []any
	open, part  map[string]any
	text        strings.Builder
	index, next float64 // output_index and content_index that must come next
	seq         float64
}

// check fails the test at the first thing in a stream that is out of order.
func check(t *testing.T, stream []byte) output {
	t.Helper()
	g := &grammar{t: t, stream: stream, items: []any{}, output: output{deltas: map[string]int{}}}
	for _, block := range strings.Split(strings.TrimSuffix(string(stream), "\n\n"), "\n\n") {
		name, data, ok := strings.Cut(block, "\ndata: ")
		if !ok || !json.Valid([]byte(data)) || strings.Contains(data, "\n") {
			g.fail("no event: " + block)
		}
		g.event(strings.TrimPrefix(name, "event: "), data)
	}
	failed := g.final["status"] == "failed"
	if g.final == nil || !failed && (g.open != nil || g.part != nil) {
		g.fail("the end is missing")
	}
	if output, _ := g.final["output"].([]any); failed && g.open != nil && len(output) > 0 {
		g.items = append(g.items, output[len(output)-1]) // what was torn is told there alone
	}
	same(t, pretty(g.final["output"]), pretty(g.items))
	required(t, g.final)
	return g.output
}

func (g *grammar) fail(why string) {
	g.t.Helper()
	g.t.Fatalf("%s in\n%s", why, g.stream)
}

func (g *grammar) event(name, data string) {
	g.t.Helper()
	ev := parse(g.t, data).(map[string]any)
	if ev["type"] != name || ev["sequence_number"] != g.seq || g.final != nil {
		g.fail("type, sequence number or place of " + data)
	}
	g.seq++
	switch {
	case g.seq == 1 && name != "response.created", g.seq == 2 && name != "response.in_progress":
		g.fail("begins with " + name)
	case g.seq <= 2:
		has(g.t, data, `{"response":{"object":"response","status":"in_progress","output":[],"error":null}}`)
		return
	case g.open != nil && ev["item_id"] != nil && (ev["item_id"] != g.open["id"] || ev["output_index"] != g.index):
		g.fail("item of " + data)
	}
	if r, ok := ev["response"].(map[string]any); ok {
		if g.final = r; name != "response."+r["status"].(string) {
			g.fail("status of " + data)
		}
		return
	}
	g.inside(name, data, ev)
}

// inside follows the events of items.
func (g *grammar) inside(name, data string, ev map[string]any) {
	g.t.Helper()
	switch name {
	case "response.output_item.added":
		if g.open != nil || ev["output_index"] != g.index {
			g.fail("announces " + data)
		}
		g.open, _ = ev["item"].(map[string]any)
		g.next = 0
		g.text.Reset()
	case "response.output_item.done":
		item, _ := ev["item"].(map[string]any)
		if g.open == nil || g.part != nil || item["id"] != g.open["id"] || item["type"] != g.open["type"] || ev["output_index"] != g.index {
			g.fail("completes " + data)
		}
		g.items, g.open = append(g.items, item), nil
		g.index++
	case "response.content_part.added", "response.reasoning_summary_part.added":
		if g.open == nil || g.part != nil || ev["content_index"] != nil && ev["content_index"] != g.next {
			g.fail("part " + data)
		}
		g.part, _ = ev["part"].(map[string]any)
		g.text.Reset()
	case "response.content_part.done", "response.reasoning_summary_part.done":
		if g.part == nil {
			g.fail("part " + data)
		}
		g.part = nil
		g.next++
	default:
		g.piece(name, data, ev)
	}
}

// piece follows deltas and the text that they must add up to.
func (g *grammar) piece(name, data string, ev map[string]any) {
	g.t.Helper()
	if delta, ok := ev["delta"].(string); ok {
		if g.open == nil || delta == "" {
			g.fail("delta " + data)
		}
		g.text.WriteString(delta)
		g.deltas[name]++
	}
	for _, member := range []string{"text", "refusal", "arguments", "input"} {
		if whole, ok := ev[member].(string); ok && whole != g.text.String() {
			g.fail("deltas give " + g.text.String() + ", but " + data)
		}
	}
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
