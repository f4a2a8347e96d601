package responses

import (
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// searched is a conversation in which the client's search has found tools twice, and OpenAI's own once.
const searched = `{"model":"m","input":[{"role":"user","content":"x"},
	{"type":"tool_search_call","id":"tsc_1","call_id":"c1","execution":"client","status":"completed","arguments":{"query":"mail"}},
	{"type":"tool_search_output","call_id":"c1","execution":"client","status":"completed","tools":[
		{"type":"namespace","name":"mcp__mail","description":"d","tools":[{"type":"function","name":"send","defer_loading":true,"parameters":{"type":"object"}}]},
		{"type":"function","name":"f"}]},
	{"type":"tool_search_call","call_id":"c2","execution":"client","arguments":{"query":"mail"}},
	{"type":"tool_search_output","call_id":"c2","execution":"client","tools":[
		{"type":"namespace","name":"mcp__mail","tools":[{"type":"function","name":"send"},{"type":"function","name":"read"}]}]},
	{"type":"tool_search_call","call_id":"c3","execution":"client","arguments":{}},
	{"type":"tool_search_output","call_id":"c3","execution":"client","tools":[]},
	{"type":"tool_search_call","call_id":null,"execution":"server","arguments":{"paths":["a"]}},
	{"type":"tool_search_output","call_id":null,"execution":"server","tools":[{"type":"function","name":"hosted"}]}],
	"tools":[{"type":"tool_search","execution":"client","description":"Finds mail.","parameters":{"type":"object","properties":{"query":{"type":"string"}}}},
		{"type":"function","name":"f","description":"the request's own"}]}`

func TestToolSearch(t *testing.T) {
	req := decodeRequest(t, searched)
	var got []string
	for i := range req.Tools {
		tool := &req.Tools[i]
		got = append(got, strings.TrimPrefix(tool.Namespace+"."+tool.Name, ".")+" "+req.PathOfTool(tool))
	}
	if s := strings.Join(got, ", "); s != "tool_search tools[0], f tools[1], mcp__mail.send input[2].tools[0], mcp__mail.read input[4].tools[0], hosted input[8].tools[0]" {
		t.Errorf("the tools are %s", s)
	}
	if d, schema, ok := req.Tools[0].Declared(); !ok || !strings.HasSuffix(string(d), " Finds mail.") || !strings.Contains(string(schema), "query") {
		t.Errorf("the search is declared as %s %s", d, schema)
	}
	if s := describe(req.Turns); s != "user: text(x) | assistant: tool_call(c1 tool_search tool_search {\"query\":\"mail\"}) | "+
		"user: tool_result(c1 : text(These tools were found and can be called now:\n- mcp__mail__send\n- f)) | "+
		"assistant: tool_call(c2 tool_search tool_search {\"query\":\"mail\"}) | "+
		"user: tool_result(c2 : text(These tools were found and can be called now:\n- mcp__mail__send\n- mcp__mail__read)) | "+
		"assistant: tool_call(c3 tool_search tool_search {}) | user: tool_result(c3 : text(No tool was found.)) | "+
		"assistant: opaque(tool_search_call) | user: opaque(tool_search_output)" {
		t.Errorf("the turns are %s", s)
	}
}

// TestToolSearchOfTheOwnDialect checks that an upstream that knows searches gets them as they were, and no tool twice.
func TestToolSearchOfTheOwnDialect(t *testing.T) {
	req := decodeRequest(t, searched)
	body := encode(t, req, target(req))
	for _, item := range []string{
		`{"type":"tool_search_call","id":"tsc_1","call_id":"c1","execution":"client","status":"completed","arguments":{"query":"mail"}}`,
		`{"type":"tool_search_output","call_id":null,"execution":"server","tools":[{"type":"function","name":"hosted"}]}]`,
	} {
		if !strings.Contains(body, item) {
			t.Errorf("no %s in %s", item, body)
		}
	}
	if n := strings.Count(body, `"name":"send"`); n != 2 {
		t.Errorf("a found tool stands %d times in %s", n, body)
	}
}

// TestToolSearchIsCalled gives the client the call in the form that it understands.
func TestToolSearchIsCalled(t *testing.T) {
	events := []ir.Event{start(), begin(0, callHead("c", "tool_search", ir.TypeToolSearch)), delta(0, `{\"query\":`), delta(0, `\"mail\"}`), end(0)}
	o, _ := write(t, newTrip(&ir.Request{}, ir.Anthropic), append(events, stop(ir.StopToolUse)...)...)
	has(t, pretty(o.final), `{"output":[{"type":"tool_search_call","call_id":"c","execution":"client","status":"completed","arguments":{"query":"mail"}}]}`)
	answer := `{"id":"r","status":"completed","output":[{"type":"tool_search_call","call_id":"c","execution":"client","arguments":{"query":"q"}},{"type":"tool_search_call","execution":"server","arguments":{}}]}`
	resp, err := Codec{}.DecodeResponse([]byte(answer), newTrip(&ir.Request{}, ir.Responses))
	if err != nil {
		t.Fatal(err)
	}
	if parts := resp.Candidates[0].Parts; len(parts) != 2 || parts[0].Kind != ir.PartToolCall || parts[0].Call.Type != ir.TypeToolSearch || parts[1].Kind != ir.PartOpaque {
		t.Errorf("an upstream's searches are %+v", parts)
	}
}
