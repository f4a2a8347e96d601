package envelope

import (
	"bytes"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// CodeAssist is what stands around a request of Gemini's inside Code Assist. Empty members are left out.
type CodeAssist struct {
	Model   string
	Project string
	Prompt  string // an id of the request
	Session string // an id of the conversation
}

// Wrap returns a body of generateContent in its envelope. What names the model inside is left out.
func (c CodeAssist) Wrap(body []byte) ([]byte, error) {
	out := make([]byte, 0, len(body)+len(c.Model)+len(c.Project)+128)
	out = append(ir.AppendQuoted(append(out, `{"model":`...), c.Model), `,`...)
	if c.Project != "" {
		out = append(ir.AppendQuoted(append(out, `"project":`...), c.Project), ',')
	}
	if c.Prompt != "" {
		out = append(ir.AppendQuoted(append(out, `"user_prompt_id":`...), c.Prompt), ',')
	}
	out = append(out, `"request":{`...)
	var r jsonx.Reader
	r.Reset(body)
	named := false
	for in := r.Object(); in && r.Member(); {
		key := r.Key()
		if key == "model" {
			continue
		}
		named = named || key == "session_id" || key == "sessionId"
		out = appendMember(out, key, &r)
	}
	if err := r.End(); err != nil {
		return nil, ir.Invalid("", "Failed to parse request body: %s", err.Error())
	}
	if !named && c.Session != "" {
		out = ir.AppendQuoted(appendKey(out, "session_id"), c.Session)
	}
	return append(out, "}}"...), nil
}

// WrapCount returns a body of countTokens in its envelope, which takes the conversation alone.
func (c CodeAssist) WrapCount(body []byte) ([]byte, error) {
	return wrapContents(ir.AppendQuoted(append(make([]byte, 0, len(body)+64), `{"request":{"model":`...), "models/"+c.Model), body)
}

// Unwrap appends what an answer, or a frame of one, holds inside its envelope. The envelope's trace becomes the answer's
// id if it has none, and usage that stands beside the answer becomes its own. What is in no envelope, such as an error, is
// appended as it is.
func Unwrap(dst, data []byte) []byte {
	var r jsonx.Reader
	r.Reset(data)
	if r.Kind() != jsonx.Object {
		return append(dst, data...)
	}
	var inner, usage []byte
	var trace ir.Text
	for in := r.Object(); in && r.Member(); {
		switch r.Key() {
		case "response":
			if r.Kind() == jsonx.Object {
				inner = r.Raw()
			}
		case "traceId":
			trace = r.TextIfAny()
		case "usageMetadata":
			if r.Kind() == jsonx.Object {
				usage = r.Raw()
			}
		}
	}
	if r.End() != nil || inner == nil {
		return append(dst, data...)
	}
	id := trace.String()
	if id != "" && hasMember(inner, "responseId") {
		id = ""
	}
	if usage != nil && hasMember(inner, "usageMetadata") {
		usage = nil
	}
	if id == "" && usage == nil {
		return append(dst, inner...)
	}
	at := bytes.LastIndexByte(inner, '}')
	dst = append(dst, bytes.TrimRight(inner[:at], " \t\r\n")...)
	if id != "" {
		dst = ir.AppendQuoted(appendKey(dst, "responseId"), id)
	}
	if usage != nil {
		dst = append(appendKey(dst, "usageMetadata"), usage...)
	}
	return append(dst, '}')
}

// hasMember says whether an object has a member of the name.
func hasMember(object []byte, name string) bool {
	var r jsonx.Reader
	r.Reset(object)
	found := false
	for in := r.Object(); in && r.Member(); {
		found = found || r.Key() == name
	}
	return found
}

// Request is what a client has put into the envelope.
type Request struct {
	Model string // without the prefix models/; empty if none is named
	Body  []byte // of Gemini's own method
}

// Open takes a client's request out of its envelope. The body aliases the given one.
func Open(body []byte) (Request, error) {
	var q Request
	var inside ir.Text
	var r jsonx.Reader
	r.Reset(body)
	for in := r.Object(); in && r.Member(); {
		switch r.Key() {
		case "model":
			q.Model = r.TextIfAny().String()
		case "request":
			if r.Kind() == jsonx.Object {
				q.Body = r.Raw()
			}
		}
	}
	if err := r.End(); err != nil {
		return q, ir.Invalid("", "Failed to parse request body: %s", err.Error())
	}
	if q.Body == nil {
		return q, ir.Invalid("request", "request: the envelope holds no request")
	}
	if q.Model == "" { // countTokens names it inside
		sub := r.Sub(q.Body)
		for in := sub.Object(); in && sub.Member(); {
			if sub.Key() == "model" {
				inside = sub.TextIfAny()
			}
		}
		q.Model = inside.String()
	}
	return q, nil
}

// WrapAnswer appends an answer, or a frame of one, of Gemini's in its envelope. Errors stand in none.
func WrapAnswer(dst, data []byte, trace string) []byte {
	if hasMember(data, "error") {
		return append(dst, data...)
	}
	dst = append(append(dst, `{"response":`...), data...)
	return append(ir.AppendQuoted(append(dst, `,"traceId":`...), trace), '}')
}
