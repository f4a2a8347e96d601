package credentials

import (
	"errors"
	"net"
	"net/url"
	"os"
	"strings"

	"golang.org/x/oauth2"

	"github.com/caddy-ai-gateway/ai-gateway/egress"
)

// harmless returns what of a failed request may be told. The whole text may quote the answer or a URL with a secret.
func harmless(err error) string {
	var proxy *egress.ProxyError
	var op *net.OpError
	var dns *net.DNSError
	var at *url.Error
	switch {
	case errors.As(err, &proxy):
		return proxy.Error()
	case errors.As(err, &dns):
		return "the host cannot be found"
	case errors.As(err, &op):
		return op.Op + " failed: " + strings.TrimSpace(op.Err.Error())
	case errors.As(err, &at) && at.Timeout(), errors.Is(err, os.ErrDeadlineExceeded):
		return "it took too long"
	case errors.As(err, &at):
		return "the request failed"
	case strings.Contains(err.Error(), "missing access_token"):
		return "the answer holds no token"
	case strings.HasPrefix(err.Error(), "oauth2: cannot parse"):
		return "the answer is not what a token endpoint answers"
	}
	return "the request failed"
}

// isDead says whether the refresh token itself was refused, for good.
func isDead(err error) bool {
	var refused *oauth2.RetrieveError
	return errors.As(err, &refused) && refused.ErrorCode == "invalid_grant"
}
