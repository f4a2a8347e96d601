package session

import (
	"bytes"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

var projectDir = []byte("/.gemini/tmp/")

// projectHash is the number of hex digits by which Gemini CLI names a project's
// directory. Newer versions have a short name there, which names no session.
const projectHash = 64

// geminiCLI is the key of a Gemini CLI's session: the project's directory as
// it stands in the conversation, together with the installation if that is
// told.
func geminiCLI(env *ir.Envelope, body []byte) string {
	dir := projectIn(body)
	if dir == "" {
		return ""
	}
	if user := header(env, "X-Gemini-Api-Privileged-User-Id"); user != "" {
		return "geminicli:" + sum(user+":"+dir)
	}
	return "geminicli:" + dir
}

// projectIn returns the first project directory in a body.
func projectIn(body []byte) string {
	for {
		i := bytes.Index(body, projectDir)
		if i < 0 {
			return ""
		}
		body = body[i+len(projectDir):]
		if len(body) < projectHash {
			return ""
		}
		if isHex(body[:projectHash]) {
			return string(body[:projectHash])
		}
	}
}

func isHex(b []byte) bool {
	for _, c := range b {
		if !hexDigit(c) {
			return false
		}
	}
	return true
}

func hexDigit(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}
