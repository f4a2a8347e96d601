package translate

import (
	"slices"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestUnsaid checks that what an upstream has looked up, run or drawn reaches
// clients that have a form for it, and is noted for those that have none.
func TestUnsaid(t *testing.T) {
	const claude = `{"type":"message","role":"assistant","content":[
		{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"news"}},
		{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[{"type":"web_search_result","title":"T","url":"https://example.com","encrypted_content":"x"}]},
		{"type":"server_tool_use","id":"srvtoolu_2","name":"code_execution","input":{"code":"f()"}},
		{"type":"code_execution_tool_result","tool_use_id":"srvtoolu_2","content":{"type":"code_execution_result","stdout":"a","stderr":"b","return_code":1}},
		{"type":"text","text":"It is so.","citations":[{"type":"web_search_result_location","url":"https://example.com","title":"T","cited_text":"x"}]}],
		"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}`
	const google = `{"candidates":[{"content":{"parts":[
		{"toolCall":{"id":"t","toolType":"GOOGLE_SEARCH_WEB","args":{"queries":["a","b"]}}},{"inlineData":{"mimeType":"image/png","data":"AAAA"}},{"text":"so"}]},"finishReason":"STOP"}]}`
	const openai = `{"object":"response","status":"completed","output":[{"type":"code_interpreter_call","id":"ci_1","status":"completed","code":"f()","outputs":null},
		{"type":"message","role":"assistant","content":[{"type":"output_text","text":"so","annotations":[]}]}]}`
	for _, c := range []struct {
		from   ir.Dialect
		body   string
		client ir.Dialect
		want   string // in the answer
		notes  []string
	}{
		{ir.Anthropic, claude, ir.Chat, `"start_index":0,"end_index":9`, []string{"answer.web_search", "answer.code_execution"}},
		{ir.Anthropic, claude, ir.Responses, `"action":{"type":"search","query":"news","queries":["news"]}`, []string{"answer.web_search", "answer.code_execution"}},
		{ir.Anthropic, claude, ir.Gemini, `{"executableCode":{"language":"PYTHON","code":"f()"}},{"codeExecutionResult":{"outcome":"OUTCOME_FAILED","output":"ab"}}`, []string{"answer.web_search"}},
		{ir.Anthropic, claude, ir.Gemini, `"groundingSupports":[{"segment":{"partIndex":2,"startIndex":0,"endIndex":9,"text":"It is so."},"groundingChunkIndices":[0]}]`, []string{"answer.web_search"}},
		{ir.Gemini, google, ir.Responses, `"query":"a","queries":["a","b"]`, nil},
		{ir.Gemini, google, ir.Anthropic, `"text":"so"`, []string{"answer.web_search", "!answer.image"}},
		{ir.Responses, openai, ir.Gemini, `{"executableCode":{"language":"PYTHON","code":"f()"}},{"text":"so"}`, nil},
		{ir.Responses, openai, ir.Anthropic, `"text":"so"`, []string{"answer.code_execution"}},
		{ir.Responses, `{"object":"response","status":"completed","output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"so","annotations":[{"type":"url_citation","start_index":0,"end_index":2,"title":"T","url":"https://example.com"}]}]}]}`,
			ir.Anthropic, `[{"type":"text","text":"so"}]`, []string{"!answer.citations"}},
		{ir.Anthropic, `{"type":"message","role":"assistant","content":[{"type":"text","text":"so","citations":[{"type":"page_location","document_index":0,"document_title":"T","start_page_number":1,"end_page_number":2,"cited_text":"x"}]}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}`,
			ir.Chat, `"content":"so"`, []string{"!answer.citations"}},
		{ir.Anthropic, claude, ir.Anthropic, `"encrypted_content":"x"`, nil},
	} {
		p := Preview{From: c.from, To: c.client, Model: able[c.from][0]}
		out, list, err := p.Response([]byte(c.body))
		if err != nil || !strings.Contains(string(out), c.want) {
			t.Errorf("%s to %s: %v in\n%s\nwithout\n%s", c.from, c.client, err, out, c.want)
		}
		var notes []string
		for _, n := range list {
			path := n.Path
			if n.Level == ir.Warn {
				path = "!" + path
			}
			notes = append(notes, path)
		}
		if !slices.Equal(notes, c.notes) {
			t.Errorf("%s to %s: the notes are %q, want %q", c.from, c.client, notes, c.notes)
		}
	}
}
