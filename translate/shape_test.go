package translate

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

// TestShapedAnswers answers requests for one of several values, or for what a
// regular expression matches, as Gemini does, at once and piece by piece: the
// client reads the bare text.
func TestShapedAnswers(t *testing.T) {
	const choice, regex = `"guided_choice":["yes","no"]`, `"guided_regex":"[a-z\"]+"`
	for _, c := range []struct {
		name, asked string
		pieces      []string // as they stand in JSON
		want        string
	}{
		{"a value", choice, []string{`yes`}, `yes`},
		{"white space around it", choice, []string{` y`, `es\n`}, `yes`},
		{"a match in quotes", regex, []string{`\"ab`, `c\"`}, `abc`},
		{"escapes inside of it", regex, []string{`\"a\\`, `\"b\"`}, `a\"b`},
		{"a match without quotes", regex, []string{`abc`}, `abc`},
		{"a match cut short", regex, []string{`\"ab`}, `\"ab`},
		{"no such wish", `"seed":1`, []string{` \"a\"`, ` `}, ` \"a\" `},
	} {
		for _, stream := range []bool{false, true} {
			body := fmt.Sprintf(`{"model":"m","messages":[{"role":"user","content":"x"}],%s,"stream":%v}`, c.asked, stream)
			call, err := NewCall(&ir.Envelope{Op: ir.Generate, Dialect: ir.Chat, Header: http.Header{}}, []byte(body))
			if err != nil {
				t.Fatal(err)
			}
			a, err := call.For(ableTarget(ir.Gemini, able[ir.Gemini][0]), "m", 1).Answer(stream)
			if err != nil {
				t.Fatal(err)
			}
			var out []byte
			if stream {
				for i, p := range c.pieces {
					finish := ""
					if i == len(c.pieces)-1 {
						finish = `,"finishReason":"STOP"`
					}
					out = a.Frame(out, sse.Event{Data: []byte(`{"candidates":[{"content":{"parts":[{"text":"` + p + `"}]}` + finish + `}]}`)})
				}
				out = a.Close(out)
			} else {
				out = a.Body(nil, []byte(`{"candidates":[{"content":{"parts":[{"text":"`+strings.Join(c.pieces, "")+`"}]},"finishReason":"STOP"}]}`))
			}
			if got := contentOf(string(out)); got != c.want {
				t.Errorf("%s, streamed %v: the client reads %q in\n%s", c.name, stream, got, out)
			}
		}
	}
}

// contentOf joins the values of the members content, as they stand in JSON.
func contentOf(text string) string {
	var b strings.Builder
	for _, rest := range strings.Split(text, `"content":"`)[1:] {
		for i := 0; i < len(rest) && rest[i] != '"'; i++ {
			if rest[i] == '\\' {
				b.WriteByte(rest[i])
				i++
			}
			b.WriteByte(rest[i])
		}
	}
	return b.String()
}

// TestFormatsInWords asks for what a vendor has no form for in the prompt, and
// tells by the client's own member that it did.
func TestFormatsInWords(t *testing.T) {
	const list = `{"type":"array","items":{"type":"string"}}`
	gemini := func(config string) string {
		return `{"contents":[{"role":"user","parts":[{"text":"x"}]}],"generationConfig":{` + config + `}}`
	}
	chat := func(member string) string {
		return `{"model":"m","messages":[{"role":"user","content":"x"}],` + member + `}`
	}
	for _, c := range []struct {
		from   ir.Dialect
		body   string
		to     ir.Dialect
		want   string
		member string // of the note, "" for none
	}{
		{ir.Gemini, gemini(`"responseMimeType":"application/json","responseJsonSchema":` + list), ir.Anthropic, `"format":{"type":"json_schema","schema":` + list + `}`, ""},
		{ir.Gemini, gemini(`"responseMimeType":"application/json","responseJsonSchema":` + list), ir.Chat, `Respond only with JSON matching: {\"type\":\"array\"`, "generationConfig.responseJsonSchema"},
		{ir.Gemini, gemini(`"responseMimeType":"application/json","responseSchema":{"type":"ARRAY","items":{"type":"STRING"}}`), ir.Responses, `Respond only with JSON matching: {\"type\":\"array\"`, "generationConfig.responseSchema"},
		{ir.Gemini, gemini(`"responseMimeType":"text/x.enum","responseSchema":{"type":"STRING","enum":["a","b"]}`), ir.Responses, `one of these values: [\"a\",\"b\"]`, "generationConfig.responseSchema"},
		{ir.Gemini, gemini(`"responseMimeType":"application/json"`), ir.Anthropic, `Respond with JSON.`, "generationConfig.responseMimeType"},
		{ir.Chat, chat(`"guided_choice":["a","b"]`), ir.Anthropic, `one of these values: [\"a\",\"b\"]`, "guided_choice"},
		{ir.Chat, chat(`"guided_regex":"a+"`), ir.Responses, `regular expression matches: a+`, "guided_regex"},
		{ir.Chat, chat(`"structured_outputs":{"grammar":"x"}`), ir.Anthropic, `this grammar:\nx`, "structured_outputs.grammar"},
		{ir.Chat, chat(`"guided_json":` + list), ir.Responses, `Respond only with JSON matching: {\"type\":\"array\"`, "guided_json"},
	} {
		p := Preview{From: c.from, To: c.to, Model: able[c.to][0]}
		sent, err := p.Request([]byte(c.body))
		if err != nil || !strings.Contains(string(sent.Body), c.want) {
			t.Errorf("%s to %s: %v in\n%s\nwithout\n%s", c.body, c.to, err, sent.Body, c.want)
		}
		if c.member == "" && len(sent.Notes) == 0 {
			continue
		}
		if len(sent.Notes) != 1 || sent.Notes[0].Path != c.member || sent.Notes[0].Code != ir.CodeEmulate {
			t.Errorf("%s to %s: the notes are %v", c.body, c.to, sent.Notes)
		}
	}
}
