package translate

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/png"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// estimated counts a Messages request.
func estimated(t *testing.T, body string) int64 {
	t.Helper()
	env := &ir.Envelope{Op: ir.CountTokens, Dialect: ir.Anthropic}
	c, err := NewCall(env, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	n, err := c.Estimate()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func says(text string) string {
	return `{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"` + text + `"}]}`
}

// TestEstimate counts everything that costs tokens: four ASCII bytes to a
// token, other characters one by one.
func TestEstimate(t *testing.T) {
	base := estimated(t, says("x"))
	words := strings.Repeat("word", 100)
	tests := map[string]struct {
		body     string
		min, max int64 // above the bare request
	}{
		"text":         {says("x" + words), 99, 101},
		"escaped text": {says("x" + strings.Repeat(`\u0061\n`, 200)), 99, 101},
		"Japanese":     {says("x" + strings.Repeat("語", 100)), 100, 120},
		"system":       {strings.Replace(says("x"), `"messages"`, `"system":"`+words+`","messages"`, 1), 99, 110},
		"a tool": {strings.Replace(says("x"), `"messages"`,
			`"tools":[{"name":"get","description":"`+words+`","input_schema":{"type":"object","properties":{"`+words+`":{"type":"string"}}}}],"messages"`, 1), 200, 240},
		"a turn more": {strings.Replace(says("x"), `"messages":[`, `"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"`+words+`"},`, 1), 100, 115},
		"a call and its result": {strings.Replace(says("x"), `"messages":[`,
			`"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"toolu_1","name":"get","input":{"q":"`+words+
				`"}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":[{"type":"text","text":"`+words+`"}]}]},{"role":"assistant","content":"b"},`, 1), 200, 230},
		"thinking": {strings.Replace(says("x"), `"messages":[`,
			`"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"thinking","thinking":"`+words+`","signature":"c2ln"},{"type":"text","text":"b"}]},`, 1), 100, 120},
	}
	for name, test := range tests {
		if got := estimated(t, test.body) - base; got < test.min || got > test.max {
			t.Errorf("%s: %d tokens more, want %d to %d", name, got, test.min, test.max)
		}
	}
	if base < 5 || base > 40 {
		t.Errorf("a bare request has %d tokens", base)
	}
}

// TestEstimateMedia counts images by their size and not by their bytes.
func TestEstimateMedia(t *testing.T) {
	picture := func(width, height int) string {
		var b bytes.Buffer
		if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
			t.Fatal(err)
		}
		return base64.StdEncoding.EncodeToString(b.Bytes())
	}
	block := func(content string) string {
		return `{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[` + content + `,{"type":"text","text":"x"}]}]}`
	}
	base := estimated(t, says("x"))
	source := func(typ, kind, data string) string {
		return block(`{"type":"` + typ + `","source":{"type":"base64","media_type":"` + kind + `","data":"` + data + `"}}`)
	}
	tests := map[string]struct {
		body     string
		min, max int64
	}{
		"a small image":   {source("image", "image/png", picture(10, 10)), 258, 258},
		"a large image":   {source("image", "image/png", picture(1000, 900)), 1200, 1200},
		"a huge image":    {source("image", "image/png", picture(4000, 3000)), 1600, 1600},
		"an image by URL": {block(`{"type":"image","source":{"type":"url","url":"https://example.com/a.png"}}`), 1100, 1100},
		"a broken image":  {source("image", "image/png", "AAAA"), 1100, 1100},
		"a PDF":           {source("document", "application/pdf", strings.Repeat("AAAA", 40000)), 4500, 4500}, // 120,000 bytes
	}
	for name, test := range tests {
		if got := estimated(t, test.body) - base; got < test.min || got > test.max {
			t.Errorf("%s: %d tokens more, want %d to %d", name, got, test.min, test.max)
		}
	}
}

// TestEstimateRefuses what is no request.
func TestEstimateRefuses(t *testing.T) {
	c, err := NewCall(&ir.Envelope{Op: ir.CountTokens, Dialect: ir.Anthropic}, []byte(`{"model":"m","messages":[{"role":"user","content":7}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := c.Estimate(); err == nil || asError(err).Status != 400 {
		t.Errorf("got %d, %v", n, err)
	}
}
