package simulator

import (
	"net/http"
	"strings"

	"github.com/tidwall/gjson"
)

// generateContent answers POST /v1beta/models/{model}:generateContent.
func (s *Simulator) generateContent(w http.ResponseWriter, r *http.Request, q query) {
	s.generate(w, r, q, false)
}

// streamGenerateContent answers POST /v1beta/models/{model}:streamGenerateContent.
func (s *Simulator) streamGenerateContent(w http.ResponseWriter, r *http.Request, q query) {
	s.generate(w, r, q, true)
}

func (s *Simulator) generate(w http.ResponseWriter, r *http.Request, q query, stream bool) {
	if isMissing(q.model) {
		gemini{}.fail(w, gemini{}.noModel(q.model))
		return
	}
	if err := s.checkGemini(q.model, q.body); err != nil {
		gemini{}.fail(w, err)
		return
	}
	c := readGemini(q.model, q.body)
	c.stream = stream
	s.perform(w, r, c, geminiSpeaker{simulator: s, events: r.URL.Query().Get("alt") == "sse"})
}

// countTokens answers POST /v1beta/models/{model}:countTokens.
func (s *Simulator) countTokens(w http.ResponseWriter, _ *http.Request, q query) {
	if isMissing(q.model) {
		gemini{}.fail(w, gemini{}.noModel(q.model))
		return
	}
	if err := geminiCountRequest.check(gemini{}, nil, q.body); err != nil {
		gemini{}.fail(w, err)
		return
	}
	body := q.body
	if inner := (gemini{}).of(body, "generateContentRequest"); inner.Exists() {
		body = inner
		if m := inner.Get("model").String(); strings.TrimPrefix(m, "models/") != q.model {
			gemini{}.fail(w, invalid("The model of generate_content_request '%s' is not the model of the path.", m))
			return
		}
	}
	if err := s.checkContents(q.model, body); err != nil {
		gemini{}.fail(w, err)
		return
	}
	n := readGemini(q.model, body).countInput()
	sendJSON(w, http.StatusOK, map[string]any{
		"totalTokens": n, "promptTokensDetails": []modalityCount{{"TEXT", n}},
	})
}

// readGemini makes a conversation of a request that was checked.
func readGemini(model string, b gjson.Result) *conversation {
	say := gemini{}
	config := say.of(b, "generationConfig")
	c := &conversation{
		model:     model,
		answers:   max(1, int(say.of(config, "candidateCount").Int())),
		maxTokens: int(say.of(config, "maxOutputTokens").Int()),
		choice:    readCallingConfig(say.of(b, "toolConfig", "functionCallingConfig")),
		format:    readGeminiFormat(config),
		reasoning: readThinkingConfig(model, say.of(config, "thinkingConfig")),
	}
	for _, stop := range say.of(config, "stopSequences").Array() {
		c.stops = append(c.stops, stop.String())
	}
	for _, p := range say.of(b, "systemInstruction", "parts").Array() {
		c.system = append(c.system, p.Get("text").String())
	}
	for _, f := range geminiDeclarations(b) {
		schema := say.of(f.Result, "parametersJsonSchema")
		if !schema.Exists() {
			schema = say.of(f.Result, "parameters")
		}
		c.tools = append(c.tools, tool{name: f.Get("name").String(), description: f.Get("description").String(), schema: schema})
	}
	for _, content := range contentsOf(b) {
		t := turn{}
		if content.role == "model" {
			t.role = roleAssistant
		}
		for _, p := range content.parts {
			t.parts = append(t.parts, readGeminiPart(p)...)
		}
		c.turns = append(c.turns, t)
	}
	return c
}

func readGeminiPart(p gjson.Result) []part {
	say := gemini{}
	switch {
	case say.of(p, "thought").Bool():
		return nil
	case p.Get("text").Exists():
		return []part{{kind: partText, text: p.Get("text").String()}}
	case say.of(p, "inlineData").Exists(), say.of(p, "fileData").Exists():
		return []part{readGeminiMedia(p)}
	case say.of(p, "functionCall").Exists():
		f := say.of(p, "functionCall")
		return []part{{kind: partCall, id: f.Get("id").String(), name: f.Get("name").String(), arguments: argsOf(f)}}
	case say.of(p, "functionResponse").Exists():
		f := say.of(p, "functionResponse")
		result := part{kind: partResult, id: f.Get("id").String(), name: f.Get("name").String()}
		result.text, result.failed = functionAnswer(f.Get("response"))
		parts := []part{result}
		for _, inner := range f.Get("parts").Array() {
			parts = append(parts, readGeminiMedia(inner))
		}
		return parts
	}
	return nil
}

func readGeminiMedia(p gjson.Result) part {
	say := gemini{}
	if blob := say.of(p, "inlineData"); blob.Exists() {
		return attachmentData(say.of(blob, "mimeType").String(), blob.Get("data").String())
	}
	file := say.of(p, "fileData")
	return part{kind: partAttachment, mime: say.of(file, "mimeType").String(), url: say.of(file, "fileUri").String()}
}

// functionAnswer is what a function answered: the text under its usual key, or the object.
func functionAnswer(response gjson.Result) (text string, failed bool) {
	if err := response.Get("error"); err.Type == gjson.String {
		return err.String(), true
	}
	for _, key := range []string{"output", "result", "content"} {
		if v := response.Get(key); v.Type == gjson.String {
			return v.String(), false
		}
	}
	return response.Raw, false
}

// readThinkingConfig tells how the model thinks; Gemini 3 always does.
func readThinkingConfig(model string, c gjson.Result) reasoning {
	say := gemini{}
	budget := say.of(c, "thinkingBudget")
	on := c.Exists() && !(budget.Exists() && budget.Int() == 0) || geminiVersion(model) >= 300
	return reasoning{on: on, shown: say.of(c, "includeThoughts").Bool(), sealed: on}
}

func readCallingConfig(c gjson.Result) choice {
	say := gemini{}
	made := choice{}
	switch strings.ToUpper(say.of(c, "mode").String()) {
	case "NONE":
		made.forbidden = true
	case "ANY":
		made.forced = true
	}
	for _, n := range say.of(c, "allowedFunctionNames").Array() {
		made.only = append(made.only, n.String())
	}
	return made
}

func readGeminiFormat(config gjson.Result) format {
	say := gemini{}
	mime := say.of(config, "responseMimeType").String()
	f := format{json: mime == "application/json" || mime == "text/x.enum", enum: mime == "text/x.enum"}
	for _, name := range []string{"responseSchema", "responseJsonSchema", "_responseJsonSchema"} {
		if schema := say.of(config, name); schema.Exists() {
			f.schema = schema
		}
	}
	return f
}

// embedContent answers POST /v1beta/models/{model}:embedContent.
func (s *Simulator) embedContent(w http.ResponseWriter, r *http.Request, q query) {
	if err := embedRequest.check(gemini{}, nil, q.body); err != nil {
		gemini{}.fail(w, err)
		return
	}
	values, err := s.embedAll(r, q.model, []gjson.Result{q.body})
	if err != nil {
		gemini{}.fail(w, err)
		return
	}
	sendJSON(w, http.StatusOK, map[string]any{"embedding": values[0]})
}

// batchEmbedContents answers POST /v1beta/models/{model}:batchEmbedContents.
func (s *Simulator) batchEmbedContents(w http.ResponseWriter, r *http.Request, q query) {
	if err := batchEmbedRequest.check(gemini{}, nil, q.body); err != nil {
		gemini{}.fail(w, err)
		return
	}
	values, err := s.embedAll(r, q.model, q.body.Get("requests").Array())
	if err != nil {
		gemini{}.fail(w, err)
		return
	}
	sendJSON(w, http.StatusOK, map[string]any{"embeddings": values})
}

type geminiEmbedding struct {
	Values []float32 `json:"values"`
}

func (s *Simulator) embedAll(r *http.Request, model string, requests []gjson.Result) ([]geminiEmbedding, *apiError) {
	say := gemini{}
	if isMissing(model) {
		return nil, say.noModel(model)
	}
	var texts []string
	values := []geminiEmbedding{}
	for i, e := range requests {
		if m := e.Get("model"); m.Exists() && strings.TrimPrefix(m.String(), "models/") != model {
			return nil, invalid("* BatchEmbedContentsRequest.requests[%d].model: model does not match the model of the path.", i)
		}
		var text []string
		for _, p := range e.Get("content.parts").Array() {
			text = append(text, p.Get("text").String())
		}
		if strings.Join(text, "") == "" {
			return nil, invalid("* EmbedContentRequest.content: contents is not specified\n")
		}
		dimensions := geminiDimensions
		if d := say.of(e, "outputDimensionality"); d.Exists() {
			dimensions = int(d.Int())
		}
		texts = append(texts, strings.Join(text, "\n"))
		values = append(values, geminiEmbedding{embedding(texts[i], dimensions)})
	}
	return values, s.failEmbedding(r, texts)
}
