package handlers

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// redacted stands for a secret in what an upstream has said.
const redacted = "[redacted]"

// secretHeaders carry credentials, whoever set them.
var secretHeaders = []string{"Authorization", "Proxy-Authorization", "X-Api-Key", "X-Goog-Api-Key", "Api-Key", "Cookie"}

// publicHeaders are those of an operator's own that hold no secret, and whose
// values belong into an error that is about them.
var publicHeaders = map[string]bool{
	"Anthropic-Beta": true, "Anthropic-Version": true, "User-Agent": true, "Openai-Organization": true, "Openai-Project": true,
	"Openai-Beta": true, "Http-Referer": true, "Referer": true, "X-Title": true, "Accept": true, "Accept-Language": true, "Content-Type": true,
}

// shortestSecret is how long a value must be to be taken out of a text, of
// which shorter ones may be a part by chance.
const shortestSecret = 6

// refusal reads an upstream's error answer, without the secrets that the
// request to it carried: some upstreams repeat what they were sent. The code is
// one word or nothing, since it goes into logs.
func (u *Upstream) refusal(dialect ir.Dialect, resp *http.Response, body []byte) *ir.Error {
	e := translate.UpstreamOf(dialect).DecodeError(resp.StatusCode, resp.Header, u.redact(resp.Request, body))
	if !isWord(e.Code) {
		e.Code = ""
	}
	return e
}

// redact takes the account's secrets out of a text.
func (u *Upstream) redact(sent *http.Request, text []byte) []byte {
	for _, secret := range u.secrets(sent) {
		for _, form := range spellings(secret) {
			text = bytes.ReplaceAll(text, []byte(form), []byte(redacted))
		}
	}
	return text
}

// secrets are those of the account, and what a request carried besides.
func (u *Upstream) secrets(sent *http.Request) (list []string) {
	add := func(secret string) {
		if len(secret) >= shortestSecret {
			list = append(list, secret)
		}
	}
	header := func(name string, values []string) {
		for _, value := range values {
			if name == "Cookie" {
				for pair := range strings.SplitSeq(value, ";") {
					_, value, _ := strings.Cut(pair, "=")
					add(strings.TrimSpace(value))
				}
				continue
			}
			_, token, ok := strings.Cut(value, " ")
			if add(value); ok {
				add(token) // behind Bearer
			}
		}
	}
	add(u.Secret)
	for name, values := range u.Header {
		if !publicHeaders[name] {
			header(name, values)
		}
	}
	if sent == nil {
		return list
	}
	for _, name := range secretHeaders {
		header(name, sent.Header.Values(name))
	}
	for name, values := range sent.URL.Query() {
		for _, value := range values {
			if secretParameter.MatchString(name) {
				add(value)
			}
		}
	}
	return list
}

// secretParameter fits the names of a base URL's parameters that carry
// credentials, such as key, api_key, access_token and sig.
var secretParameter = regexp.MustCompile(`(?i)key|token|secret|password|auth|sig`)

// spellings are a secret as it may stand in a text, in JSON and in a URL.
func spellings(secret string) []string {
	list := []string{secret}
	if quoted, err := json.Marshal(secret); err == nil {
		if inner := string(quoted[1 : len(quoted)-1]); inner != secret {
			list = append(list, inner)
		}
	}
	if escaped := url.QueryEscape(secret); escaped != secret {
		list = append(list, escaped)
	}
	return list
}

// isWord reports whether a code is one, and no place for anything else.
func isWord(code string) bool {
	if len(code) > 64 {
		return false
	}
	return !strings.ContainsFunc(code, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_.:/-", r))
	})
}
