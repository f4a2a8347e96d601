package aigateway

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"
)

func init() {
	caddy.RegisterModule(new(adminAPI))
}

// adminPrefix is where the admin API stands on Caddy's admin endpoint.
const adminPrefix = "/ai_gateway/"

// adminAPI shows what the running gateways do and lets people interfere. It never shows a secret.
type adminAPI struct {
	logger *zap.Logger
	prefix string // where callers find it; empty is adminPrefix
}

// CaddyModule returns the Caddy module information.
func (*adminAPI) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "admin.api.ai_gateway", New: func() caddy.Module { return new(adminAPI) }}
}

// Provision prepares the log.
func (a *adminAPI) Provision(ctx caddy.Context) error {
	a.logger = ctx.Logger()
	return nil
}

// Routes returns the one route below which everything stands.
func (a *adminAPI) Routes() []caddy.AdminRoute {
	return []caddy.AdminRoute{{Pattern: adminPrefix, Handler: caddy.AdminHandlerFunc(a.serve)}}
}

// adminCall answers one request. name is the part of the path that stands for the *.
type adminCall func(a *adminAPI, r *http.Request, name string) (answer any, err error)

// adminCalls are the admin API.
var adminCalls = []struct {
	method, path string
	call         adminCall
}{
	{http.MethodGet, "accounts", (*adminAPI).listAccounts},
	{http.MethodGet, "accounts/*", (*adminAPI).showAccount},
	{http.MethodPost, "accounts/*/freeze", (*adminAPI).freeze},
	{http.MethodPost, "accounts/*/unfreeze", (*adminAPI).unfreeze},
	{http.MethodPost, "accounts/*/refresh", (*adminAPI).refresh},
	{http.MethodPost, "accounts/*/test", (*adminAPI).test},
	{http.MethodPost, "accounts/*/disable", (*adminAPI).disable},
	{http.MethodPost, "accounts/*/enable", (*adminAPI).enable},
	{http.MethodGet, "gateways", (*adminAPI).listGateways},
	{http.MethodGet, "keys", (*adminAPI).listKeys},
	{http.MethodGet, "models", (*adminAPI).listModels},
	{http.MethodGet, "sessions", (*adminAPI).listSessions},
	{http.MethodGet, "sessions/*", (*adminAPI).showSession},
	{http.MethodDelete, "sessions/*", (*adminAPI).forgetSession},
	{http.MethodGet, "explain", (*adminAPI).explain},
	{http.MethodGet, "usage", (*adminAPI).showUsage},
	{http.MethodPost, "cookies", (*adminAPI).putCookies},
	{http.MethodGet, "cookies/status", (*adminAPI).cookieStatus},
	{http.MethodPost, "config/reload", (*adminAPI).reload},
	{http.MethodPost, "logging", (*adminAPI).setLevel},
}

// serve finds the call for a path and writes its answer.
func (a *adminAPI) serve(w http.ResponseWriter, r *http.Request) error {
	path := strings.Trim(strings.TrimPrefix(r.URL.Path, adminPrefix), "/")
	var methods []string
	for _, c := range adminCalls {
		name, ok := matchAdminPath(c.path, path)
		if !ok {
			continue
		}
		if c.method != r.Method {
			methods = append(methods, c.method)
			continue
		}
		answer, err := c.call(a, r, name)
		if err != nil {
			return err
		}
		return writeAdmin(w, answer)
	}
	if methods != nil {
		w.Header().Set("Allow", strings.Join(methods, ", "))
		return adminError(http.StatusMethodNotAllowed, "method %s is not allowed here; use %s", r.Method, strings.Join(methods, " or "))
	}
	return adminError(http.StatusNotFound, "there is nothing at %s", cmp.Or(a.prefix, adminPrefix)+path)
}

// matchAdminPath returns what of the path stands where the pattern has its *.
func matchAdminPath(pattern, path string) (name string, ok bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return "", false
	}
	for i, part := range want {
		switch {
		case part == "*" && got[i] != "":
			name = got[i]
		case part != got[i]:
			return "", false
		}
	}
	return name, true
}

// accepted is an answer for what has only begun.
type accepted struct {
	Status string `json:"status"`
}

func writeAdmin(w http.ResponseWriter, answer any) error {
	status := http.StatusOK
	if _, ok := answer.(accepted); ok {
		status = http.StatusAccepted
	}
	body, err := json.Marshal(answer)
	if err != nil {
		return adminError(http.StatusInternalServerError, "writing the answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // who has left needs no answer
	return nil
}

// adminError is an error as Caddy's own admin API has them.
func adminError(status int, format string, args ...any) error {
	return caddy.APIError{HTTPStatus: status, Err: fmt.Errorf(format, args...)}
}

// chooseGateway returns the gateway of a query's parameter, which may be left out while there is only one.
func chooseGateway(r *http.Request) (running, error) {
	list := gateways.named()
	name := r.URL.Query().Get("gateway")
	var names []string
	for _, g := range list {
		if g.Name == name || name == "" && len(list) == 1 {
			return g, nil
		}
		names = append(names, g.Name)
	}
	switch {
	case len(list) == 0:
		return running{}, adminError(http.StatusNotFound, "no gateway is running")
	case name == "":
		return running{}, adminError(http.StatusBadRequest, "there are several gateways; say which with ?gateway= and one of: %s", strings.Join(names, ", "))
	}
	return running{}, adminError(http.StatusNotFound, "there is no gateway %q; there are: %s", name, strings.Join(names, ", "))
}

// Interface guards
var (
	_ caddy.AdminRouter = (*adminAPI)(nil)
	_ caddy.Provisioner = (*adminAPI)(nil)
)
