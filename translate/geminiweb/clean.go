package geminiweb

import (
	"html"
	"net/url"
	"regexp"
	"strings"
)

// Text returns what a reader is to see of a body's text and of its thoughts.
func (b *Body) Clean() (answer, thoughts string) {
	answer, spans := clean(b.Text)
	thoughts, more := clean(b.Thoughts)
	return answer, thoughts + more + spans
}

var (
	// Marks that the page replaces: pictures, maps, videos.
	placeholder = regexp.MustCompile(`http://googleusercontent\.com/[a-z_]+/[0-9]+\n*`)
	// Thoughts that stand inside of the text.
	thoughtSpan = regexp.MustCompile(`(?s)<ctrl94>thought\s?(.*?)(?:<ctrl95>|$)`)
	// What the app's own tools were given and have printed.
	toolFence = regexp.MustCompile("(?s)```(?:python\\?code_reference&code_event_index=[0-9]+|[a-z]*\\?code_stdout[^\n]*)\n.*?(?:\n```\n*|$)")
	redirect  = regexp.MustCompile(`https://www\.google\.com/(?:search\?q=|url\?)[^\s)\]"<>]+`)
)

// clean works on a whole snapshot: what it removes may arrive in pieces. The second result are thoughts that stood in
// the text.
func clean(s string) (plain, thoughts string) {
	if s == "" {
		return "", ""
	}
	s = html.UnescapeString(s)
	if strings.Contains(s, "<ctrl94>") {
		for _, m := range thoughtSpan.FindAllStringSubmatch(s, -1) {
			thoughts += m[1]
		}
		s = thoughtSpan.ReplaceAllString(s, "")
	}
	s = toolFence.ReplaceAllString(s, "")
	s = placeholder.ReplaceAllString(s, "")
	s = strings.ReplaceAll(s, "<!-- end list -->", "")
	return redirect.ReplaceAllStringFunc(s, unwrap), thoughts
}

// unwrap returns where a redirect of Google's leads.
func unwrap(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return link
	}
	for _, name := range []string{"q", "url"} {
		if to := u.Query().Get(name); strings.HasPrefix(to, "http://") || strings.HasPrefix(to, "https://") {
			return to
		}
	}
	return link
}
