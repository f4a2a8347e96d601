package providers

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-ai-gateway/ai-gateway/translate/envelope"
)

// g4fName is the preset for a server of gpt4free (github.com/xtekky/gpt4free), which asks websites and free services.
const g4fName = "g4f"

// G4F are the settings that only the preset g4f has.
type G4F struct {
	// Providers are asked one after the other, by their ids at the server: the first one first, each retry the next one,
	// and who it likes when there are no more. Default: who it likes.
	Providers []string `json:"providers,omitempty"`

	// Retries is how often the server is asked again before another account is. Default: 2.
	Retries *int `json:"retries,omitempty"`

	// Timeout is how long the first word of an answer may take. Default: 30s.
	Timeout caddy.Duration `json:"timeout,omitempty"`

	// Tools is what becomes of a client's tools: `off` leaves them out, `emulate` has the server teach them to models that
	// know none, `native` hands them on. Default: off.
	Tools string `json:"tools,omitempty"`

	// Shared lets the server continue a conversation of its own when two begin alike, which is only right where one person
	// uses it. Default: false.
	Shared bool `json:"shared,omitempty"`

	// Unlisted also asks for models that the server does not list, which it forwards to a service of its project.
	// Default: false.
	Unlisted bool `json:"unlisted,omitempty"`
}

// The preset's times.
const (
	g4fRetries = 2
	g4fTimeout = 30 * time.Second
	g4fIdle    = time.Minute
	g4fTotal   = 5 * time.Minute
)

// set says whether any of the settings is given.
func (g *G4F) set() bool {
	return g.Providers != nil || g.Retries != nil || g.Timeout != 0 || g.Tools != "" || g.Shared || g.Unlisted
}

func (g *G4F) validate(preset string) error {
	switch {
	case preset != g4fName && g.set():
		return errors.New("providers, retries, timeout, tools, shared and unlisted are options of the preset g4f")
	case g.Retries != nil && (*g.Retries < 0 || *g.Retries > 10):
		return errors.New("retries: it must be from 0 to 10")
	case g.Timeout < 0:
		return errors.New("timeout: it cannot be negative")
	}
	return check("tools", g.Tools, "off", "emulate", "native")
}

func (g *G4F) options() []Option {
	return []Option{
		{"providers", "providers <id...>", func(args []string) error {
			if len(args) == 0 {
				return ErrForm
			}
			g.Providers = args
			return nil
		}},
		{"retries", "retries <n>", func(args []string) error {
			if len(args) != 1 {
				return ErrForm
			}
			n, err := strconv.Atoi(args[0])
			if err != nil || n < 0 || n > 10 {
				return fmt.Errorf("%q is not a number from 0 to 10", args[0])
			}
			g.Retries = &n
			return nil
		}},
		{"timeout", "timeout <duration>", setDuration(&g.Timeout)},
		{"tools", "tools off | emulate | native", oneOf(&g.Tools, "off", "emulate", "native")},
		{"shared", "shared on | off", onOff(&g.Shared)},
		{"unlisted", "unlisted on | off", onOff(&g.Unlisted)},
	}
}

// request builds a request for a chat. No header of a client is relayed, and a key never stands in Authorization, whose
// value the server would hand on to who answers.
func (g *G4F) request(ctx context.Context, call *Call) (*http.Request, error) {
	around := envelope.G4F{Timeout: 120, StreamTimeout: 30, Emulate: g.Tools == "emulate"}
	if call.Try < len(g.Providers) {
		around.Provider = g.Providers[call.Try]
	}
	if !g.Shared {
		around.Marker = "Conversation " + conversationMark(call.Session)
	}
	body, err := around.Wrap(call.Body)
	if err != nil {
		return nil, err
	}
	streamed := *call
	streamed.Stream, streamed.Bearer = true, ""
	req, err := newRequest(ctx, &streamed, "/chat/completions", "", body)
	if err != nil {
		return nil, err
	}
	return g.finish(req, call), nil
}

func (g *G4F) finish(req *http.Request, call *Call) *http.Request {
	if call.Secret != "" {
		req.Header.Set("G4f-Api-Key", call.Secret)
	}
	return finish(req, call)
}

// get builds a request without a body.
func (g *G4F) get(ctx context.Context, call *Call, path string) (*http.Request, error) {
	req, err := newRequest(ctx, call, path, "", nil)
	if err != nil {
		return nil, err
	}
	req.Header.Del("Authorization")
	return g.finish(req, call), nil
}

// markKey makes the marks of conversations such as nobody can guess.
var markKey = func() (key [32]byte) {
	_, _ = rand.Read(key[:])
	return key
}()

// conversationMark is the same for all requests of a conversation that has a name, and for no others.
func conversationMark(session string) string {
	if session == "" {
		return newUUID()
	}
	mac := hmac.New(sha256.New, markKey[:])
	_, _ = mac.Write([]byte(session))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// g4fModelNames reads the models that are no names of providers and draw no pictures.
func g4fModelNames(body []byte) ([]string, string, error) {
	var list struct {
		Data []struct {
			ID       string          `json:"id"`
			Provider json.RawMessage `json:"provider"` // true for a provider's own name
			Image    bool            `json:"image"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, "", fmt.Errorf("reading model list: %w", err)
	}
	var names []string
	for _, m := range list.Data {
		if m.ID != "" && !m.Image && string(m.Provider) != "true" {
			names = append(names, m.ID)
		}
	}
	return names, "", nil
}

// check compares the configured providers with those that the server lists.
func (g *G4F) check(body []byte) error {
	var list []struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return fmt.Errorf("reading the server's providers: %w", err)
	}
	for _, id := range g.Providers {
		if !slices.ContainsFunc(list, func(p struct {
			ID string `json:"id"`
		}) bool {
			return p.ID == id
		}) {
			return fmt.Errorf("the server has no provider %q", id)
		}
	}
	return nil
}

// patience is how long and how often the server is asked.
func (g *G4F) patience() Patience {
	p := Patience{Retries: g4fRetries, FirstContent: g4fTimeout, Idle: g4fIdle, Total: g4fTotal}
	if g.Retries != nil {
		p.Retries = *g.Retries
	}
	if g.Timeout > 0 {
		p.FirstContent = time.Duration(g.Timeout)
	}
	return p
}
