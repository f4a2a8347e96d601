package ir

import (
	"strconv"
	"strings"
)

// Level is how much a note matters.
type Level uint8

// Info notes tell of dropped hints, warn notes of a changed meaning.
const (
	Info Level = iota
	Warn
)

// Note codes that dialects share. Others are dotted names for one rule, such
// as reasoning.cannot_disable.
const (
	CodeDrop     = "drop"
	CodeClamp    = "clamp"
	CodeTruncate = "truncate"
	CodeApprox   = "approx"
	CodeEmulate  = "emulate"
)

// Note tells of something that a translation could not carry over as it was.
type Note struct {
	Code   string
	Path   string // in the client's own words: messages[1], generationConfig.topK
	Level  Level
	Detail string // short and without content, such as the value sent instead
}

// Notes are the notes of one request. The zero value is ready to use.
type Notes struct {
	list  []Note
	infos int
	more  int // notes that were not kept
}

// The most notes that are kept of a request, so that a hostile one with a
// million odd members costs no more than an honest one. Hints leave room for
// what changes the meaning.
const (
	maxNotes = 256
	maxInfos = 192
)

// Add appends a note unless the same code and path are noted already, of which
// the level that matters more counts. Beyond 256 notes, 192 of them of level
// info, they are only counted.
func (n *Notes) Add(note Note) {
	for i := range n.list {
		if n.list[i].Code == note.Code && n.list[i].Path == note.Path {
			if n.list[i].Level < note.Level { // what matters more is told
				n.list[i].Level = note.Level
				n.infos--
			}
			return
		}
	}
	if len(n.list) == maxNotes || note.Level == Info && n.infos == maxInfos {
		n.more++
		return
	}
	if note.Level == Info {
		n.infos++
	}
	n.list = append(n.list, note)
}

// More returns how many notes there were beyond those of List.
func (n *Notes) More() int { return n.more }

// List returns the notes in the order in which they arose.
func (n *Notes) List() []Note { return n.list }

// Reset forgets all notes, for another attempt with another account.
func (n *Notes) Reset() { n.list, n.infos, n.more = n.list[:0], 0, 0 }

const (
	maxHeaderNotes = 20
	maxHeaderBytes = 1024
)

// Header writes the notes as an RFC 9651 list for X-Ai-Gateway-Notes, at most
// 20 entries and 1 KiB, then `more;n=…`. Info notes are left out unless all.
// It returns "" when there is nothing to say.
func (n *Notes) Header(all bool) string {
	var b strings.Builder
	written, left := 0, n.more
	for _, note := range n.list {
		if note.Level == Info && !all {
			continue
		}
		entry := note.item()
		if left > n.more || written == maxHeaderNotes || b.Len()+len(entry)+2 > maxHeaderBytes {
			left++
			continue
		}
		if written > 0 {
			b.WriteString(", ")
		}
		b.WriteString(entry)
		written++
	}
	if left > 0 {
		if written > 0 {
			b.WriteString(", ")
		}
		b.WriteString("more;n=" + strconv.Itoa(left))
	}
	return b.String()
}

func (n Note) item() string {
	var b strings.Builder
	b.WriteString(n.Code)
	param(&b, "p", n.Path)
	param(&b, "d", n.Detail)
	return b.String()
}

// param appends an sf-string parameter: printable ASCII with quotes and
// backslashes escaped, anything else as '?'.
func param(b *strings.Builder, key, value string) {
	if value == "" {
		return
	}
	b.WriteString(";" + key + `="`)
	for _, r := range value {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < 0x20 || r > 0x7e:
			b.WriteByte('?')
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
}
