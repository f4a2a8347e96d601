package providers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-ai-gateway/ai-gateway/providers/geminiweb"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func init() {
	caddy.RegisterModule(GeminiWeb{})
}

// GeminiWeb is Google's web app for Gemini, used with the cookies of a browser. It is no API: nothing of it is documented,
// it changes without notice, the cookies are a whole session of a Google account, and Google's terms may forbid this use.
// Whether to use it is the operator's decision.
type GeminiWeb struct {
	// Rotate is how often the short-lived cookie is exchanged, at least a minute; negative for never. Default: 9m.
	Rotate caddy.Duration `json:"rotate,omitempty"`

	// RotateURL is where it is exchanged. Default: Google's.
	RotateURL string `json:"rotate_url,omitempty"`

	// UploadURL is where files are uploaded. Default: Google's.
	UploadURL string `json:"upload_url,omitempty"`

	// Upload is how: `simple` or `resumable`. Default: simple.
	Upload string `json:"upload,omitempty"`

	// UploadCookies sends the cookies with uploads too.
	UploadCookies bool `json:"upload_cookies,omitempty"`

	// User says which of the accounts that the browser was logged in to. Default: 0, the first.
	User int `json:"user,omitempty"`

	// Language is the app's where its page names none. Default: en.
	Language string `json:"language,omitempty"`

	// Build is the app's version where its page names none. Default: none.
	Build string `json:"build,omitempty"`

	// PushID is what uploads are sent with where the page names nothing. Default: the one that is known.
	PushID string `json:"push_id,omitempty"`

	// Profile is how the app is told of the model: by its `mode`, or by its `id` as before August 2026. Default: mode.
	Profile geminiweb.Profile `json:"profile,omitempty"`

	// WebModels are models that are not in the built-in table, or otherwise there.
	WebModels map[string]geminiweb.Choice `json:"web_models,omitempty"`

	// Conversation is `stateless`, or `sticky` to continue conversations in the app, where they are then to be seen.
	// Default: stateless.
	Conversation string `json:"conversation,omitempty"`

	// Answer is `live`, or `whole` to show answers when they are complete. Default: live.
	Answer string `json:"answer,omitempty"`

	// Longest is how long an answer may take. Default: 5m.
	Longest caddy.Duration `json:"longest,omitempty"`
}

// CaddyModule returns the Caddy module information.
func (GeminiWeb) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "ai_gateway.providers.gemini_web", New: func() caddy.Module { return new(GeminiWeb) }}
}

// Egress is what is known of a way to the network that accounts of this kind share.
type Egress = geminiweb.Egress

// The defaults.
const (
	webRotateURL = "https://accounts.google.com/RotateCookies"
	webUploadURL = "https://content-push.googleapis.com/upload"
	webPushID    = "feeds/mcudyrk2a4khkz"
	webRotate    = 9 * time.Minute
	webLongest   = 5 * time.Minute
	webFirstPart = time.Minute
	webBetween   = 2 * time.Minute
)

// Validate says which option has a value that it cannot have.
func (p *GeminiWeb) Validate() error {
	if p.Rotate > 0 && p.Rotate < caddy.Duration(time.Minute) {
		return errors.New("rotate: less than a minute between two exchanges makes Google end the session")
	}
	if p.Longest < 0 || p.User < 0 || p.User > 99 {
		return errors.New("longest and user cannot be negative, and user is at most 99")
	}
	for name, c := range p.WebModels {
		if c.Mode < 0 || c.Mode > 99 || c.Capacity < 0 || c.Capacity > 99 || c.ID != "" && !isWebID(c.ID) || c.ID == "" && c.Mode == 0 {
			return fmt.Errorf("web_models: %q has neither a mode nor an id of 16 hex digits", name)
		}
	}
	for _, option := range []struct{ name, url string }{{"rotate_url", p.RotateURL}, {"upload_url", p.UploadURL}} {
		if err := checkWebURL(option.url); err != nil {
			return fmt.Errorf("%s: %w", option.name, err)
		}
	}
	return errors.Join(check("profile", string(p.Profile), string(geminiweb.ByMode), string(geminiweb.ByID)),
		check("conversation", p.Conversation, "stateless", "sticky"), check("answer", p.Answer, "live", "whole"),
		check("upload", p.Upload, "simple", "resumable"))
}

func checkWebURL(raw string) error {
	u, err := url.Parse(raw)
	if raw != "" && (err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http") {
		return errors.New("it must be a whole http or https URL")
	}
	return nil
}

func isWebID(id string) bool { return len(id) == 16 && strings.Trim(id, "0123456789abcdef") == "" }

// Options are the provider's own options.
func (p *GeminiWeb) Options() []Option {
	return []Option{
		{"rotate", "rotate <duration> | off", p.setRotate},
		{"rotate_url", "rotate_url <url>", webURL(&p.RotateURL)},
		{"upload_url", "upload_url <url>", webURL(&p.UploadURL)},
		{"upload", "upload simple | resumable [cookies]", p.setUpload},
		{"user", "user <n>", p.setUser},
		{"language", "language <code>", word(&p.Language)},
		{"build", "build <label>", word(&p.Build)},
		{"push_id", "push_id <id>", word(&p.PushID)},
		{"profile", "profile mode | id", oneOf((*string)(&p.Profile), string(geminiweb.ByMode), string(geminiweb.ByID))},
		{"web_models", "web_models <name>=<mode | id>[/<capacity>]...", p.setModels},
		{"conversation", "conversation stateless | sticky", oneOf(&p.Conversation, "stateless", "sticky")},
		{"answer", "answer live | whole", oneOf(&p.Answer, "live", "whole")},
		{"longest", "longest <duration>", setDuration(&p.Longest)},
	}
}

func webURL(target *string) func([]string) error {
	return func(args []string) error {
		if err := word(target)(args); err != nil {
			return err
		}
		return checkWebURL(*target)
	}
}

func (p *GeminiWeb) setRotate(args []string) error {
	if len(args) == 1 && args[0] == "off" {
		p.Rotate = -1
		return nil
	}
	if err := setDuration(&p.Rotate)(args); err != nil {
		return err
	}
	if p.Rotate < caddy.Duration(time.Minute) {
		return fmt.Errorf("%q is less than a minute, after which Google ends the session; write off for never", args[0])
	}
	return nil
}

func (p *GeminiWeb) setUpload(args []string) error {
	if len(args) == 2 && args[1] == "cookies" {
		p.UploadCookies = true
		args = args[:1]
	}
	return oneOf(&p.Upload, "simple", "resumable")(args)
}

func (p *GeminiWeb) setUser(args []string) error {
	if len(args) != 1 {
		return ErrForm
	}
	n, err := strconv.Atoi(args[0])
	if err != nil || n < 0 || n > 99 {
		return fmt.Errorf("%q is no number from 0 to 99", args[0])
	}
	p.User = n
	return nil
}

// setModels takes models with how the app knows them.
func (p *GeminiWeb) setModels(args []string) error {
	if len(args) == 0 {
		return ErrForm
	}
	p.WebModels = make(map[string]geminiweb.Choice, len(args))
	for _, arg := range args {
		name, known, _ := strings.Cut(arg, "=")
		known, capacity, tiered := strings.Cut(known, "/")
		c := geminiweb.Choice{Capacity: 1}
		n, err := strconv.Atoi(known)
		switch {
		case name == "":
			return fmt.Errorf("%q names no model", arg)
		case isWebID(known):
			c.ID = known
		case err == nil && n > 0 && n < 100:
			c.Mode = n
		default:
			return fmt.Errorf("%q has neither a mode such as 3 nor an id of 16 hex digits behind the =", arg)
		}
		if tiered {
			if c.Capacity, err = strconv.Atoi(capacity); err != nil || c.Capacity < 1 || c.Capacity > 99 {
				return fmt.Errorf("%q has no capacity such as 1 behind the /", arg)
			}
		}
		p.WebModels[name] = c
	}
	return nil
}

// Platform returns "gemini_web".
func (*GeminiWeb) Platform() string { return "gemini_web" }

// Defaults are the app's address and the names that it is known by.
func (p *GeminiWeb) Defaults() Defaults {
	models := geminiweb.Names()
	for name := range p.WebModels {
		models = append(models, name)
	}
	return Defaults{BaseURL: "https://gemini.google.com", Models: models, Concurrency: 2, Needs: Needs{Cookies: true}}
}

// Dialect is the app's own; it only answers.
func (*GeminiWeb) Dialect(_ ir.Dialect, op ir.Op, _ string) ir.Dialect {
	if op != ir.Generate {
		return ""
	}
	return ir.GeminiWeb
}

// Request hands the draft over to what Browse returned, which makes of it what the app wants.
func (p *GeminiWeb) Request(ctx context.Context, call *Call) (*http.Request, error) {
	if call.Op != ir.Generate || call.Dialect != ir.GeminiWeb {
		return nil, unsupported(p.Platform(), call)
	}
	req, err := newRequest(ctx, call, "", "", geminiweb.Wrap(strings.TrimPrefix(call.Model, "models/"), call.Session, call.Body))
	if err != nil {
		return nil, err
	}
	req.Header = http.Header{"User-Agent": {UserAgent()}} // nothing else: the call's bearer is but the mark of the cookies
	return finish(req, call), nil
}

// Rotation says how the short-lived cookie is exchanged.
func (p *GeminiWeb) Rotation() Rotation {
	r := Rotation{URL: webRotateURL, Origin: "https://accounts.google.com", Interval: time.Duration(p.Rotate)}
	if p.RotateURL != "" {
		r.URL = p.RotateURL
	}
	switch {
	case p.Rotate < 0:
		r.Interval = 0
	case p.Rotate == 0:
		r.Interval = webRotate
	}
	return r
}

// Browse returns the account's way to the app.
func (p *GeminiWeb) Browse(b Browser) (http.RoundTripper, error) {
	or := func(value, instead string) string {
		if value == "" {
			return instead
		}
		return value
	}
	longest := time.Duration(p.Longest)
	if longest == 0 {
		longest = webLongest
	}
	return geminiweb.New(geminiweb.Options{
		Account: b.Account, Cookies: b.Cookies, Below: b.Below, Egress: b.Egress, Logger: b.Logger, BaseURL: b.BaseURL,
		UploadURL: or(p.UploadURL, webUploadURL), User: p.User, Language: or(p.Language, "en"), Build: p.Build, PushID: or(p.PushID, webPushID),
		Profile: geminiweb.Profile(or(string(p.Profile), string(geminiweb.ByMode))), Models: p.WebModels,
		Sticky: p.Conversation == "sticky", Whole: p.Answer == "whole", Resumable: p.Upload == "resumable", SendCookies: p.UploadCookies,
		FirstPart: min(webFirstPart, longest), Between: min(webBetween, longest), Longest: longest,
	})
}

// Interface guards
var (
	_ Provider        = (*GeminiWeb)(nil)
	_ Browsing        = (*GeminiWeb)(nil)
	_ Configurable    = (*GeminiWeb)(nil)
	_ caddy.Validator = (*GeminiWeb)(nil)
)
