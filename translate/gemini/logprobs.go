package gemini

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// readLogprobs reads a logprobsResult: the chosen tokens, and beside each the
// alternatives at its place.
func readLogprobs(raw []byte) []ir.TokenLogprob {
	if raw == nil {
		return nil
	}
	var r jsonx.Reader
	r.Reset(raw)
	var chosen []ir.TokenLogprob
	var tops [][]ir.TokenLogprob
	for in := r.Object(); in && r.Member(); {
		switch camel(r.Key()) {
		case "chosenCandidates":
			chosen = readTokens(&r)
		case "topCandidates":
			for in := r.Array(); in && r.Element(); {
				var list []ir.TokenLogprob
				for in := r.Object(); in && r.Member(); {
					if r.Key() == "candidates" {
						list = readTokens(&r)
					}
				}
				tops = append(tops, list)
			}
		}
	}
	if r.Err() != nil {
		return nil
	}
	for i := range chosen {
		if i < len(tops) {
			chosen[i].Top = tops[i]
		}
	}
	return chosen
}

func readTokens(r *jsonx.Reader) []ir.TokenLogprob {
	var list []ir.TokenLogprob
	for in := r.Array(); in && r.Element(); {
		var t ir.TokenLogprob
		for in := r.Object(); in && r.Member(); {
			switch camel(r.Key()) {
			case "token":
				t.Token = r.Text()
			case "logProbability":
				t.Logprob = r.Float()
			}
		}
		list = append(list, t)
	}
	return list
}

// appendTokens appends the elements of chosenCandidates or of one list of
// topCandidates.
func appendTokens(dst []byte, list []ir.TokenLogprob) []byte {
	for i := range list {
		dst = append(appendComma(dst), '{')
		dst = appendText(dst, "token", list[i].Token)
		dst = append(appendFloat(dst, "logProbability", list[i].Logprob), '}')
	}
	return dst
}

// tokenLogs are the probabilities of an answer's tokens as they will be
// written: the elements of two lists.
type tokenLogs struct{ chosen, top []byte }

func (l *tokenLogs) add(list []ir.TokenLogprob) {
	for i := range list {
		l.chosen = appendTokens(l.chosen, list[i:i+1])
		l.top = appendTokens(append(appendComma(l.top), `{"candidates":[`...), list[i].Top)
		l.top = append(l.top, "]}"...)
	}
}

func (l *tokenLogs) append(dst []byte) []byte {
	if len(l.chosen) == 0 {
		return dst
	}
	dst = append(appendKey(dst, "logprobsResult"), `{"topCandidates":[`...)
	dst = append(append(dst, l.top...), `],"chosenCandidates":[`...)
	return append(append(dst, l.chosen...), "]}"...)
}
