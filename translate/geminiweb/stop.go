package geminiweb

import "strings"

// stopper cuts a text at the stop sequences that the app does not know.
type stopper struct {
	words []string
	met   string // the one that the text was cut at
}

// cut returns the snapshot up to the first stop sequence, and whether there is one. Of a text that goes on, an end that
// may become a stop sequence is held back.
func (s *stopper) cut(snapshot string, final bool) (string, bool) {
	first := -1
	for _, word := range s.words {
		if i := strings.Index(snapshot, word); i >= 0 && (first < 0 || i < first) {
			first, s.met = i, word
		}
	}
	if first >= 0 {
		return snapshot[:first], true
	}
	if final {
		return snapshot, false
	}
	hold := 0
	for _, word := range s.words {
		for n := min(len(word)-1, len(snapshot)); n > hold; n-- {
			if strings.HasSuffix(snapshot, word[:n]) {
				hold = n
			}
		}
	}
	return snapshot[:len(snapshot)-hold], false
}
