package gemini

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func sameWords(a, b string) bool {
	x, y := strings.Fields(a), strings.Fields(b)
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}

// TestTools checks which tools are offered and which must be called.
func TestTools(t *testing.T) {
	f := ir.Tool{Kind: ir.ToolFunction, Name: "f", Description: "d"}
	g := ir.Tool{Kind: ir.ToolFunction, Name: "g", Namespace: "ns", At: 1}
	custom := ir.Tool{Kind: ir.ToolCustom, Name: "patch", Description: "p"}
	search := ir.Tool{Kind: ir.ToolServer, Name: "web_search", Type: "web_search", At: 2}
	limited := search
	limited.Search = &ir.Search{AllowedDomains: []string{"a"}, BlockedDomains: []string{"b", "c"}, MaxUses: ir.Some(1)}
	pictures := ir.Tool{Kind: ir.ToolServer, Type: "image_generation", At: 3}
	vertex := gemini3()
	vertex.Provider = "vertex"
	const (
		both    = `{"functionDeclarations":[{"name":"f","description":"d"},{"name":"ns__g","description":"ns__g"}]}`
		onlyF   = `{"functionDeclarations":[{"name":"f","description":"d"}]}`
		calling = `,"toolConfig":{"functionCallingConfig":`
	)
	tests := []struct {
		name   string
		target *ir.Target
		tools  []ir.Tool
		choice ir.ToolChoice
		want   string // behind "tools":
		notes  string
	}{
		{"auto", gemini25(), []ir.Tool{f, g}, ir.ToolChoice{Mode: ir.ChoiceAuto}, `[` + both + `]` + calling + `{"mode":"AUTO"}}`, ""},
		{"none", gemini25(), []ir.Tool{f, g}, ir.ToolChoice{Mode: ir.ChoiceNone}, `[` + both + `]` + calling + `{"mode":"NONE"}}`, ""},
		{"required", gemini25(), []ir.Tool{f, g}, ir.ToolChoice{Mode: ir.ChoiceRequired}, `[` + both + `]` + calling + `{"mode":"ANY"}}`, ""},
		{"one of them", gemini25(), []ir.Tool{f, g}, ir.ToolChoice{Mode: ir.ChoiceSpecific, Names: []string{"g"}}, `[` + both + `]` + calling + `{"mode":"ANY","allowedFunctionNames":["ns__g"]}}`, ""},
		{"some if any", gemini25(), []ir.Tool{f, g}, ir.ToolChoice{Mode: ir.ChoiceAllowed, Names: []string{"f"}}, `[` + onlyF + `]` + calling + `{"mode":"AUTO"}}`, ""},
		{"some", gemini25(), []ir.Tool{f, g}, ir.ToolChoice{Mode: ir.ChoiceAllowed, Names: []string{"f", "g"}, Required: true}, `[` + both + `]` + calling + `{"mode":"ANY","allowedFunctionNames":["f","ns__g"]}}`, ""},
		{"server tools beside functions", gemini3(), []ir.Tool{f, search}, ir.ToolChoice{}, `[` + onlyF + `,{"googleSearch":{}}],"toolConfig":{"includeServerSideToolInvocations":true}`, ""},
		{"on Vertex", vertex, []ir.Tool{f, limited}, ir.ToolChoice{}, `[` + onlyF + `,{"googleSearch":{"excludeDomains":["b","c"]}}]`, "approx:tools[2]"},
		{"on 2.5 functions win", gemini25(), []ir.Tool{f, search}, ir.ToolChoice{}, `[` + onlyF + `]`, "drop:tools[2]"},
		{"a search alone", gemini25(), []ir.Tool{search, pictures}, ir.ToolChoice{Mode: ir.ChoiceRequired}, `[{"googleSearch":{}}]`, "drop:tools[3] drop:tool_choice"},
		{"a search that is forced", gemini3(), []ir.Tool{f, search}, ir.ToolChoice{Mode: ir.ChoiceSpecific, Names: []string{"web_search"}, Server: "web_search"}, `[` + onlyF + `,{"googleSearch":{}}],"toolConfig":{"includeServerSideToolInvocations":true}`, "drop:tool_choice"},
		{"a tool that Gemini lacks", gemini3(), []ir.Tool{f, pictures}, ir.ToolChoice{}, `[` + onlyF + `]`, "drop:tools[3]"},
		{"free text", gemini25(), []ir.Tool{custom}, ir.ToolChoice{}, `[{"functionDeclarations":[{"name":"patch","description":"p","parametersJsonSchema":{"type":"object","properties":{"input":{"type":"string","description":"Raw tool input"}},"required":["input"]}}]}]`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req := chatRequest(turn(ir.RoleUser, textPart("q")))
			req.Tools, req.ToolChoice = tt.tools, tt.choice
			sameJSON(t, encode(t, req, tt.target), `{"contents":[{"role":"user","parts":[{"text":"q"}]}],"tools":`+tt.want+`}`)
			if notes := warnings(tt.target); !sameWords(notes, tt.notes) {
				t.Errorf("notes %q, want %q", notes, tt.notes)
			}
		})
	}
	req := chatRequest(turn(ir.RoleUser, textPart("q")))
	req.Tools = []ir.Tool{{Kind: ir.ToolServer, Type: "mcp", At: 4}}
	_, err := Codec{}.AppendRequest(nil, req, gemini3())
	var e *ir.Error
	if !errors.As(err, &e) || e.Param != "tools[4]" {
		t.Errorf("a remote tool server: %v", err)
	}
}
