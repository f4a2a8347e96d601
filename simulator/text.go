package simulator

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// difficult is the text of the word "unicode": what breaks programs that cut or escape text wrongly.
const difficult = "Grüße 你好，世界 🌍 👩‍👩‍👧‍👦 e\u0301 🇺🇳 नमस्ते line\u2028separator paragraph\u2029separator " +
	"\"quotes\" back\\slash tab\there </script> &amp; ﷽ end."

// plainText is the answer in words.
func plainText(p prompt) string {
	w := p.wishes
	switch {
	case w.saying:
		return w.say
	case w.long > 0:
		return longText(w.long)
	case w.unicode:
		return difficult
	}
	var said []string
	for _, r := range p.results {
		verb := "answered"
		if r.failed {
			verb = "failed"
		}
		said = append(said, fmt.Sprintf("The tool %s %s: %s", r.name, verb, r.text))
	}
	switch {
	case len(p.results) == 0 && p.text != "":
		said = append(said, "You said: "+p.text)
	case p.note != "":
		said = append(said, "You said: "+p.note)
	case len(p.results) == 0 && len(p.attachments) == 0:
		said = append(said, "You said nothing.")
	}
	if len(p.attachments) > 0 {
		said = append(said, received(p.attachments))
	}
	return strings.Join(said, "\n")
}

// received lists the images and documents that arrived.
func received(attachments []part) string {
	noun := "attachments"
	if len(attachments) == 1 {
		noun = "attachment"
	}
	var listed []string
	for _, a := range attachments {
		mime := a.mime
		if mime == "" {
			mime = "unknown"
		}
		if a.url != "" {
			listed = append(listed, fmt.Sprintf("%s (at %s)", mime, a.url))
			continue
		}
		listed = append(listed, fmt.Sprintf("%s (%d bytes)", mime, a.size))
	}
	return fmt.Sprintf("I received %d %s: %s.", len(attachments), noun, strings.Join(listed, ", "))
}

// longText is n numbered words.
func longText(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "word%d", i+1)
	}
	return b.String()
}

// thoughtAbout is the visible thought that leads to an answer.
func thoughtAbout(p prompt, x candidate) string {
	var names []string
	for _, k := range x.calls {
		names = append(names, k.tool.name)
	}
	switch {
	case len(names) > 0:
		return "I should call " + strings.Join(names, " and ") + "."
	case len(p.results) > 0:
		return "The tools have answered and I should report it."
	}
	n := tokens(p.text)
	return fmt.Sprintf("The user wrote %d word%s and I should answer.", n, plural(n))
}

// piece is one delta of a stream.
type piece struct {
	text string
	word bool // a new word begins here
}

// cutText cuts a text into pieces, never inside of a rune.
func cutText(text string, how chunking) []piece {
	switch {
	case text == "":
		return nil
	case how == chunkWhole:
		return []piece{{text, true}}
	case how == chunkRunes:
		return cutRunes(text)
	}
	var pieces []piece
	for text != "" {
		end := wordEnd(text)
		pieces = append(pieces, piece{text[:end], true})
		text = text[end:]
	}
	return pieces
}

// wordEnd finds the end of the first word, with the white space before it, and with that after it at the text's end.
func wordEnd(text string) int {
	start := len(text) - len(strings.TrimLeftFunc(text, unicode.IsSpace))
	i := strings.IndexFunc(text[start:], unicode.IsSpace)
	if i < 0 || strings.TrimSpace(text[start+i:]) == "" {
		return len(text)
	}
	return start + i
}

func cutRunes(text string) []piece {
	var pieces []piece
	inside := false
	for text != "" {
		r, size := utf8.DecodeRuneInString(text)
		begins := !inside && !unicode.IsSpace(r)
		inside = !unicode.IsSpace(r)
		pieces = append(pieces, piece{text[:size], begins})
		text = text[size:]
	}
	return pieces
}

// argumentRunes is the length of the pieces that arguments are streamed in.
const argumentRunes = 12

// cutArguments cuts the arguments of a call; each piece counts as a word.
func cutArguments(arguments string, how chunking) []piece {
	switch how {
	case chunkWhole:
		return []piece{{arguments, true}}
	case chunkRunes:
		pieces := cutRunes(arguments)
		for i := range pieces {
			pieces[i].word = true
		}
		return pieces
	}
	var pieces []piece
	for runes := []rune(arguments); len(runes) > 0; {
		n := min(argumentRunes, len(runes))
		pieces = append(pieces, piece{string(runes[:n]), true})
		runes = runes[n:]
	}
	return pieces
}

// firstWords cuts a text after n words.
func firstWords(text string, n int) string {
	if tokens(text) <= n {
		return text
	}
	kept := 0
	for i := 0; i < n; i++ {
		kept += wordEnd(text[kept:])
	}
	return text[:kept]
}
