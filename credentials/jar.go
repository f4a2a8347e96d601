package credentials

import (
	"net/http"
	"strings"
	"time"
)

// The cookies of a Google session that the gateway knows by name.
const (
	cookieSession = "__Secure-1PSID"   // long-lived; there is no session without it
	cookieStamp   = "__Secure-1PSIDTS" // short-lived, exchanged again and again
)

// sessionCookies are the cookies that are taken from a file. With all that a browser has for google.com, Google refuses
// to exchange the short-lived one (github.com/HanaokaYuzu/Gemini-API).
var sessionCookies = []string{cookieSession, cookieStamp, "__Secure-1PSIDCC", "NID", "SAPISID", "__Secure-1PAPISID"}

// cookieHome is the only domain whose cookies are kept, and the only one that is sent any.
const cookieHome = "google.com"

// cookie is one cookie of a jar.
type cookie struct {
	name, value string
	domain      string // without a leading dot
	hostOnly    bool   // it goes to no host below domain
	path        string
	expires     time.Time // zero for the end of the session
}

// jar holds the cookies of one account. net/http/cookiejar can neither list nor store its cookies.
type jar []cookie

// get returns a cookie's value, "" if there is none of the name.
func (j jar) get(name string) string {
	for _, c := range j {
		if c.name == name {
			return c.value
		}
	}
	return ""
}

// header returns the Cookie header for a request, "" for a host that gets none.
func (j jar) header(host, path string, now time.Time) string {
	var b strings.Builder
	for _, c := range j {
		if !c.matches(host, path) || c.expired(now) {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("; ")
		}
		b.WriteString(c.name + "=" + c.value)
	}
	return b.String()
}

func (c *cookie) expired(now time.Time) bool { return !c.expires.IsZero() && !now.Before(c.expires) }

func (c *cookie) matches(host, path string) bool {
	if host != c.domain && (c.hostOnly || !below(host, c.domain)) {
		return false
	}
	rest, ok := strings.CutPrefix(path, c.path)
	return ok && (rest == "" || strings.HasSuffix(c.path, "/") || rest[0] == '/')
}

// below says whether a host is the domain or in it.
func below(host, domain string) bool { return host == domain || strings.HasSuffix(host, "."+domain) }

// take puts the cookies of an answer into the jar and says whether the short-lived one has changed. The session's own
// cookies are never deleted: whether they are still good is found out by using them.
func (j *jar) take(host string, cookies []*http.Cookie, now time.Time) bool {
	before := j.get(cookieStamp)
	for _, set := range cookies {
		c := cookie{name: set.Name, value: set.Value, domain: host, hostOnly: true, path: "/", expires: set.Expires}
		if domain := strings.ToLower(strings.TrimPrefix(set.Domain, ".")); domain != "" {
			if !below(host, domain) {
				continue
			}
			c.domain, c.hostOnly = domain, false
		}
		if !below(c.domain, cookieHome) || !isCookieValue(c.value) {
			continue
		}
		if strings.HasPrefix(set.Path, "/") {
			c.path = set.Path
		}
		if set.MaxAge > 0 {
			c.expires = now.Add(time.Duration(min(set.MaxAge, 1<<30)) * time.Second)
		}
		gone := set.MaxAge < 0 || c.value == "" || c.expired(now)
		own := c.name == cookieSession || c.name == cookieStamp
		if gone && own {
			continue
		}
		j.put(c, gone)
	}
	return j.get(cookieStamp) != before
}

// maxCookies bounds a jar, whatever an answer sets.
const maxCookies = 64

// put replaces the cookie of the same name and domain, or deletes it.
func (j *jar) put(c cookie, gone bool) {
	list := *j
	for i := range list {
		own := c.name == cookieSession || c.name == cookieStamp // of these there is one, whatever the domain
		if list[i].name != c.name || !own && (list[i].domain != c.domain || list[i].path != c.path) {
			continue
		}
		if gone {
			*j = append(list[:i:i], list[i+1:]...)
			return
		}
		list[i] = c
		return
	}
	if !gone && len(list) < maxCookies {
		*j = append(list, c)
	}
}

// clone returns a jar that shares nothing with this one.
func (j jar) clone() jar { return append(jar(nil), j...) }

// mark tells one pair of session cookies from another without holding either.
func (j jar) mark() string { return Fingerprint(j.get(cookieSession) + "\x00" + j.get(cookieStamp)) }

// isCookieValue says whether a value can stand in a Cookie header (RFC 6265 §4.1.1).
func isCookieValue(value string) bool {
	return len(value) <= 4096 && strings.IndexFunc(value, func(r rune) bool {
		return r <= ' ' || r > '~' || r == '"' || r == ',' || r == ';' || r == '\\'
	}) < 0
}
