package translate

import (
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

var restoreTools = []ir.Tool{
	{Kind: ir.ToolFunction, Name: "get weather!", Schema: []byte(`{"type":"object","properties":{"the city":{"type":"string"},"days":{"type":"integer"}}}`)},
	{Kind: ir.ToolCustom, Name: "patch"},
	{Kind: ir.ToolFunction, Name: "read", Namespace: "files", Schema: []byte(`{"type":"object","properties":{"path":{"type":"string"}}}`)},
	{Kind: ir.ToolTyped, Name: "local_shell", Type: "local_shell"},
}

func restoreTrip(d ir.Dialect) *ir.Trip {
	names := ir.NewNames(restoreTools, CodecOf(d).NameRule())
	return &ir.Trip{Request: &ir.Request{Tools: restoreTools}, Target: &ir.Target{Dialect: d, Names: names, Notes: &ir.Notes{}}}
}

// wireCity is how Anthropic knows the argument "the city".
const wireCity = "the_city"

// TestRestoreResponse brings back names and arguments of a whole answer.
func TestRestoreResponse(t *testing.T) {
	tests := map[string]struct {
		upstream        ir.Dialect
		name, args      string
		wantName, space string
		wantArgs        string
		wantType        ir.ToolType
	}{
		"a name":              {ir.Chat, "get_weather_", `{"the city":"Rome"}`, "get weather!", "", `{"the city":"Rome"}`, ""},
		"renamed keys":        {ir.Anthropic, "get_weather_", `{"` + wireCity + `":"Rome","days": 2}`, "get weather!", "", `{"the city":"Rome","days":2}`, ""},
		"no keys":             {ir.Anthropic, "get_weather_", `{}`, "get weather!", "", `{}`, ""},
		"no object":           {ir.Anthropic, "get_weather_", `[1]`, "get weather!", "", `[1]`, ""},
		"half an object":      {ir.Anthropic, "get_weather_", `{"the_c`, "get weather!", "", `{"the_c`, ""},
		"a prefix":            {ir.Gemini, "default_api:get_weather_", `{}`, "get weather!", "", `{}`, ""},
		"free text":           {ir.Chat, "patch", `{"input":"*** Begin\n+a \"b\""}`, "patch", "", "*** Begin\n+a \"b\"", ir.TypeCustom},
		"free text, no input": {ir.Chat, "patch", `{"text":"x"}`, "patch", "", `{"text":"x"}`, ir.TypeCustom},
		"free text, broken":   {ir.Chat, "patch", `*** Begin`, "patch", "", `*** Begin`, ir.TypeCustom},
		"a namespace":         {ir.Chat, "files__read", `{"path":"a"}`, "read", "files", `{"path":"a"}`, ""},
		"a typed tool":        {ir.Chat, "local_shell", `{}`, "local_shell", "", `{}`, ir.ToolType("local_shell")},
		"unknown":             {ir.Chat, "nobody", `{"a":1}`, "nobody", "", `{"a":1}`, ""},
	}
	for name, test := range tests {
		resp := &ir.Response{Candidates: []ir.Candidate{{Parts: []ir.Part{
			{Kind: ir.PartText, Text: "x"},
			{Kind: ir.PartToolCall, Call: &ir.ToolCall{ID: "c1", Name: test.name, Args: ir.Args{JSON: []byte(test.args)}}},
		}}}}
		restoreResponse(resp, restoreTrip(test.upstream))
		call := resp.Candidates[0].Parts[1].Call
		if call.Name != test.wantName || call.Namespace != test.space || string(call.Args.Bytes()) != test.wantArgs || call.Type != test.wantType {
			t.Errorf("%s: got %q %q %q with %s", name, call.Name, call.Namespace, call.Type, call.Args.Bytes())
		}
	}
}

// TestRestorer does the same with a stream: arguments that must be mended are
// held until they are complete, all others pass at once, and parts that are
// open side by side do not mix.
func TestRestorer(t *testing.T) {
	trip := restoreTrip(ir.Anthropic)
	var got []string
	args := map[int]*strings.Builder{}
	r := newRestorer(trip, func(e *ir.Event) {
		switch e.Kind {
		case ir.EventPartStart:
			args[e.Index] = &strings.Builder{}
			got = append(got, "start "+e.Part.Call.Name)
		case ir.EventDelta:
			piece := ir.Args{Text: e.Text, JSON: e.JSON}
			args[e.Index].Write(piece.Bytes())
			got = append(got, "delta "+string(piece.Bytes()))
		case ir.EventPartStop:
			got = append(got, "stop "+args[e.Index].String())
		}
	})
	start := func(index int, name string) *ir.Event {
		return &ir.Event{Kind: ir.EventPartStart, Index: index, Part: &ir.Part{Kind: ir.PartToolCall, Call: &ir.ToolCall{ID: "c", Name: name}}}
	}
	delta := func(index int, text string) *ir.Event {
		return &ir.Event{Kind: ir.EventDelta, Index: index, Text: ir.Plain(text)}
	}
	stop := func(index int) *ir.Event { return &ir.Event{Kind: ir.EventPartStop, Index: index} }
	for _, e := range []*ir.Event{
		start(0, "get_weather_"), delta(0, `{"the_`), start(1, "patch"), start(2, "files__read"),
		delta(1, `{"input":"li`), delta(0, `city":"Ro`), delta(2, `{"path":"a"}`), delta(1, `ne\n"}`), delta(0, `me"}`),
		stop(2), stop(0), stop(1),
	} {
		r.event(e)
	}
	want := []string{
		"start get weather!", "start patch", "start read",
		`delta {"path":"a"}`, `stop {"path":"a"}`,
		`delta {"the city":"Rome"}`, `stop {"the city":"Rome"}`,
		"delta line\n", "stop line\n",
	}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if len(r.held) != 0 {
		t.Errorf("%d parts are still held", len(r.held))
	}
}

// TestRestorerCompletePart takes arguments that come only with the part's end.
func TestRestorerCompletePart(t *testing.T) {
	var out strings.Builder
	r := newRestorer(restoreTrip(ir.Anthropic), func(e *ir.Event) {
		if e.Kind == ir.EventDelta {
			a := ir.Args{Text: e.Text, JSON: e.JSON}
			out.Write(a.Bytes())
		}
	})
	call := func(args string) *ir.Part {
		return &ir.Part{Kind: ir.PartToolCall, Call: &ir.ToolCall{Name: "get_weather_", Args: ir.Args{JSON: []byte(args)}}}
	}
	r.event(&ir.Event{Kind: ir.EventPartStart, Part: call("")})
	r.event(&ir.Event{Kind: ir.EventPartStop, Part: call(`{"the_city":"Oslo"}`)})
	r.event(&ir.Event{Kind: ir.EventPartStart, Index: 1, Part: call(`{"the_city":"Bergen"}`)})
	r.event(&ir.Event{Kind: ir.EventPartStop, Index: 1})
	if got := out.String(); got != `{"the city":"Oslo"}{"the city":"Bergen"}` {
		t.Errorf("got %s", got)
	}
}
