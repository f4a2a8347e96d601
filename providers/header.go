package providers

import (
	"net/http"
	"net/textproto"
	"slices"
	"strings"
)

// notForHeader are the headers that an operator cannot set: hop-by-hop ones (RFC 9110 §7.6.1) belong to the
// connection, and the length to the body.
var notForHeader = []string{
	"Connection", "Content-Length", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection",
	"Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// SettableHeader says whether an operator may set the header of that name on requests to an upstream.
func SettableHeader(name string) bool {
	return !slices.Contains(notForHeader, textproto.CanonicalMIMEHeaderKey(name))
}

// relay copies the client's headers of the given canonical names; a name that ends in * stands for all that begin so.
// Whatever is not named stays behind: credentials, cookies, Host, forwarding headers, the client's User-Agent.
func relay(dst http.Header, call *Call, names []string) {
	if !call.SameDialect {
		return
	}
	for _, name := range names {
		prefix, wild := strings.CutSuffix(name, "*")
		if !wild {
			if values := call.Client[name]; len(values) > 0 {
				dst[name] = slices.Clone(values)
			}
			continue
		}
		for key, values := range call.Client {
			if strings.HasPrefix(key, prefix) {
				dst[key] = slices.Clone(values)
			}
		}
	}
}

// finish sets the call's own headers, which win over everything that was set before.
func finish(req *http.Request, call *Call) *http.Request {
	for name, values := range call.Header {
		key := textproto.CanonicalMIMEHeaderKey(name)
		switch {
		case len(values) == 0 || !SettableHeader(key):
		case key == "Host":
			req.Host = values[0]
		case key == "Anthropic-Beta":
			req.Header[key] = mergeLists(req.Header[key], values)
		default:
			req.Header[key] = slices.Clone(values)
		}
	}
	return req
}

// mergeLists joins comma-separated header values into one, each member once, in the order of their first appearance.
func mergeLists(lists ...[]string) []string {
	var members []string
	for _, list := range lists {
		for _, value := range list {
			for member := range strings.SplitSeq(value, ",") {
				member = strings.TrimSpace(member)
				if member != "" && !slices.Contains(members, member) {
					members = append(members, member)
				}
			}
		}
	}
	if members == nil {
		return nil
	}
	return []string{strings.Join(members, ",")}
}
