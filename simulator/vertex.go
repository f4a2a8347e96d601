package simulator

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/tidwall/gjson"
)

// vertexPath is where a publisher's model stands on Vertex AI: in a project and a location, or, with an API key, in neither.
var vertexPath = regexp.MustCompile(`^/v1(?:beta1)?(/projects/[a-z0-9.:-]+/locations/[a-z0-9-]+)?/publishers/(google|anthropic)/models/([^/:]+):([A-Za-z]+)$`)

// vertexRoute finds the operation of a request to Vertex AI.
func vertexRoute(p string) (operation, query, bool) {
	m := vertexPath.FindStringSubmatch(p)
	if m == nil {
		return operation{}, query{}, false
	}
	q := query{model: m[3]}
	keyed := m[1] == ""
	op := operation{vendor: googleCloud{}, method: http.MethodPost}
	if keyed {
		op.vendor = gemini{}
	}
	if m[2] == "anthropic" {
		if serve := vertexClaude[m[4]]; serve != nil && !keyed {
			op.serve = inCloud(serve)
		}
		return op, q, true
	}
	if serve := vertexGemini[m[4]]; serve != nil {
		op.serve = serve
		if !keyed {
			op.serve = inCloud(serve)
		}
	}
	return op, q, true
}

type serve = func(s *Simulator, w http.ResponseWriter, r *http.Request, q query)

// vertexGemini are the methods of Google's models.
var vertexGemini = map[string]serve{
	"generateContent":       func(s *Simulator, w http.ResponseWriter, r *http.Request, q query) { s.vertexGenerate(w, r, q, false) },
	"streamGenerateContent": func(s *Simulator, w http.ResponseWriter, r *http.Request, q query) { s.vertexGenerate(w, r, q, true) },
	"countTokens":           (*Simulator).vertexCount,
	"predict":               (*Simulator).vertexPredict,
}

// vertexClaude are the methods of Anthropic's models.
var vertexClaude = map[string]serve{
	"rawPredict":       (*Simulator).vertexRawPredict,
	"streamRawPredict": (*Simulator).vertexRawPredict,
}

// inCloud wants a token.
func inCloud(next serve) serve {
	return func(s *Simulator, w http.ResponseWriter, r *http.Request, q query) {
		if withToken(w, r) {
			next(s, w, r, q)
		}
	}
}

var (
	vertexRequest = func() *shape {
		fields := with(cloudFields, map[string]*shape{"modelArmorConfig": anyObject()})
		delete(fields, "sessionId")
		return object(fields, "contents")
	}()
	vertexCountRequest = object(map[string]*shape{
		"contents": geminiFields["contents"], "systemInstruction": systemContent, "tools": geminiFields["tools"], "generationConfig": geminiConfig,
	}, "contents")
	predictRequest = object(map[string]*shape{
		"instances":  listOf(object(map[string]*shape{"content": str().nonEmpty(), "taskType": str(), "title": str()}, "content")).count(1, 250),
		"parameters": object(map[string]*shape{"outputDimensionality": googleInt(1, 3072), "autoTruncate": boolean()}),
	}, "instances")
)

func (s *Simulator) vertexGenerate(w http.ResponseWriter, r *http.Request, q query, stream bool) {
	err := vertexRequest.check(gemini{}, nil, q.body)
	if err == nil {
		err = vertexRoles(q.body)
	}
	if err == nil && isMissing(q.model) {
		err = gemini{}.noModel(q.model)
	}
	if err == nil {
		err = s.checkGeminiRules(q.model, q.body)
	}
	if err != nil {
		gemini{}.fail(w, err)
		return
	}
	c := readGemini(q.model, q.body)
	c.stream = stream
	s.perform(w, r, c, geminiSpeaker{simulator: s, events: r.URL.Query().Get("alt") == "sse"})
}

// vertexRoles wants a role for every content, and the type of every file.
func vertexRoles(b gjson.Result) *apiError {
	for _, c := range b.Get("contents").Array() {
		if !c.Get("role").Exists() {
			return invalid("Please use a valid role: user, model.")
		}
		for _, p := range c.Get("parts").Array() {
			if f := p.Get("fileData"); f.Exists() && f.Get("mimeType").String() == "" {
				return invalid("Unable to submit request because it must have a mimeType parameter.")
			}
		}
	}
	return nil
}

// vertexCount answers countTokens, whose members stand at the top.
func (s *Simulator) vertexCount(w http.ResponseWriter, _ *http.Request, q query) {
	if err := vertexCountRequest.check(gemini{}, nil, q.body); err != nil {
		gemini{}.fail(w, err)
		return
	}
	sendJSON(w, http.StatusOK, map[string]any{"totalTokens": readGemini(q.model, q.body).countInput(), "totalBillableCharacters": 1})
}

// vertexPredict embeds texts. Models of the family gemini-embedding take one at a time.
func (s *Simulator) vertexPredict(w http.ResponseWriter, r *http.Request, q query) {
	err := predictRequest.check(gemini{}, nil, q.body)
	instances := q.body.Get("instances").Array()
	if err == nil && strings.HasPrefix(family(q.model), "gemini-embedding") && len(instances) > 1 {
		err = invalid("%d instance(s) is/are not allowed per prediction. Only 1 instance(s) is/are allowed.", len(instances))
	}
	if err != nil {
		gemini{}.fail(w, err)
		return
	}
	dimensions := geminiDimensions
	if d := q.body.Get("parameters.outputDimensionality"); d.Exists() {
		dimensions = int(d.Int())
	}
	var texts []string
	predictions := []any{}
	for _, i := range instances {
		text := i.Get("content").String()
		texts = append(texts, text)
		predictions = append(predictions, map[string]any{"embeddings": map[string]any{
			"values": embedding(text, dimensions), "statistics": map[string]any{"token_count": len(strings.Fields(text)), "truncated": false},
		}})
	}
	if err := s.failEmbedding(r, texts); err != nil {
		gemini{}.fail(w, err)
		return
	}
	sendJSON(w, http.StatusOK, map[string]any{"predictions": predictions})
}

// vertexVersion is the only version of the Messages API there.
const vertexVersion = "vertex-2023-10-16"

// vertexRawPredict hands a request of the Messages API on. Its version and its betas stand in the body and in no header,
// and its model in the path, unless tokens are counted.
func (s *Simulator) vertexRawPredict(w http.ResponseWriter, r *http.Request, q query) {
	counts := q.model == "count-tokens"
	streams := strings.HasSuffix(r.URL.Path, ":streamRawPredict")
	say := anthropic{}
	switch {
	case q.body.Get("anthropic_version").String() != vertexVersion:
		say.fail(w, invalid("anthropic_version: Field required"))
		return
	case q.body.Get("model").Exists() != counts:
		say.fail(w, invalid("model: Extra inputs are not permitted"))
		return
	case !counts && q.body.Get("stream").Bool() != streams:
		say.fail(w, invalid("stream: Input should be %t", streams))
		return
	case r.Header.Get("Anthropic-Version") != "" || r.Header.Get("X-Api-Key") != "":
		say.fail(w, invalid("anthropic-version: a version stands in the body"))
		return
	}
	for beta := range strings.SplitSeq(r.Header.Get("Anthropic-Beta"), ",") {
		if beta = strings.TrimSpace(beta); beta != "" && !contains(vertexBetas, beta) {
			say.fail(w, invalid("Unexpected value(s) `%s` for the `anthropic-beta` header.", beta))
			return
		}
	}
	inner := r.Clone(r.Context())
	inner.Header.Set("Anthropic-Version", "2023-06-01")
	body := withoutMember(q.body, "anthropic_version")
	if !counts {
		body = withModel(body, q.model)
		s.messages(w, inner, query{body: body})
		return
	}
	s.countMessages(w, inner, query{body: body})
}

var vertexBetas = []string{
	"interleaved-thinking-2025-05-14", "context-management-2025-06-27", "context-1m-2025-08-07", "token-efficient-tools-2025-02-19",
}

// withoutMember is an object without one of its members.
func withoutMember(b gjson.Result, name string) gjson.Result {
	members := membersOf(b, func(member string) bool { return member != name })
	return gjson.Parse("{" + strings.Join(members, ",") + "}")
}

// withModel is a body of the Messages API that names its model.
func withModel(b gjson.Result, model string) gjson.Result {
	raw := strings.TrimPrefix(b.Raw, "{")
	if raw != "}" {
		raw = "," + raw
	}
	return gjson.Parse(`{"model":"` + model + `"` + raw)
}
