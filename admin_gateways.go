package aigateway

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/access"
	"github.com/caddy-ai-gateway/ai-gateway/handlers"
	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// gatewayStatus is what the admin API tells of a gateway.
type gatewayStatus struct {
	Name     string   `json:"name"`
	Accounts []string `json:"accounts"`
	Keys     []string `json:"keys"`
	Waiting  int      `json:"waiting"`  // requests that wait for any account
	Sessions int      `json:"sessions"` // of all gateways, about; -1 if nobody counts
}

func (a *adminAPI) listGateways(*http.Request, string) (any, error) {
	list := []gatewayStatus{}
	for _, g := range gateways.named() {
		shown := gatewayStatus{Name: g.Name, Accounts: []string{}, Keys: []string{}, Waiting: g.Pool.Waiting()}
		if !g.Unsticky {
			shown.Sessions = g.Pool.CountSessions()
		}
		for _, account := range g.Pool.Accounts() {
			shown.Accounts = append(shown.Accounts, account.Name)
		}
		for _, key := range g.Keys.All() {
			shown.Keys = append(shown.Keys, key.Name)
		}
		list = append(list, shown)
	}
	return list, nil
}

// keyStatus is what the admin API tells of a client's key.
type keyStatus struct {
	Name      string     `json:"name"`
	Gateways  []string   `json:"gateways"`
	Anonymous bool       `json:"anonymous,omitempty"` // stands for callers without a key
	Models    []string   `json:"models,omitempty"`    // patterns; none allows all
	Accounts  []string   `json:"accounts,omitempty"`
	Expires   *time.Time `json:"expires,omitempty"`
	Expired   bool       `json:"expired,omitempty"`

	Running     int       `json:"running"`
	Waiting     int       `json:"waiting"`
	Concurrency int       `json:"concurrency"` // 0 is unlimited
	Rate        *limitUse `json:"rate,omitempty"`
	Tokens      *limitUse `json:"tokens,omitempty"`
	Budget      string    `json:"budget,omitempty"`

	SpentTodayUSD float64 `json:"spent_today_usd"`
	SpentMonthUSD float64 `json:"spent_month_usd"`
}

// limitUse is what is left of a limit.
type limitUse struct {
	Limit        string  `json:"limit"`
	Remaining    int64   `json:"remaining"`
	ResetSeconds float64 `json:"reset_seconds"`
}

// keyStatuses returns the keys of the running gateways by name. One that several gateways have is one.
func keyStatuses() []*keyStatus {
	now := time.Now()
	list := []*keyStatus{}
	known := make(map[string]*keyStatus)
	for _, g := range gateways.named() {
		for _, key := range g.Keys.All() {
			if shown := known[key.Name]; shown != nil {
				shown.Gateways = append(shown.Gateways, g.Name)
				continue
			}
			shown := newKeyStatus(key, now)
			shown.Gateways = []string{g.Name}
			known[key.Name] = shown
			list = append(list, shown)
		}
	}
	slices.SortFunc(list, func(a, b *keyStatus) int { return strings.Compare(a.Name, b.Name) })
	return list
}

func newKeyStatus(key *access.Key, now time.Time) *keyStatus {
	s := key.Snapshot(now)
	shown := &keyStatus{
		Name: key.Name, Anonymous: key.Anonymous(), Models: key.Models, Accounts: key.Accounts, Expired: key.Expired(now),
		Running: s.Running, Waiting: s.Waiting, Concurrency: s.Limits.Concurrency,
		SpentTodayUSD: dollars(s.SpentToday), SpentMonthUSD: dollars(s.SpentThisMonth),
	}
	if !key.Expires.IsZero() {
		expires := key.Expires.UTC()
		shown.Expires = &expires
	}
	if s.Limits.Rate.N > 0 {
		shown.Rate = &limitUse{s.Limits.Rate.String(), s.Requests.Remaining, s.Requests.Reset.Seconds()}
	}
	if s.Limits.Tokens.N > 0 {
		shown.Tokens = &limitUse{s.Limits.Tokens.String(), s.Tokens.Remaining, s.Tokens.Reset.Seconds()}
	}
	if s.Limits.Budget.Nanos > 0 {
		shown.Budget = s.Limits.Budget.String()
	}
	return shown
}

func dollars(nanos int64) float64 { return float64(nanos) / access.NanosPerDollar }

func (a *adminAPI) listKeys(*http.Request, string) (any, error) { return keyStatuses(), nil }

// listModels tells which models a key (?key=) of a gateway (?gateway=) may ask for.
func (a *adminAPI) listModels(r *http.Request, _ string) (any, error) {
	g, err := chooseGateway(r)
	if err != nil {
		return nil, err
	}
	list, err := g.Catalog(r.URL.Query().Get("key"))
	return list, asAdminError(err)
}

// explain tells which account would answer ?model= for ?key= now, asked in ?dialect= as part of ?session=, and why not the
// others.
func (a *adminAPI) explain(r *http.Request, _ string) (any, error) {
	g, err := chooseGateway(r)
	if err != nil {
		return nil, err
	}
	q := r.URL.Query()
	question := handlers.Question{Key: q.Get("key"), Model: q.Get("model"), Dialect: ir.Dialect(q.Get("dialect")), Session: q.Get("session")}
	if question.Session != "" && !sessionTag.MatchString(question.Session) {
		return nil, adminError(http.StatusBadRequest, "a session is named by the 16 hex digits of the access log's field ai_session")
	}
	if question.Model == "" {
		return nil, adminError(http.StatusBadRequest, "say which model with ?model=")
	}
	if question.Dialect != "" && !slices.Contains(ir.Dialects[:], question.Dialect) {
		return nil, adminError(http.StatusBadRequest, "the dialect must be chat, responses, anthropic or gemini")
	}
	explanation, err := g.Explain(question)
	if err != nil {
		return nil, asAdminError(err)
	}
	return explained{explanation, explanation.String()}, nil
}

// explained is an explanation for programs and for people.
type explained struct {
	pool.Explanation
	Text string `json:"text"`
}

// asAdminError makes an error of the pipeline one of the admin API.
func asAdminError(err error) error {
	var e *ir.Error
	if errors.As(err, &e) {
		return adminError(e.Status, "%s", e.Message)
	}
	return err
}
