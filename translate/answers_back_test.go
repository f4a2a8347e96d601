package translate

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestAnswersThereAndBack translates answers to another dialect and back, whole
// and as streams: what the model thought, said and called, why it ended and
// what was used are the same.
func TestAnswersThereAndBack(t *testing.T) {
	for _, home := range benchDialects {
		for seed := range uint64(40) {
			g := generator{Rand: rand.New(rand.NewPCG(seed, 13))}
			whole, stream := bothAnswers(t, home, g.answer())
			want := retold(t, home, whole)
			for _, abroad := range benchDialects {
				if abroad == home {
					continue
				}
				there := answerFor(t, abroad, home, false, false).Body(nil, whole)
				back := answerFor(t, home, abroad, false, false).Body(nil, there)
				if got := retold(t, home, back); !slices.Equal(got, fit(want, abroad)) {
					t.Errorf("%s to %s and back, seed %d: it tells\n%q\ninstead of\n%q", home, abroad, seed, got, want)
				}
				there = feed(t, answerFor(t, abroad, home, true, true), bytes.NewReader(stream))
				back = feed(t, answerFor(t, home, abroad, false, true), bytes.NewReader(there))
				if got := retold(t, home, back); !slices.Equal(got, fit(want, abroad)) && !lateSources(want, home, abroad) {
					t.Errorf("%s to %s and back as a stream, seed %d: it tells\n%q\ninstead of\n%q", home, abroad, seed, got, want)
				}
			}
		}
	}
}

// fit is what of an answer's lines another dialect can say: Anthropic cites
// nothing but what it has found itself.
func fit(lines []string, d ir.Dialect) []string {
	if d != ir.Anthropic {
		return lines
	}
	out := slices.Clone(lines)
	for i := range out {
		out[i], _, _ = strings.Cut(out[i], cited)
	}
	return out
}

// lateSources tells of streams that cite after a call what stands before it:
// Google tells its sources last, when the text that they are about is out.
func lateSources(lines []string, dialects ...ir.Dialect) bool {
	text := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, cited) })
	return slices.Contains(dialects, ir.Gemini) && text >= 0 && slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, "calls ") })
}

// cited is what stands between a text and its source in a line.
const cited = " cites "

// retold tells a whole answer in lines that are the same however it came.
func retold(tb testing.TB, d ir.Dialect, body []byte) (lines []string) {
	tb.Helper()
	target := ableTarget(d, able[d][0])
	target.Names = ir.NewNames(nil, codecs[d].NameRule())
	trip := &ir.Trip{Request: &ir.Request{Op: ir.Generate, Dialect: d, Model: "m"}, Target: target, Model: "m", NewID: steadyIDs()}
	resp, err := codecs[d].DecodeResponse(body, trip)
	if err != nil {
		tb.Fatalf("%v in %s", err, body)
	}
	for _, c := range resp.Candidates {
		for i := range c.Parts {
			p := &c.Parts[i]
			line := fmt.Sprintf("%s %q", p.Kind, p.Text.String())
			if p.Call != nil {
				args, _ := parse(p.Call.AppendObject(nil))
				line = fmt.Sprintf("calls %s with %v", p.Call.Name, args)
			}
			for _, cite := range p.Citations {
				line += fmt.Sprintf("%s%s in %d to %d", cited, cite.URL.String(), cite.Start, cite.End)
			}
			lines = append(lines, line)
		}
		lines = append(lines, fmt.Sprintf("ends with %s", c.Stop.Reason))
	}
	u := &resp.Usage
	return append(lines, fmt.Sprintf("used %d (%d cached) and %d (%d thinking)", u.InputTotal, u.CacheRead, u.OutputTotal, u.Reasoning))
}
