package grammar

import (
	"encoding/json"
	"fmt"
	"slices"
)

// geminiFinishes are the finish reasons of Gemini.
var geminiFinishes = []string{
	"STOP", "MAX_TOKENS", "SAFETY", "RECITATION", "LANGUAGE", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MALFORMED_FUNCTION_CALL",
	"UNEXPECTED_TOOL_CALL",
}

// geminiStream is the grammar of Gemini: every event is an answer with some of the parts; the last one of a candidate
// has its finish reason, and the last one of all has the usage.
type geminiStream struct {
	id, model string
	text      string
	finished  map[int]bool
	parts     int
	usage     bool // the last chunk has it
	blocked   bool
	failed    bool
}

func (g *geminiStream) event(r *Report, e event) {
	n := parse(r, fmt.Sprintf("chunk %d", r.Events), e.data)
	g.chunk(r, n)
}

func (g *geminiStream) chunk(r *Report, n node) {
	if g.failed {
		n.fail("chunk after an error")
		return
	}
	if n.has("error") {
		checkGeminiError(n.object("error"), 0)
		g.failed, r.Ending = true, Failed
		return
	}
	id, model := n.id("responseId"), n.id("modelVersion")
	if g.finished == nil {
		g.id, g.model, g.finished = id, model, map[int]bool{}
	}
	same(n, "responseId", id, g.id)
	same(n, "modelVersion", model, g.model)
	g.usage = n.has("usageMetadata")
	if g.usage {
		checkGeminiUsage(n.object("usageMetadata"))
	}
	if n.has("promptFeedback") {
		n.object("promptFeedback").id("blockReason")
		g.blocked = true
	}
	for _, c := range n.maybe("candidates") {
		index := c.optional("index")
		if g.finished[index] {
			c.fail("candidate %d goes on after its finishReason", index)
		}
		text, parts := checkCandidate(c)
		if index == 0 {
			g.text += text
		}
		g.parts += parts
		if c.has("finishReason") {
			c.is("finishReason", geminiFinishes...)
			g.finished[index] = true
		}
	}
	if len(g.finished) > 0 || g.blocked {
		r.Ending = Complete
	}
}

func (g *geminiStream) end(r *Report, o Options) {
	n := node{r: r, where: "stream"}
	r.Text = g.text
	if r.Ending != Complete || o.Prefix {
		return
	}
	if !g.usage {
		n.fail("the last chunk has no usageMetadata")
	}
	if g.blocked && len(g.finished) > 0 {
		n.fail("a candidate of a blocked prompt")
	}
}

// checkArray checks a stream that is one JSON array.
func checkArray(r *Report, body []byte, o Options) {
	var chunks []json.RawMessage
	if err := json.Unmarshal(body, &chunks); err != nil && !o.Prefix {
		r.fail("the stream is not a JSON array: %v: %.200s", err, body)
		return
	}
	g := &geminiStream{}
	for i, raw := range chunks {
		r.Events++
		g.chunk(r, parse(r, fmt.Sprintf("element %d", i), raw))
	}
	g.end(r, o)
}

// geminiData are the members of a part of which it has exactly one.
var geminiData = []string{"text", "functionCall", "functionResponse", "inlineData", "fileData", "executableCode", "codeExecutionResult"}

// checkCandidate checks what all candidates have in common, and returns the visible text and the number of parts.
func checkCandidate(n node) (string, int) {
	if !n.has("content") {
		return "", 0
	}
	content := n.object("content")
	same(content, "role", content.text("role"), "model")
	text := ""
	parts := content.maybe("parts")
	for _, p := range parts {
		checkGeminiPart(p)
		if thought, _ := p.get("thought"); thought.v != true && p.has("text") {
			text += p.text("text")
		}
	}
	return text, len(parts)
}

func checkGeminiPart(p node) {
	set := 0
	for _, name := range geminiData {
		if p.has(name) {
			set++
		}
	}
	if set != 1 {
		p.fail("a part has %d of its data: %v", set, p.v)
	}
	if p.has("thoughtSignature") {
		p.id("thoughtSignature")
	}
	if p.has("functionCall") {
		f := p.object("functionCall")
		f.id("name")
		f.object("args")
		f.only("id", "name", "args")
	}
}

// wholeGemini checks an answer and returns its text.
func wholeGemini(n node) string {
	n.id("responseId")
	n.id("modelVersion")
	checkGeminiUsage(n.object("usageMetadata"))
	text := ""
	list := n.maybe("candidates")
	if len(list) == 0 && !n.has("promptFeedback") {
		n.fail("neither candidates nor promptFeedback")
	}
	for i, c := range list {
		same(c, "index", c.optional("index"), i)
		c.is("finishReason", geminiFinishes...)
		visible, _ := checkCandidate(c)
		if i == 0 {
			text = visible
		}
	}
	return text
}

func checkGeminiUsage(n node) {
	prompt, total := n.number("promptTokenCount"), n.number("totalTokenCount")
	sum := prompt + n.optional("candidatesTokenCount") + n.optional("thoughtsTokenCount") + n.optional("toolUsePromptTokenCount")
	same(n, "totalTokenCount", total, sum)
	if cached := n.optional("cachedContentTokenCount"); cached > prompt {
		n.fail("%d cached of %d prompt tokens", cached, prompt)
	}
}

// geminiStatuses are the names of statuses, and the HTTP statuses that they come with.
var geminiStatuses = map[string][]int{
	"INVALID_ARGUMENT": {400, 405, 413, 415, 422}, "FAILED_PRECONDITION": {400, 426}, "UNAUTHENTICATED": {401}, "PERMISSION_DENIED": {402, 403},
	"NOT_FOUND": {404}, "ABORTED": {409}, "ALREADY_EXISTS": {409}, "RESOURCE_EXHAUSTED": {429}, "CANCELLED": {499},
	"INTERNAL": {500}, "UNIMPLEMENTED": {501, 405}, "UNAVAILABLE": {502, 503, 529}, "DEADLINE_EXCEEDED": {504, 408},
}

// checkGeminiError checks an error; a status of 0 stands for one inside of a stream.
func checkGeminiError(n node, status int) {
	n.id("message")
	code := n.number("code")
	name := n.text("status")
	statuses, ok := geminiStatuses[name]
	switch {
	case !ok:
		n.fail("unknown status %q", name)
	case !slices.Contains(statuses, code):
		n.fail("status %q with code %d", name, code)
	case status != 0 && code != status:
		n.fail("code %d in an answer of status %d", code, status)
	}
	for _, d := range n.maybe("details") {
		d.id("@type")
	}
}
