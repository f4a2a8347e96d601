package translate

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// hostile are bodies that make a careless translator slow or greedy: many of
// what honest requests hold few of.
func hostile(d ir.Dialect, n int) map[string]string {
	many := func(format string) string {
		var b strings.Builder
		for i := range n {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(strings.ReplaceAll(format, "#", fmt.Sprint(i)))
		}
		return b.String()
	}
	deep := strings.Repeat(`[`, n) + strings.Repeat(`]`, n)
	switch d {
	case ir.Chat:
		const head = `{"model":"m","messages":[{"role":"user","content":"x"},`
		return map[string]string{
			"messages":       head + many(`{"role":"user","content":"a"}`) + `]}`,
			"parts":          `{"model":"m","messages":[{"role":"user","content":[` + many(`{"type":"text","text":"a","odd#":1}`) + `]}]}`,
			"calls":          head + `{"role":"assistant","tool_calls":[` + many(`{"id":"c#","type":"function","function":{"name":"f#","arguments":"{}"}}`) + `]}]}`,
			"same ids":       head + `{"role":"assistant","tool_calls":[` + many(`{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}`) + `]}]}`,
			"pairs":          head + many(`{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f#","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"r"}`) + `]}`,
			"orphans":        head + many(`{"role":"tool","tool_call_id":"c#","content":"r"}`) + `]}`,
			"orphans of one": head + `{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},` + many(`{"role":"tool","tool_call_id":"c","content":"r"}`) + `]}`,
			"nameless":       head + many(`{"role":"tool","content":"r"}`) + `]}`,
			"tools":          head[:len(head)-1] + `],"tools":[` + many(`{"type":"function","function":{"name":"f.#"}}`) + `]}`,
			"same tools":     head[:len(head)-1] + `],"tools":[` + many(`{"type":"function","function":{"name":"f"}}`) + `]}`,
			"allowed":        head[:len(head)-1] + `],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[` + many(`{"type":"function","function":{"name":"f#"}}`) + `]}},"tools":[` + many(`{"type":"function","function":{"name":"f#"}}`) + `]}`,
			"stops":          head[:len(head)-1] + `],"stop":[` + many(`"s#"`) + `]}`,
			"members":        head[:len(head)-1] + `],` + many(`"odd#":#`) + `}`,
			"deep":           head[:len(head)-1] + `],"odd":` + deep + `}`,
			"deep schema":    head[:len(head)-1] + `],"tools":[{"type":"function","function":{"name":"f","parameters":` + strings.Repeat(`{"type":"object","properties":{"a":`, n) + `{}` + strings.Repeat(`}}`, n) + `}}]}`,
			"concatenated":   head + `{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"` + strings.Repeat(`{}`, n) + `"}}]}]}`,
			"backslashes":    `{"model":"m","messages":[{"role":"user","content":"` + strings.Repeat(`\\`, n) + `"}]}`,
		}
	case ir.Responses:
		const head = `{"model":"m","input":[{"role":"user","content":"x"},`
		return map[string]string{
			"items":     head + many(`{"role":"user","content":"a"}`) + `]}`,
			"calls":     head + many(`{"type":"function_call","call_id":"c#","name":"f#","arguments":"{}"}`) + `]}`,
			"pairs":     head + many(`{"type":"function_call","call_id":"c","name":"f#","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"r"}`) + `]}`,
			"outputs":   head + `{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},` + many(`{"type":"function_call_output","call_id":"c","output":"r"}`) + `]}`,
			"reasoning": head + many(`{"type":"reasoning","id":"r#","summary":[]}`) + `]}`,
			"odd items": head + many(`{"type":"odd#"}`) + `]}`,
			"namespace": head[:len(head)-1] + `],"tools":[{"type":"namespace","name":"n","tools":[` + many(`{"type":"function","name":"f#"}`) + `]}]}`,
			"nested":    head[:len(head)-1] + `],"tools":[` + strings.Repeat(`{"type":"namespace","name":"n","tools":[`, min(n, 120)) + strings.Repeat(`]}`, min(n, 120)) + `]}`,
		}
	case ir.Anthropic:
		const head = `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"},`
		return map[string]string{
			"blocks":         head + `{"role":"user","content":[` + many(`{"type":"text","text":"a","odd":#}`) + `]}]}`,
			"calls":          head + `{"role":"assistant","content":[` + many(`{"type":"tool_use","id":"c#","name":"f#","input":{}}`) + `]}]}`,
			"results":        head + `{"role":"assistant","content":[` + many(`{"type":"tool_use","id":"c#","name":"f","input":{}}`) + `]},{"role":"user","content":[` + many(`{"type":"tool_result","tool_use_id":"c#","content":"r"}`) + `]}]}`,
			"system":         head[:len(head)-1] + `],"system":[` + many(`{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}`) + `]}`,
			"caches":         head + `{"role":"user","content":[` + many(`{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}`) + `]}]}`,
			"servers":        head[:len(head)-1] + `],"mcp_servers":[` + many(`{"type":"url","name":"s#","url":"https://e.com"}`) + `]}`,
			"nested results": head + `{"role":"user","content":` + strings.Repeat(`[{"type":"tool_result","tool_use_id":"c","content":`, min(n, 120)) + `"x"` + strings.Repeat(`}]`, min(n, 120)) + `}]}`,
		}
	default:
		const head = `{"contents":[{"role":"user","parts":[{"text":"x"}]},`
		return map[string]string{
			"contents":   head + many(`{"role":"user","parts":[{"text":"a"}]}`) + `]}`,
			"parts":      head + `{"role":"user","parts":[` + many(`{"text":"a","odd#":1}`) + `]}]}`,
			"calls":      head + `{"role":"model","parts":[` + many(`{"functionCall":{"name":"f#","args":{}}}`) + `]}]}`,
			"same calls": head + `{"role":"model","parts":[` + many(`{"functionCall":{"name":"f","args":{}}}`) + `]},{"role":"user","parts":[` + many(`{"functionResponse":{"name":"f","response":{}}}`) + `]}]}`,
			"odd ids":    head + `{"role":"model","parts":[` + many(`{"functionCall":{"id":"a#","name":"f","args":{}}}`) + `]},{"role":"user","parts":[` + many(`{"functionResponse":{"id":"b#","name":"f","response":{}}}`) + `]}]}`,
			"signatures": head + `{"role":"model","parts":[` + many(`{"text":"a","thoughtSignature":"c2ln"}`) + `]}]}`,
			"functions":  head[:len(head)-1] + `],"tools":[` + many(`{"functionDeclarations":[{"name":"f#"}]}`) + `]}`,
			"allowed":    head[:len(head)-1] + `],"tools":[{"functionDeclarations":[` + many(`{"name":"f#"}`) + `]}],"toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":[` + many(`"f#"`) + `]}}}`,
		}
	}
}

// TestHostileRequests translates bodies that are hostile by their shape: when
// they are eight times as long, neither time nor memory may grow with the
// square of that.
func TestHostileRequests(t *testing.T) {
	const few, many = 1000, 8 * 1000
	for _, from := range benchDialects {
		small := hostile(from, few)
		for name, body := range hostile(from, many) {
			for _, to := range benchDialects {
				took, used := cost(from, to, body)
				if limit := uint64(200*len(body) + 1<<20); used > limit {
					t.Errorf("%s to %s, %s: %d bytes allocated %d", from, to, name, len(body), used)
				}
				if took > quick && !grows(from, to, small[name], body) {
					t.Errorf("%s to %s, %s: the time grows with the square of the length", from, to, name)
				}
			}
		}
	}
}

// quick is what no translation of these bodies need be questioned about.
const quick = 100 * time.Millisecond

// grows reports whether a body that is eight times as long takes about eight
// times as long, and not 64 times. The best of several measurements count: a
// busy machine makes them longer, never shorter.
func grows(from, to ir.Dialect, small, large string) bool {
	shortest, best := time.Hour, time.Hour
	for range 20 {
		before, _ := cost(from, to, small)
		took, _ := cost(from, to, large)
		shortest, best = min(shortest, before), min(best, took)
		if best <= quick || best < 30*shortest {
			return true
		}
	}
	return false
}

// cost is the time and the memory that a translation takes. The body may be
// refused.
func cost(from, to ir.Dialect, body string) (time.Duration, uint64) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	env := &ir.Envelope{Op: ir.Generate, Dialect: from, Header: http.Header{}, Model: "m"}
	_, _ = upstreamBody(env, []byte(body), ableTarget(to, able[to][0]), "m")
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	return took, after.TotalAlloc - before.TotalAlloc
}
