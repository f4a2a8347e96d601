package handlers

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/providers"
	"github.com/caddy-ai-gateway/ai-gateway/translate"
	"github.com/caddy-ai-gateway/ai-gateway/translate/envelope"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

// Gemini CLI with a Google login speaks Code Assist: Gemini's dialect in an
// envelope, and a few methods about the account, which are answered here, since
// behind the gateway there is no one account that the client could know.

// codeAssistMethods are the methods below /v1internal. The stream is one of
// events whether or not alt=sse asks for it, since no client asks otherwise.
var codeAssistMethods = map[string]route{
	"generateContent":       {kind: routeGenerate},
	"streamGenerateContent": {kind: routeGenerate, stream: true},
	"countTokens":           {kind: routeCount},
}

// codeAssistAnswers are what clients are told of their account.
var codeAssistAnswers = map[string]string{
	"loadCodeAssist": `{"currentTier":{"id":"standard-tier","name":"AI gateway","description":"Served by this gateway"},` +
		`"allowedTiers":[{"id":"standard-tier","name":"AI gateway","isDefault":true}],"cloudaicompanionProject":"ai-gateway"}`,
	"onboardUser": `{"name":"operations/ai-gateway","done":true,` +
		`"response":{"cloudaicompanionProject":{"id":"ai-gateway","name":"ai-gateway"}}}`,
	"retrieveUserQuota":              `{"buckets":[]}`,
	"fetchAdminControls":             `{}`,
	"recordCodeAssistMetrics":        `{}`,
	"listExperiments":                `{}`,
	"getCodeAssistGlobalUserSetting": `{"cloudaicompanionProject":"ai-gateway","freeTierDataCollectionOptin":false}`,
	"setCodeAssistGlobalUserSetting": `{"cloudaicompanionProject":"ai-gateway","freeTierDataCollectionOptin":false}`,
}

// codeAssistRoute reads what follows /v1internal.
func codeAssistRoute(rest string) route {
	method, ok := strings.CutPrefix(rest, ":")
	rt, serves := codeAssistMethods[method]
	switch {
	case !ok:
		return route{kind: routeUnknown, dialect: ir.Gemini}
	case codeAssistAnswers[method] != "":
		rt = route{kind: routeAnswer, action: method}
	case !serves:
		rt = route{kind: routeUnknown, problem: "unknown method " + method}
	}
	rt.dialect, rt.methods, rt.wrapped = ir.Gemini, "POST", true
	if method == "getCodeAssistGlobalUserSetting" {
		rt.methods = "GET, POST" // Gemini CLI asks for it as for a document
	}
	return rt
}

// answerLocally tells a client of Code Assist about its account.
func (c *call) answerLocally() error {
	if c.route.action == "retrieveUserQuota" {
		return c.sink.whole(http.StatusOK, c.quotaBuckets())
	}
	return c.sink.whole(http.StatusOK, []byte(codeAssistAnswers[c.route.action]))
}

// quotaBuckets tells a client of Code Assist what is left for each model: at the
// account that has most, as far as the vendors have said so. No vendor is asked.
func (c *call) quotaBuckets() []byte {
	best := map[string]providers.Quota{}
	for _, a := range c.listable() {
		for _, q := range LastQuota(a).Left {
			if known, ok := best[q.Model]; q.Model != "" && c.key.MayUse(q.Model) && (!ok || q.Remaining > known.Remaining) {
				best[q.Model] = q
			}
		}
	}
	dst := []byte(`{"buckets":[`)
	for i, model := range slices.Sorted(maps.Keys(best)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		q := best[model]
		dst = ir.AppendQuoted(append(dst, `{"modelId":`...), model)
		dst = strconv.AppendFloat(append(dst, `,"tokenType":"REQUESTS","remainingFraction":`...), q.Remaining, 'f', -1, 64)
		if !q.Resets.IsZero() {
			dst = ir.AppendQuoted(append(dst, `,"resetTime":`...), q.Resets.UTC().Format(time.RFC3339))
		}
		dst = append(dst, '}')
	}
	return append(dst, "]}"...)
}

// openEnvelope takes the body of a client of Code Assist out of its envelope.
func (c *call) openEnvelope(body []byte) ([]byte, error) {
	if !c.route.wrapped {
		return body, nil
	}
	q, err := envelope.Open(body)
	if err != nil {
		return nil, err
	}
	c.env.Model, c.env.Unwrapped = cleanModel(q.Model), true
	return q.Body, nil
}

// wrapped puts an answer in Gemini's dialect into Code Assist's envelope.
type wrapped struct {
	translate.Answer
	trace string
}

// Frame implements translate.Answer. The relay reframes an event whose bytes
// are nothing but its data, so that every event is one line.
func (a wrapped) Frame(dst []byte, ev sse.Event) []byte {
	ev.Raw = ev.Data
	from := len(dst)
	return a.wrap(a.Answer.Frame(dst, ev), from)
}

// Close implements translate.Answer.
func (a wrapped) Close(dst []byte) []byte {
	from := len(dst)
	return a.wrap(a.Answer.Close(dst), from)
}

// Fail implements translate.Answer.
func (a wrapped) Fail(dst []byte, e *ir.Error) []byte {
	from := len(dst)
	return a.wrap(a.Answer.Fail(dst, e), from)
}

// Body implements translate.Answer.
func (a wrapped) Body(dst, body []byte) []byte {
	from := len(dst)
	return a.wrap(a.Answer.Body(dst, body), from)
}

var dataField = []byte("data: ")

// wrap rewrites what was appended from the offset on: events or one body.
func (a wrapped) wrap(dst []byte, from int) []byte {
	if len(dst) == from {
		return dst
	}
	plain := bytes.Clone(dst[from:])
	dst = dst[:from]
	if !bytes.HasPrefix(plain, dataField) {
		return envelope.WrapAnswer(dst, plain, a.trace)
	}
	for line := range bytes.Lines(plain) {
		if data, ok := bytes.CutPrefix(bytes.TrimRight(line, "\r\n"), dataField); ok {
			dst = append(envelope.WrapAnswer(append(dst, dataField...), data, a.trace), "\r\n\r\n"...)
		}
	}
	return dst
}
