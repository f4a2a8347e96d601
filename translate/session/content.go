package session

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

const (
	maxComponent = 8 << 10   // bytes of a component that count
	usualRaw     = 9 << 10   // bytes of the system's words that are usually enough for a component
	maxRaw       = 16 << 10  // bytes of them that are looked at
	maxPassing   = 64        // is longer than what changes from one day to the next
	maxText      = 256 << 10 // bytes of a text that are looked at for reminders
	minCached    = 256       // bytes of cached text that may stand for the system's words
	version      = "v1"
)

// contentHash is a hash of how a conversation begins: 32 hex digits, or ""
// when it begins with nothing. It stays the same as the conversation grows,
// and is the same in every dialect.
func contentHash(req *ir.Request, who Caller) string {
	base, first := systemWords(req), firstWords(req)
	if len(base) == 0 && len(first) == 0 {
		return ""
	}
	user := req.Meta.EndUser
	if user == "" {
		user = req.Meta.ClientUserID
	}
	buf := make([]byte, 0, 256)
	for _, s := range [...]string{who.Tenant, who.Key, clip(user), version} {
		buf = append(append(buf, s...), '\n')
	}
	h := sha256.New()
	_, _ = h.Write(buf)
	_, _ = h.Write(clip(base))
	_, _ = h.Write(lineBreak)
	_, _ = h.Write(clip(first))
	return tag(h.Sum(buf[:0]), 32)
}

var lineBreak = []byte("\n")

// clip is the part of a component that counts.
func clip[T string | []byte](s T) T {
	if len(s) <= maxComponent {
		return s
	}
	n := maxComponent
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// systemWords is the system's text: what is marked for the cache when that is
// long enough, else all of it, without what changes from one day or version to
// the next. Marks on the user's words do not count: clients move them to the
// latest message.
func systemWords(req *ir.Request) []byte {
	if cached := systemText(req, true, maxComponent+1); len(cached) >= minCached { // clip looks one byte further
		return cached
	}
	all := systemText(req, false, usualRaw)
	words, read := steadyStart(all)
	if len(all) < usualRaw || read < len(all)-maxPassing {
		return words
	}
	return steady(systemText(req, false, maxRaw))
}

// systemText is the first n bytes of the system's text, or of what of it is
// marked for the cache.
func systemText(req *ir.Request, marked bool, n int) (text []byte) {
	for i := range req.System {
		p := &req.System[i]
		if marked && p.Cache == nil || p.Text.HasPrefix("x-anthropic-billing-header:") {
			continue
		}
		if text = appendText(text, p.Text, n-len(text)); len(text) >= n {
			return text[:n]
		}
	}
	return text
}

// firstWords is what the user says before the first answer. Media are told by
// their hashes.
func firstWords(req *ir.Request) []byte {
	var words []byte
	for i := range req.Turns {
		turn := &req.Turns[i]
		if turn.Role == ir.RoleAssistant {
			break
		}
		if turn.Role != ir.RoleUser {
			continue
		}
		for j := range turn.Parts {
			if len(words) >= maxComponent {
				return words
			}
			p := &turn.Parts[j]
			switch {
			case p.Kind == ir.PartText:
				from := len(words)
				words = appendText(words, p.Text, maxComponent+len(reminderStart))
				if bytes.Contains(words[from:], reminderStart) {
					words = append(words[:from], withoutReminders(appendText(nil, p.Text, maxText))...)
				}
				words = words[:min(len(words), from+maxComponent+1)]
			case p.Kind.IsMedia() && p.Media != nil:
				words = append(words, mediaHash(p.Media)...)
			}
		}
	}
	return words
}

// appendText appends the first n bytes of a text, decoded, or a few more.
func appendText(dst []byte, t ir.Text, n int) []byte {
	return t.AppendStart(slices.Grow(dst, min(len(t), n+utf8.UTFMax)), n)
}

var (
	reminderStart = []byte("<system-reminder>")
	reminderEnd   = []byte("</system-reminder>")
)

// withoutReminders cuts out what Claude Code adds to the user's words: it says
// something else each time. It edits text in place.
func withoutReminders(text []byte) []byte {
	from := bytes.Index(text, reminderStart)
	if from < 0 {
		return text
	}
	out := text[:from]
	rest := text[from:]
	for {
		end := bytes.Index(rest, reminderEnd)
		if end < 0 {
			break
		}
		rest = rest[end+len(reminderEnd):]
		next := bytes.Index(rest, reminderStart)
		if next < 0 {
			out = append(out, rest...)
			break
		}
		out = append(out, rest[:next]...)
		rest = rest[next:]
	}
	if len(bytes.TrimSpace(out)) == 0 {
		return nil
	}
	return out
}

// mediaHash is the hash of a medium's bytes, or of where they are.
func mediaHash(m *ir.Media) string {
	h := sha256.New()
	if m.Source == ir.SourceBase64 {
		data := strings.NewReader(strings.TrimRight(m.Data.String(), "="))
		if _, err := io.Copy(h, base64.NewDecoder(base64.RawStdEncoding, data)); err == nil {
			return hex.EncodeToString(h.Sum(nil))
		}
		h.Reset()
	}
	for _, s := range [...]string{m.Data.String(), m.URL, m.FileID} {
		_, _ = io.WriteString(h, s)
	}
	return hex.EncodeToString(h.Sum(nil))
}
