package handlers

import (
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// htmlAnswer is the code of a web page in the place of an answer.
const htmlAnswer = "html_answer"

// noPath are words of servers that have nothing at a path, in lower case.
// Others that hold "endpoint" or "url" are about models and files.
var noPath = [...]string{
	"invalid url", "unknown url", "url not found", "unexpected endpoint", "unknown endpoint", "endpoint not found", "no route", "route not found",
	"path not found", "page not found", "there is nothing at", "cannot post",
}

// misplaced reports whether an upstream's error says that it has nothing where
// it was asked, which is another thing than a model that it does not know: what
// vendors say about one names it.
func misplaced(e *ir.Error, model string) bool {
	switch {
	case e.Upstream == fromNetwork || e.Upstream == fromProxy:
		return false
	case e.Code == htmlAnswer || e.Status == http.StatusMethodNotAllowed:
		return true
	case e.Status != http.StatusNotFound || e.Code == "model_not_found" || mentions(e.Message, model):
		return false
	}
	if raw := strings.TrimSpace(string(e.Raw[:min(len(e.Raw), maxLoggedBody)])); raw == "" || raw[0] != '{' && raw[0] != '[' {
		return true // the answer of a web server, not of an API
	}
	said := strings.ToLower(strings.Trim(e.Message, " ."))
	if said == "not found" || e.Code == "unknown_url" {
		return true
	}
	for _, words := range noPath {
		if strings.Contains(said, words) {
			return true
		}
	}
	return false
}

// misplacedEvery is how often one account is told of in the log.
const misplacedEvery = 10 * time.Minute

// misplacement remembers when the log was last told that an account is asked at
// the wrong place. It is safe for concurrent use.
type misplacement struct{ told atomic.Int64 }

// due reports whether the log is to be told, at most once in misplacedEvery.
func (m *misplacement) due(now time.Time) bool {
	last := m.told.Load()
	return (last == 0 || now.Sub(time.Unix(0, last)) >= misplacedEvery) && m.told.CompareAndSwap(last, now.UnixNano())
}

// warnOfPlace tells the operator of an account whose base_url is likely to be
// wrong. That not all servers have a path for embeddings is told of too, but
// not that hardly any count tokens or compact.
func (a *attempt) warnOfPlace(e *ir.Error) {
	if a.env.Op != ir.Generate && a.env.Op != ir.Embed || !misplaced(e, a.target.Model) || !memoryOf(a.lease.Account).misplaced.due(time.Now()) {
		return
	}
	a.g.Logger.Warn("the upstream has nothing where it was asked; the account's base_url is likely to be wrong",
		zap.String("account", a.lease.Account.Name), zap.String("base_url", upstreamOf(a.lease.Account).BaseURL), zap.Int("status", e.Status),
		zap.String("dialect", string(a.target.Dialect)), zap.String("operation", string(a.env.Op)), zap.String("request_id", a.id),
		zap.String("advice", "write base_url as the vendor's own SDK takes it: with /v1 for OpenAI and compatible servers, without a version for Anthropic and Gemini"))
}

// uncompacted tells a client that wants a conversation compacted that the
// account which should do so cannot: a server that only looks like OpenAI.
func (a *attempt) uncompacted(e *ir.Error) *ir.Error {
	if a.env.Op != ir.Compact || e.Status != http.StatusNotImplemented && !misplaced(e, a.target.Model) {
		return nil
	}
	return notEmulated(a.env.Model)
}
