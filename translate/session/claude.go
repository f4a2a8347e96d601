package session

import (
	"regexp"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// The forms in which Claude Code's metadata.user_id names the session: as text
// up to version 2.1.77, as JSON from then on; other clients write something
// similar to the first.
var (
	claudeText  = regexp.MustCompile(`^user_[a-fA-F0-9]{64}_account_[a-fA-F0-9-]*_session_([a-fA-F0-9-]{36})$`)
	claudeLoose = regexp.MustCompile(`session_([a-f0-9-]{36})`)
)

const (
	maxUserID = 4 << 10 // longer ones name no session
	maxPlain  = 512     // longer ids are hashed
)

// claudeSession returns the session that a metadata.user_id names, or "".
func claudeSession(userID ir.Text) string {
	if len(userID) == 0 || len(userID) > maxUserID {
		return ""
	}
	value := strings.TrimSpace(userID.String())
	if strings.HasPrefix(value, "{") {
		return claudeJSON(value)
	}
	if m := claudeText.FindStringSubmatch(value); m != nil {
		return m[1]
	}
	if m := claudeLoose.FindStringSubmatch(value); m != nil {
		return m[1]
	}
	return ""
}

// claudeJSON reads {"device_id", "account_uuid", "session_id"}.
func claudeJSON(value string) string {
	var device, session string
	var r jsonx.Reader
	r.Reset([]byte(value))
	r.Object()
	for r.Member() {
		switch r.Key() {
		case "device_id":
			device = r.TextIfAny().String()
		case "session_id":
			session = r.TextIfAny().String()
		}
	}
	if r.End() != nil || strings.TrimSpace(device) == "" {
		return ""
	}
	return strings.TrimSpace(session)
}

// claudeKey is the key of a session id, which is a UUID unless somebody else
// than Claude Code has made it.
func claudeKey(id string) string {
	switch {
	case id == "":
		return ""
	case len(id) > maxPlain, strings.ContainsFunc(id, isControl):
		return hashed("claude:", id)
	default:
		return "claude:" + id
	}
}

func isControl(r rune) bool { return r < ' ' || r >= 0x7F && r < 0xA0 }
