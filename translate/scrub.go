package translate

import "regexp"

// secrets are what must not leave the gateway inside an upstream's message:
// keys, tokens, mail addresses, project and organisation names.
var secrets = []*regexp.Regexp{
	regexp.MustCompile(`\b(?:sk|pk|rk|xai|gsk|org|proj)-[A-Za-z0-9_*.-]{6,}`),
	regexp.MustCompile(`\bAIza[A-Za-z0-9_-]{10,}`),
	regexp.MustCompile(`\b(?:ya29|eyJ)[A-Za-z0-9._-]{10,}`),
	regexp.MustCompile(`(?i)\bbearer\s+[A-Za-z0-9._~+/=-]{6,}`),
	regexp.MustCompile(`(?i)([?&](?:key|api_key|access_token|token)=)[^&\s"']+`),
	regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z0-9.-]+`),
	regexp.MustCompile(`\bprojects?/[A-Za-z0-9_:-]+`),
}

// Scrub returns a message without what looks like a secret, and without
// control characters, which could forge lines in a log or a terminal.
func Scrub(message string) string {
	for _, re := range secrets {
		message = re.ReplaceAllString(message, "[redacted]")
	}
	return controls.ReplaceAllString(message, " ")
}

var controls = regexp.MustCompile(`[\x00-\x08\x0b-\x1f\x7f]`)
