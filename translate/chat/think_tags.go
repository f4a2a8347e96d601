package chat

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

const (
	thinkOpen  = "<think>"
	thinkClose = "</think>"
)

// tagSplitter takes the thoughts out of a text that begins with them in <think>
// tags, as some servers deliver them. Tags may be cut anywhere by the chunks.
type tagSplitter struct {
	state tagState
	held  string // decoded text that may be the beginning of a tag
}

type tagState uint8

const (
	tagUnknown tagState = iota // nothing but white space so far
	tagInside
	tagBehind // just behind the closing tag, where white space is dropped
	tagDone
)

// split returns what a piece adds to the thoughts and to the text.
func (s *tagSplitter) split(piece ir.Text) (thought, text ir.Text) {
	if s.state == tagDone {
		return "", piece
	}
	plain := s.held + piece.String()
	s.held = ""
	if s.state == tagUnknown {
		trimmed := strings.TrimLeft(plain, " \t\r\n")
		switch {
		case strings.HasPrefix(trimmed, thinkOpen):
			s.state, plain = tagInside, strings.TrimLeft(trimmed[len(thinkOpen):], "\n")
		case strings.HasPrefix(thinkOpen, trimmed):
			s.held = strings.Clone(plain) // the frame goes away
			return "", ""
		default:
			s.state = tagDone
			return "", ir.Plain(plain)
		}
	}
	if s.state == tagInside {
		inside, after, closed := strings.Cut(plain, thinkClose)
		if !closed {
			keep := tagStart(plain)
			s.held = strings.Clone(plain[len(plain)-keep:])
			return ir.Plain(plain[:len(plain)-keep]), ""
		}
		thought, s.state, plain = ir.Plain(strings.TrimRight(inside, "\n")), tagBehind, after
	}
	if plain = strings.TrimLeft(plain, " \t\r\n"); plain != "" {
		s.state = tagDone
	}
	return thought, ir.Plain(plain)
}

// tagStart is the length of the longest end of s that begins a closing tag.
func tagStart(s string) int {
	for n := min(len(s), len(thinkClose)-1); n > 0; n-- {
		if strings.HasPrefix(thinkClose, s[len(s)-n:]) {
			return n
		}
	}
	return 0
}

// rest returns what was held when the answer ended.
func (s *tagSplitter) rest() (thought, text ir.Text) {
	held := ir.Plain(s.held)
	s.held = ""
	if s.state == tagInside {
		return held, ""
	}
	return "", held
}
