package providers

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// validationRequired is Google's word for an account whose owner must prove in a browser to be a person.
const validationRequired = "VALIDATION_REQUIRED"

// googleFault is what an error of Code Assist and its siblings tells besides what every error of Google does.
type googleFault struct {
	Message string `json:"message"`
	Details []struct {
		Reason     string            `json:"reason"`
		RetryDelay string            `json:"retryDelay"`
		Metadata   map[string]string `json:"metadata"`
		Links      []struct {
			URL string `json:"url"`
		} `json:"links"`
	} `json:"details"`
}

// readFault reads the body of an error, or the value of its member error, also inside of an array.
func readFault(raw []byte) (f googleFault, ok bool) {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil && len(list) > 0 {
		raw = list[0]
	}
	var body struct {
		Error *googleFault `json:"error"`
	}
	if json.Unmarshal(raw, &body) == nil && body.Error != nil {
		return *body.Error, true
	}
	return f, json.Unmarshal(raw, &f) == nil
}

// readGoogleError reads what Code Assist and Antigravity mean: their limits are those of one model at one account, a lack
// of capacity is nobody's, and some refusals call for the account's owner.
func readGoogleError(e *ir.Error) {
	f, ok := readFault(e.Raw)
	if !ok {
		return
	}
	f.unwrap(e)
	code, link := f.marks()
	switch {
	case code == "MODEL_CAPACITY_EXHAUSTED", code == "MODEL_CAPACITY_EXCEEDED", e.Status == 503 && strings.Contains(strings.ToLower(f.Message), "no capacity available"):
		e.Kind, e.Status, e.Code = ir.ErrOverloaded, http.StatusServiceUnavailable, code
	case e.Status == http.StatusTooManyRequests:
		e.Kind, e.RetryAfter = ir.ErrRateLimit, max(f.delay(time.Now()), e.RetryAfter)
		if code != "" {
			e.Code = code
		}
	case outdated.MatchString(f.Message):
		e.Kind, e.Status, e.Code = ir.ErrNotFound, http.StatusNotFound, "client_version"
		e.Advice = "the service does not serve this model to this gateway; name other models for the account"
	case e.Status == http.StatusForbidden && code == validationRequired:
		e.Kind, e.Code, e.Final = ir.ErrPermission, code, true
		e.Advice = "Google wants the account's owner to verify it in a browser" + link
	case e.Status == http.StatusForbidden && violation.MatchString(f.Message):
		e.Kind, e.Code, e.Final = ir.ErrPermission, "TERMS_OF_SERVICE", true
		e.Advice = "Google has disabled the service in this account, for a violation of its terms as it says; appeal there and enable the account again, or take it out of the configuration" + link
	}
}

var (
	outdated  = regexp.MustCompile(`(?i)version .*no longer supported`)
	violation = regexp.MustCompile(`(?i)terms of service`)
	spokenFor = regexp.MustCompile(`(?i)\b(?:after|in) (\d[\dhms.]*)`)
)

// unwrap takes the error of a model's vendor out of Google's: for Claude the message is such an error as a whole.
func (f *googleFault) unwrap(e *ir.Error) {
	var inner struct {
		Error struct {
			Type    string `json:"type"`
			Message string `json:"message"`
		} `json:"error"`
	}
	if !strings.HasPrefix(f.Message, "{") || json.Unmarshal([]byte(f.Message), &inner) != nil || inner.Error.Message == "" {
		return
	}
	f.Message, e.Message = inner.Error.Message, inner.Error.Message
	e.Code, e.Raw = inner.Error.Type, nil
	if strings.HasPrefix(f.Message, "prompt is too long") {
		e.Kind = ir.ErrContextLength
	}
}

// marks are the reason, and where the owner can do something about it.
func (f *googleFault) marks() (code, link string) {
	for _, d := range f.Details {
		if reason(d.Reason) != "" {
			code = d.Reason
		}
		urls := []string{d.Metadata["validation_url"], d.Metadata["validation_link"]}
		for _, l := range d.Links {
			urls = append(urls, l.URL)
		}
		for _, raw := range urls {
			if u, err := url.Parse(raw); link == "" && err == nil && u.Scheme == "https" && (u.Host == "google.com" || strings.HasSuffix(u.Host, ".google.com")) {
				link = ": " + u.String()
			}
		}
	}
	return code, link
}

// delay is how long the limit lasts, 0 if nobody says.
func (f *googleFault) delay(now time.Time) time.Duration {
	for _, d := range f.Details {
		for _, text := range []string{d.RetryDelay, d.Metadata["quotaResetDelay"]} {
			if wait, err := time.ParseDuration(text); err == nil && wait > 0 {
				return wait
			}
		}
		if at, err := time.Parse(time.RFC3339, d.Metadata["quotaResetTimeStamp"]); err == nil && at.After(now) {
			return at.Sub(now)
		}
	}
	if m := spokenFor.FindStringSubmatch(f.Message); m != nil {
		if wait, err := time.ParseDuration(strings.TrimRight(m[1], ".")); err == nil {
			return wait
		}
	}
	return 0
}
