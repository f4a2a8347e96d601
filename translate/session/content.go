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

// hash is the key by how a conversation begins: 32 hex digits of a hash, or ""
// when it begins with nothing. It stays the same as the conversation grows, and is the
// same in every dialect, in every process and after a restart: the log tells
// sessions by it. It is false when a text is not valid. scratch has room for
// what is hashed.
func (b *beginning) hash(who Caller, scratch []byte) (hash string, valid bool) {
	buf := scratch[:0]
	for _, s := range [...]string{who.Tenant, who.Key, clip(b.user.String()), version} {
		buf = append(append(buf, s...), '\n')
	}
	from := len(buf)
	buf, valid = b.appendSystem(buf)
	buf = append(buf, '\n')
	said := len(buf)
	buf, ok := b.appendFirst(buf)
	if !valid || !ok {
		return "", false
	}
	if len(buf) == from+1 {
		return "", true
	}
	buf = buf[:said+len(clip(buf[said:]))]
	sum := sha256.Sum256(buf)
	return tag("c:", sum[:], 32), true
}

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

// appendSystem appends the system's text: what is marked for the cache when that
// is long enough, else all of it, without what changes from one day or version
// to the next. Marks on the user's words do not count: clients move them to the
// latest message.
func (b *beginning) appendSystem(dst []byte) (out []byte, valid bool) {
	from := len(dst)
	dst, valid = b.appendText(dst, true, maxComponent+1) // clip looks one byte further
	if cached := dst[from:]; len(cached) >= minCached {
		return dst[:from+len(clip(cached))], valid
	}
	dst, valid = b.appendText(dst[:from], false, usualRaw)
	all := dst[from:]
	words, read := steadyStart(all)
	if len(all) == usualRaw && read >= len(all)-maxPassing {
		dst, valid = b.appendText(dst[:from], false, maxRaw)
		words = steady(dst[from:])
	}
	return dst[:from+len(words)], valid
}

// appendText appends the first n bytes of the system's text, or of what of it is
// marked for the cache.
func (b *beginning) appendText(dst []byte, marked bool, n int) (out []byte, valid bool) {
	end := len(dst) + n
	for i := range b.said {
		w := &b.said[i]
		if w.by != system || marked && !w.marked || w.text.HasPrefix("x-anthropic-billing-header:") {
			continue
		}
		if w.rough && !startsValid(dst, w.text, end-len(dst)) {
			return dst, false
		}
		dst = appendStart(dst, w.text, end-len(dst))
		if len(dst) >= end {
			return dst[:end], true
		}
	}
	return dst, true
}

// appendFirst appends what the user says before the first answer. Media are told
// by their hashes.
func (b *beginning) appendFirst(dst []byte) (out []byte, valid bool) {
	begin := len(dst)
	for i := range b.said {
		w := &b.said[i]
		switch {
		case w.by != user:
			continue
		case len(dst)-begin >= maxComponent:
			return dst, true
		case w.media != nil:
			dst = append(dst, mediaHash(w.media)...)
			continue
		}
		from, n := len(dst), maxComponent+len(reminderStart)
		if w.rough && !startsValid(dst, w.text, n) {
			return dst, false
		}
		dst = appendStart(dst, w.text, n)
		if bytes.Contains(dst[from:], reminderStart) {
			if w.rough && !startsValid(nil, w.text, maxText) {
				return dst, false
			}
			dst = append(dst[:from], withoutReminders(appendStart(nil, w.text, maxText))...)
		}
		dst = dst[:min(len(dst), from+maxComponent+1)]
	}
	return dst, true
}

// startsValid reports whether the first n bytes of a text, decoded, are valid
// UTF-8 but for a character that goes on behind them. It works behind scratch.
func startsValid(scratch []byte, t ir.Text, n int) bool {
	n += utf8.UTFMax // so that a character at the end of what counts is all there
	text := appendStart(scratch, t, n)[len(scratch):]
	for i := 1; len(text) >= n && i < utf8.UTFMax; i++ {
		if last := text[len(text)-i:]; utf8.RuneStart(last[0]) {
			if !utf8.FullRune(last) {
				text = text[:len(text)-i]
			}
			break
		}
	}
	return utf8.Valid(text)
}

// appendStart appends the first n bytes of a text, decoded, or a few more.
func appendStart(dst []byte, t ir.Text, n int) []byte {
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
