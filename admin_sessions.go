package aigateway

import (
	"net/http"
	"regexp"

	"go.uber.org/zap"
)

// sessionsStatus is what the admin API tells of the sessions as a whole.
type sessionsStatus struct {
	Count    int              `json:"count"` // about, of all gateways, which share them
	Gateways []gatewaySession `json:"gateways"`
}

// gatewaySession is what one gateway makes of sessions.
type gatewaySession struct {
	Gateway    string  `json:"gateway"`
	Sticky     bool    `json:"sticky"`
	TTLSeconds float64 `json:"ttl_seconds"` // from a session's last request on
}

// sessionStatus is a session that was found.
type sessionStatus struct {
	Session string `json:"session"`
	Gateway string `json:"gateway"`
	Key     string `json:"key"`
	Account string `json:"account,omitempty"` // empty if the gateway does not have it any more
}

// sessionTag is how access logs name a session, in their field ai_session.
var sessionTag = regexp.MustCompile(`^[0-9a-f]{16}$`)

// listSessions counts the sessions. They cannot be listed: of their names only hashes are kept.
func (a *adminAPI) listSessions(*http.Request, string) (any, error) {
	all := sessionsStatus{Gateways: []gatewaySession{}}
	for _, g := range gateways.named() {
		all.Count = max(all.Count, g.Pool.CountSessions())
		shown := gatewaySession{Gateway: g.Name, Sticky: !g.Unsticky}
		if !g.Unsticky {
			shown.TTLSeconds = g.handler.poolOptions().SessionTTL.Seconds()
		}
		all.Gateways = append(all.Gateways, shown)
	}
	return all, nil
}

// showSession tells on which account a session is. Clients of different keys may have sessions of the same name, so
// that there may be several; ?gateway= and ?key= narrow the search.
func (a *adminAPI) showSession(r *http.Request, tag string) (any, error) {
	return findSessions(r, tag, nil)
}

// forgetSession makes the next request of a session a first one, which goes to whichever account is best then.
func (a *adminAPI) forgetSession(r *http.Request, tag string) (any, error) {
	found, err := findSessions(r, tag, func(g running, key string) { g.Pool.ForgetSession(key, tag) })
	for _, s := range found {
		a.logger.Info("session forgotten", zap.String("session", s.Session), zap.String("gateway", s.Gateway), zap.String("key", s.Key),
			zap.String("account", s.Account), zap.String("reason", "by hand"))
	}
	return found, err
}

// findSessions returns the sessions of a name after it has called then for each of them, if there is such a function.
func findSessions(r *http.Request, tag string, then func(g running, key string)) (found []sessionStatus, err error) {
	if !sessionTag.MatchString(tag) {
		return nil, adminError(http.StatusBadRequest, "a session is named by the 16 hex digits of the access log's field ai_session")
	}
	q := r.URL.Query()
	for _, g := range gateways.named() {
		if name := q.Get("gateway"); name != "" && name != g.Name {
			continue
		}
		for _, key := range g.Keys.All() {
			if name := q.Get("key"); name != "" && name != key.Name {
				continue
			}
			account, bound := g.Pool.FindSession(key.Name, tag)
			if !bound {
				continue
			}
			s := sessionStatus{Session: tag, Gateway: g.Name, Key: key.Name}
			if account != nil {
				s.Account = account.Name
			}
			found = append(found, s)
			if then != nil {
				then(g, key.Name)
			}
		}
	}
	if found == nil {
		return nil, adminError(http.StatusNotFound, "no session %s is on any account; it may have ended, or begun before Caddy did", tag)
	}
	return found, nil
}
