package translate

import (
	"strings"
	"testing"
)

func TestScrub(t *testing.T) {
	tests := map[string]string{
		"nothing here":                           "nothing here",
		"":                                       "",
		"Incorrect API key: sk-proj-abc***xyz.":  "Incorrect API key: [redacted]",
		"key sk-ant-api03-AbCd_1234 is off":      "key [redacted] is off",
		"AIzaSyA1234567890-abc_def rejected":     "[redacted] rejected",
		"token ya29.a0AfH6SMB_abcdef":            "token [redacted]",
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIi.sig":      "[redacted]",
		"Authorization: Bearer abcdef123456":     "Authorization: [redacted]",
		"GET https://h/x?key=abc&alt=sse":        "GET https://h/x[redacted]&alt=sse",
		"limit reached for org-abcdef123456":     "limit reached for [redacted]",
		"owner jane.doe+x@example.co.uk":         "owner [redacted]",
		"in projects/my-project-1/locations/us":  "in [redacted]/locations/us",
		"line\nline\ttab":                        "line\nline\ttab",
		"\x1b[31mred\x00\r":                      " [31mred  ",
		"risk-free task-force":                   "risk-free task-force",
		"the bearer of bad news":                 "the bearer of bad news",
		"messages[1].content: must not be empty": "messages[1].content: must not be empty",
		"日本語 émoji 😀":                            "日本語 émoji 😀",
	}
	for message, want := range tests {
		if got := Scrub(message); got != want {
			t.Errorf("%q: got %q, want %q", message, got, want)
		}
	}
}

// FuzzScrub never lets a key through, however it is embedded, and needs no
// second pass.
func FuzzScrub(f *testing.F) {
	f.Add("key ", " is wrong")
	f.Add("\x00", "@example.com")
	f.Fuzz(func(t *testing.T, before, after string) {
		const key = "AIzaSyA1234567890abcdefghij"
		out := Scrub(before + " " + key + " " + after)
		if strings.Contains(out, key) {
			t.Errorf("the key is still there: %q", out)
		}
		if strings.ContainsAny(out, "\x00\x1b\r") {
			t.Errorf("control characters are still there: %q", out)
		}
	})
}
