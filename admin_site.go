package aigateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/access"
	"github.com/caddy-ai-gateway/ai-gateway/handlers"
)

func init() {
	caddy.RegisterModule(new(AdminSite))
	httpcaddyfile.RegisterDirective("ai_gateway_admin", parseAdminSite)
	// Like ai_gateway, it must come before a site's `respond`; this file's init runs first, so that it also comes before
	// ai_gateway, whose paths it may lie below.
	httpcaddyfile.RegisterDirectiveOrder("ai_gateway_admin", httpcaddyfile.Before, "respond")
}

// AdminSite serves the gateways' admin API under a path of a site, for those who have one of its keys. It is the same
// API that Caddy's admin endpoint has below `/ai_gateway/`, and nothing else of that endpoint. All other requests go to
// the next handler.
type AdminSite struct {
	// Path is the path below which the API stands, such as `/admin`.
	Path string `json:"path"`

	// Keys are what callers present as `Authorization: Bearer …`. There must be at least one, and none is a client's.
	Keys []*AdminKey `json:"keys"`

	// Endpoint is the address of Caddy's own admin endpoint, over which the level of the log is changed. The Caddyfile's
	// option `admin` sets it. Default: Caddy's, localhost:2019.
	Endpoint string `json:"endpoint,omitempty"`

	door   *access.Door
	api    *adminAPI
	logger *zap.Logger
}

// AdminKey lets somebody use the admin API.
type AdminKey struct {
	// Name appears in the log.
	Name string `json:"name"`

	// Secret is what is presented, or `sha256:` and its digest in hexadecimal. It may be a placeholder such as `{env.X}`.
	Secret string `json:"secret"`
}

// CaddyModule returns the Caddy module information.
func (*AdminSite) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.handlers.ai_gateway_admin", New: func() caddy.Module { return new(AdminSite) }}
}

// Provision resolves the keys.
func (s *AdminSite) Provision(ctx caddy.Context) error {
	s.logger = ctx.Logger()
	s.api = &adminAPI{logger: s.logger, prefix: s.Path + "/"}
	if err := s.Validate(); err != nil {
		return err
	}
	keys := make([]access.Key, 0, len(s.Keys))
	for _, key := range s.Keys {
		secret, err := resolve(key.Secret)
		if errors.Is(err, errEmpty) {
			return fmt.Errorf("key %q: the secret is empty; %s", key.Name, whatToSet(key.Secret, "write one"))
		}
		if err != nil {
			return fmt.Errorf("key %q: reading the secret: %w", key.Name, err)
		}
		keys = append(keys, access.Key{Name: key.Name, Secret: secret})
	}
	var err error
	s.door, err = access.NewDoor(keys)
	return err
}

// Validate says what is wrong with the configuration in itself.
func (s *AdminSite) Validate() error {
	if err := checkAdminPath(s.Path); err != nil {
		return err
	}
	if len(s.Keys) == 0 {
		return errors.New("ai_gateway_admin has no key, so that nobody could use it; write key <name> <secret>")
	}
	for _, key := range s.Keys {
		if key == nil {
			return errors.New("a key is null")
		}
		if err := checkName(key.Name); err != nil {
			return fmt.Errorf("key %q: %w", key.Name, err)
		}
	}
	return nil
}

func checkAdminPath(p string) error {
	if p == "" || p == "/" || p[0] != '/' || path.Clean(p) != p || strings.ContainsAny(p, "*{}?#%") {
		return fmt.Errorf("%q is not a path such as /admin", p)
	}
	return nil
}

// ServeHTTP answers requests below the path.
func (s *AdminSite) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	rest, ok := strings.CutPrefix(r.URL.Path, s.Path)
	if !ok || rest != "" && rest[0] != '/' {
		return next.ServeHTTP(w, r)
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if err := s.admit(w, r); err != nil {
		writeAdminError(w, err)
		return nil
	}
	asked := r.WithContext(context.WithValue(r.Context(), endpointKey{}, s.endpoint()))
	asked.URL = &url.URL{Path: adminPrefix + strings.TrimPrefix(rest, "/"), RawQuery: r.URL.RawQuery}
	if err := s.api.serve(w, asked); err != nil {
		writeAdminError(w, err)
	}
	return nil
}

// admit returns an error for a caller without a key.
func (s *AdminSite) admit(w http.ResponseWriter, r *http.Request) error {
	presented, _ := bearer(r.Header.Get("Authorization"))
	name, blocked, ok := s.door.Open(r.Context(), presented, handlers.ClientAddr(r))
	switch {
	case ok:
		if repl, is := r.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer); is {
			repl.Set("http.auth.user.id", name)
		}
		return nil
	case blocked > 0:
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(blocked.Seconds()))))
		return adminError(http.StatusTooManyRequests, "too many requests with a wrong key; try again in %s", blocked.Round(time.Second))
	}
	w.Header().Set("WWW-Authenticate", "Bearer")
	return adminError(http.StatusUnauthorized, "this needs a key of ai_gateway_admin as Authorization: Bearer")
}

// bearer returns the credential of a header of that scheme.
func bearer(header string) (credential string, ok bool) {
	scheme, credential, ok := strings.Cut(header, " ")
	if !ok || !strings.EqualFold(scheme, "bearer") {
		return "", false
	}
	return strings.TrimSpace(credential), true
}

// endpointKey is the key of the address of Caddy's own admin endpoint in the context of a request that came elsewhere.
type endpointKey struct{}

func (s *AdminSite) endpoint() string {
	if s.Endpoint != "" {
		return s.Endpoint
	}
	return caddy.DefaultAdminListen
}

// writeAdminError writes an error as Caddy's admin endpoint does.
func writeAdminError(w http.ResponseWriter, err error) {
	shown := caddy.APIError{HTTPStatus: http.StatusInternalServerError, Err: err}
	_ = errors.As(err, &shown)
	if shown.Message == "" {
		shown.Message = shown.Err.Error()
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(shown.HTTPStatus)
	_ = json.NewEncoder(w).Encode(shown) // who has left needs no answer
}

// Cleanup lets go of what Provision acquired.
func (s *AdminSite) Cleanup() error {
	if s.door != nil {
		s.door.Close()
	}
	return nil
}

// Interface guards
var (
	_ caddy.Provisioner           = (*AdminSite)(nil)
	_ caddy.Validator             = (*AdminSite)(nil)
	_ caddy.CleanerUpper          = (*AdminSite)(nil)
	_ caddyhttp.MiddlewareHandler = (*AdminSite)(nil)
)
