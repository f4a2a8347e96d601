package translate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// unequal are members whose loss matters more to some targets, and why.
var unequal = map[string]string{
	"chat top_k":                   "Claude's newest models take no sampling parameter at all, which changes more than one of them",
	"gemini generationConfig.topK": "as top_k of Chat Completions",
}

// TestClasses drops the same member on the way to every target that has no
// place for it: how much that matters is the member's class, and not a matter
// of who drops it.
func TestClasses(t *testing.T) {
	used := map[string]bool{}
	for _, from := range benchDialects {
		for _, p := range probes(t, from) {
			for path, classes := range p.classes(t, from) {
				name := string(from) + " " + path
				if len(classes) < 2 {
					continue
				}
				used[name] = true
				if unequal[name] == "" {
					t.Errorf("the loss of %s differs: %v", name, classes)
				}
			}
		}
	}
	for name := range unequal {
		if !used[name] {
			t.Errorf("%s is excused but does not differ", name)
		}
	}
}

// classes tells for each place that is lost with the member who loses it, by
// the class of the loss.
func (p *probe) classes(t *testing.T, from ir.Dialect) map[string]map[string][]string {
	t.Helper()
	out := map[string]map[string][]string{}
	for _, to := range benchDialects {
		for _, model := range able[to] {
			if to == from {
				continue
			}
			v := p.observe(t, from, to, model)
			seen := map[string]string{}
			if v.err != nil {
				seen[v.err.Param] = "required"
			}
			for _, n := range v.notes {
				if n.Code == ir.CodeDrop {
					seen[n.Path] = map[ir.Level]string{ir.Info: "hint", ir.Warn: "semantic"}[n.Level]
				}
			}
			for path, class := range seen {
				if out[path] == nil {
					out[path] = map[string][]string{}
				}
				out[path][class] = append(out[path][class], model)
			}
		}
	}
	return out
}

// TestClassTable holds the classes of members against what the vendors'
// tables say of them, and every member has one.
func TestClassTable(t *testing.T) {
	want := map[ir.Class][]ir.FieldID{
		ir.Hint: {
			ir.FieldTopK, ir.FieldSeed, ir.FieldVerbosity, ir.FieldParallel, ir.FieldStore, ir.FieldTruncation, ir.FieldCacheKey, ir.FieldTier,
			ir.FieldSpeed, ir.FieldUser, ir.FieldSafetyID, ir.FieldLabels, ir.FieldSafety,
		},
		ir.Required: {
			ir.FieldModalities, ir.FieldAudio, ir.FieldPrevID, ir.FieldConversation, ir.FieldBackground, ir.FieldPrompt, ir.FieldCachedContent,
		},
	}
	for f := ir.FieldMaxOutput; f <= ir.FieldSystem; f++ {
		class := ir.Semantic
		for c, fields := range maps.All(want) {
			if slices.Contains(fields, f) {
				class = c
			}
		}
		if f.Class() != class {
			t.Errorf("the class of field %d is %d, want %d", f, f.Class(), class)
		}
	}
	tool := func(kind ir.ToolKind, typ string) *ir.Tool { return &ir.Tool{Kind: kind, Type: typ} }
	for _, c := range []struct {
		tool   *ir.Tool
		choice string
		want   ir.Class
	}{
		{tool(ir.ToolServer, "file_search"), "", ir.Semantic}, {tool(ir.ToolServer, "file_search"), "file_search", ir.Required},
		{tool(ir.ToolServer, "file_search"), "web_search", ir.Semantic}, {tool(ir.ToolServer, "mcp"), "", ir.Required},
		{tool(ir.ToolTyped, "computer_toolset"), "", ir.Required},
	} {
		if got := c.tool.Class(&ir.ToolChoice{Server: c.choice}); got != c.want {
			t.Errorf("%s with choice %q: got %d, want %d", c.tool.Type, c.choice, got, c.want)
		}
	}
}

// TestServerToolsLost refuses everywhere what a client relies on.
func TestServerToolsLost(t *testing.T) {
	bodies := map[ir.Dialect]string{
		ir.Responses: `{"model":"m","input":"x","tools":[{"type":"mcp","server_label":"s","connector_id":"connector_gmail"}]}`,
		ir.Anthropic: `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}],"tools":[{"type":"computer_toolset_20260801","name":"c"}]}`,
		ir.Gemini:    `{"contents":[{"role":"user","parts":[{"text":"x"}]}],"tools":[{"mcpServers":[{"name":"s"}]}]}`,
	}
	for from, body := range bodies {
		for _, to := range benchDialects {
			if to == from {
				continue
			}
			env := &ir.Envelope{Op: ir.Generate, Dialect: from, Model: "m"}
			_, err := upstreamBody(env, []byte(body), ableTarget(to, able[to][0]), "m")
			if err == nil || !strings.Contains(fmt.Sprint(err), "tools[0]") {
				t.Errorf("%s to %s: %v", from, to, err)
			}
		}
	}
}
