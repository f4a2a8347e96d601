package envelope

import (
	"bytes"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// Antigravity is what stands around a request of Gemini's inside Antigravity. Empty members are left out.
type Antigravity struct {
	Model   string
	Project string
	Kind    string // agent or image_gen; a search on the web is recognised by the request's tools
	ID      string // of the attempt
	Agent   string // who asks
	Session string // an id of the conversation
	Credits bool   // the account's credits may be spent when its quota is
	Plain   bool   // the model takes no requests of the kind that searches the web
}

// notTaken are members of Gemini's own requests that Antigravity refuses, or that tell of the client.
var notTaken = map[string]bool{"model": true, "safetySettings": true, "labels": true, "store": true, "session_id": true, "sessionId": true}

// kindSearch is the kind of a request that searches the web and calls no functions. It carries neither an id nor a session.
const kindSearch = "web_search"

// Wrap returns a body of streamGenerateContent in its envelope.
func (a Antigravity) Wrap(body []byte) ([]byte, error) {
	out := append(make([]byte, 0, len(body)+len(a.Model)+len(a.Project)+256), `{"request":{`...)
	kind := a.Kind
	var r jsonx.Reader
	r.Reset(body)
	for in := r.Object(); in && r.Member(); {
		key := r.Key()
		if notTaken[key] {
			continue
		}
		from := len(out)
		out = appendMember(out, key, &r)
		if key == "tools" && !a.Plain && onlySearches(out[from:]) {
			kind = kindSearch
		}
	}
	if err := r.End(); err != nil {
		return nil, ir.Invalid("", "Failed to parse request body: %s", err.Error())
	}
	id := a.ID
	if kind == kindSearch {
		id = ""
	}
	if a.Session != "" && kind != kindSearch && kind != "image_gen" {
		out = ir.AppendQuoted(appendKey(out, "sessionId"), a.Session)
	}
	out = append(out, '}')
	for _, m := range [...]struct{ key, value string }{
		{"model", a.Model}, {"project", a.Project}, {"requestId", id}, {"requestType", kind}, {"userAgent", a.Agent},
	} {
		if m.value != "" {
			out = ir.AppendQuoted(appendKey(out, m.key), m.value)
		}
	}
	if a.Credits {
		out = append(out, `,"enabledCreditTypes":["GOOGLE_ONE_AI"]`...)
	}
	return append(out, '}'), nil
}

// onlySearches says whether tools are Google's search alone.
func onlySearches(tools []byte) bool {
	return bytes.Contains(tools, []byte(`"googleSearch"`)) && !bytes.Contains(tools, []byte(`"functionDeclarations"`))
}

// WrapCount returns a body of countTokens in its envelope, which takes the conversation alone.
func (Antigravity) WrapCount(body []byte) ([]byte, error) {
	return wrapContents(append(make([]byte, 0, len(body)+32), `{"request":{`...), body)
}

// wrapContents appends the member contents of a body and closes the envelope.
func wrapContents(out, body []byte) ([]byte, error) {
	var r jsonx.Reader
	r.Reset(body)
	for in := r.Object(); in && r.Member(); {
		if r.Key() == "contents" {
			out = appendMember(out, "contents", &r)
		}
	}
	if err := r.End(); err != nil {
		return nil, ir.Invalid("", "Failed to parse request body: %s", err.Error())
	}
	return append(out, "}}"...), nil
}
