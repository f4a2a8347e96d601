package aigateway

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/credentials"
)

// newCookies is the body of a request that gives an account other cookies.
type newCookies struct {
	Session string `json:"__Secure-1PSID"`
	Stamp   string `json:"__Secure-1PSIDTS"`
}

// cookieStatus is what the admin API tells of an account's cookies: nothing of their values.
type cookieStatus struct {
	Status   string    `json:"status,omitempty"` // success, where there was something to do
	Account  string    `json:"account"`
	HasPSID  bool      `json:"has_psid"`
	HasTS    bool      `json:"has_psidts"`
	Updated  time.Time `json:"updated_at,omitzero"`
	Rotated  time.Time `json:"last_rotation,omitzero"`
	Result   string    `json:"last_rotation_result,omitempty"`
	Next     time.Time `json:"next_rotation,omitzero"`
	Auto     bool      `json:"auto_refresh"`
	Standing string    `json:"account_status,omitempty"`
	AtRisk   bool      `json:"at_risk,omitempty"`
	Unsaved  bool      `json:"unsaved,omitempty"`
	Healthy  bool      `json:"healthy"`
	Problem  string    `json:"problem,omitempty"`
}

// rotationResults are the words of the admin API for what an exchange came to, where they differ.
var rotationResults = map[string]string{credentials.ResultAdopted: "ok", credentials.ResultUnsaved: "ok"}

// chooseCookies returns the cookies of the account of a query's parameter, which may be left out while there is only one
// that has any.
func chooseCookies(r *http.Request) (*credentials.Cookies, error) {
	want := r.URL.Query().Get("account")
	var found []*credentials.Cookies
	var names []string
	for _, g := range gateways.named() {
		for _, a := range g.accounts() {
			if a.settings.cookies == nil || slices.Contains(names, a.Name) {
				continue
			}
			names = append(names, a.Name)
			if want == "" || want == a.Name {
				found = append(found, a.settings.cookies)
			}
		}
	}
	switch {
	case len(names) == 0:
		return nil, adminError(http.StatusNotFound, "no account is used with cookies")
	case len(found) == 0:
		return nil, adminError(http.StatusNotFound, "there is no account %q that is used with cookies; there are: %s", want, strings.Join(names, ", "))
	case len(found) > 1:
		return nil, adminError(http.StatusBadRequest, "there are several accounts with cookies; say which with ?account= and one of: %s", strings.Join(names, ", "))
	}
	return found[0], nil
}

// putCookies gives an account other cookies, which are stored and used at once.
func (a *adminAPI) putCookies(r *http.Request, _ string) (any, error) {
	cookies, err := chooseCookies(r)
	if err != nil {
		return nil, err
	}
	var given newCookies
	if err := readAdmin(r, &given); err != nil {
		return nil, err
	}
	if given.Session == "" {
		return nil, adminError(http.StatusBadRequest, `account %q: __Secure-1PSID is missing; send {"__Secure-1PSID":"…","__Secure-1PSIDTS":"…"}`, cookies.Account)
	}
	if err := cookies.Put(r.Context(), strings.TrimSpace(given.Session), strings.TrimSpace(given.Stamp)); err != nil {
		return nil, adminError(http.StatusBadRequest, "%w", err)
	}
	a.logger.Info("account's cookies changed", zap.String("account", cookies.Account), zap.String("reason", "by hand"))
	shown := showCookies(r, cookies)
	shown.Status = "success"
	return shown, nil
}

func (a *adminAPI) cookieStatus(r *http.Request, _ string) (any, error) {
	cookies, err := chooseCookies(r)
	if err != nil {
		return nil, err
	}
	return showCookies(r, cookies), nil
}

func showCookies(r *http.Request, cookies *credentials.Cookies) *cookieStatus {
	s := cookies.CookieStatus(r.Context())
	result := s.Result
	if word := rotationResults[result]; word != "" {
		result = word
	}
	return &cookieStatus{
		Account: cookies.Account, HasPSID: s.HasSession, HasTS: s.HasStamp, Updated: inUTC(s.Updated), Rotated: inUTC(s.Rotated),
		Result: result, Next: inUTC(s.NextRotation), Auto: s.AutoRefresh, Standing: s.Account, AtRisk: s.AtRisk, Unsaved: s.Unsaved,
		Healthy: s.Healthy, Problem: s.Problem,
	}
}
