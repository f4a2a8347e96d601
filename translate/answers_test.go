package translate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

// answer makes up what a model answers: thinking, text, and calls of tools.
func (g *generator) answer() *ir.Response {
	resp := &ir.Response{ID: g.word("id"), Model: "m", Created: 1770000000, Usage: ir.NoUsage()}
	resp.Usage.InputTotal, resp.Usage.OutputTotal = int64(10+g.IntN(90)), int64(20+g.IntN(90))
	resp.Usage.CacheRead, resp.Usage.Reasoning = int64(g.IntN(10)), int64(g.IntN(10))
	c := ir.Candidate{Stop: ir.Stop{Reason: ir.StopEnd}}
	if g.maybe() {
		c.Parts = append(c.Parts, ir.Part{Kind: ir.PartThinking, Text: g.text("thought"), Think: &ir.Thinking{}})
	}
	if g.maybe() {
		p := ir.Part{Kind: ir.PartText, Text: g.text("answer")}
		if g.maybe() {
			p.Citations = []ir.Citation{{Kind: "url", Start: 0, End: utf8.RuneCountInString(p.Text.String()), URL: ir.Plain("https://example.com/" + g.word("page")), Title: g.text("title")}}
		}
		c.Parts = append(c.Parts, p)
	}
	for range g.IntN(4) {
		c.Stop.Reason = ir.StopToolUse
		c.Parts = append(c.Parts, ir.Part{Kind: ir.PartToolCall, Call: &ir.ToolCall{
			ID: g.word("call_"), Name: g.word("tool"), Type: ir.TypeFunction, Native: true,
			Args: ir.Args{JSON: fmt.Appendf(nil, `{"%s":%d}`, g.word("arg"), g.Uint64())},
		}})
	}
	if len(c.Parts) == 0 {
		c.Parts = []ir.Part{{Kind: ir.PartText, Text: g.text("only")}}
	}
	if c.Stop.Reason == ir.StopEnd && g.maybe() {
		c.Stop.Reason = ir.StopLength
	}
	resp.Candidates = []ir.Candidate{c}
	return resp
}

// bothAnswers returns the same answer as an upstream of the dialect gives it, at
// once and as a stream.
func bothAnswers(tb testing.TB, d ir.Dialect, resp *ir.Response) (whole, stream []byte) {
	tb.Helper()
	trip := func(streamed bool) *ir.Trip {
		req := &ir.Request{Op: ir.Generate, Dialect: d, Model: "m", Stream: streamed}
		req.StreamOpts.Usage = ir.Some(true)
		return &ir.Trip{Request: req, Target: ableTarget(d, able[d][0]), Model: "m", Created: 1770000000, NewID: NewID}
	}
	whole = codecs[d].AppendResponse(nil, resp, trip(false))
	enc := codecs[d].NewEncoder(trip(true))
	ir.Replay(resp, func(e *ir.Event) { stream = enc.Append(stream, e) })
	return whole, stream
}

func answerFor(tb testing.TB, client, upstream ir.Dialect, stream, streamed bool) Answer {
	tb.Helper()
	env := &ir.Envelope{Op: ir.Generate, Dialect: client, Header: http.Header{}, Model: "m", Stream: stream, Usage: ir.Some(true)}
	req := &ir.Request{Op: ir.Generate, Dialect: client, Model: "m", Stream: stream}
	req.StreamOpts.Usage = ir.Some(true)
	call := &Call{env: env, client: codecs[client], req: req}
	target := ableTarget(upstream, able[upstream][0])
	target.Names = ir.NewNames(nil, codecs[upstream].NameRule())
	trip := &ir.Trip{Request: req, Target: target, Model: "m", Created: 1770000000, NewID: steadyIDs()}
	return newAnswer(call.client, codecs[upstream], trip, env, streamed, nil)
}

// steadyIDs makes ids that are the same in every run.
func steadyIDs() func(string) string {
	n := 0
	return func(prefix string) string { n++; return fmt.Sprintf("%s%024d", prefix, n) }
}

// feed gives a stream to an answer, read in whatever pieces the reader likes.
func feed(tb testing.TB, a Answer, r io.Reader) []byte {
	tb.Helper()
	var out []byte
	src := sse.NewReader(r)
	for src.Next() {
		out = a.Frame(out, src.Event())
	}
	if err := src.Err(); err != nil {
		tb.Fatal(err)
	}
	out = a.Close(out)
	if err := a.Seen().Err; err != nil {
		tb.Fatal(err)
	}
	return out
}

// TestCollectedStream checks that a client that asked for a whole answer reads
// the same whether the upstream streamed or not.
func TestCollectedStream(t *testing.T) {
	for _, upstream := range benchDialects {
		for seed := range uint64(40) {
			g := generator{Rand: rand.New(rand.NewPCG(seed, 9))}
			whole, stream := bothAnswers(t, upstream, g.answer())
			for _, client := range benchDialects {
				want := answerFor(t, client, upstream, false, false).Body(nil, whole)
				got := feed(t, answerFor(t, client, upstream, false, true), bytes.NewReader(stream))
				if !reflect.DeepEqual(nameless(t, got), nameless(t, want)) {
					t.Errorf("%s to %s, seed %d: the stream gives\n%s\nthe whole answer\n%s", upstream, client, seed, got, want)
				}
			}
		}
	}
}

// nameless is an answer without the ids that each run makes up.
func nameless(tb testing.TB, body []byte) any {
	tb.Helper()
	v, err := parse(body)
	if err != nil {
		tb.Fatalf("%v in %s", err, body)
	}
	var strip func(v any)
	strip = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, key := range []string{"id", "responseId", "created", "created_at", "completed_at"} {
				if _, object := v[key].(map[string]any); !object {
					delete(v, key)
				}
			}
			for _, member := range v {
				strip(member)
			}
		case []any:
			for _, member := range v {
				strip(member)
			}
		}
	}
	strip(v)
	return v
}

// TestChunking checks that the pieces in which a stream arrives make no
// difference to what the client reads, relayed or translated.
func TestChunking(t *testing.T) {
	for _, upstream := range benchDialects {
		for seed := range uint64(6) {
			g := generator{Rand: rand.New(rand.NewPCG(seed, 3))}
			_, stream := bothAnswers(t, upstream, g.answer())
			for _, client := range benchDialects {
				want := feed(t, answerFor(t, client, upstream, true, true), bytes.NewReader(stream))
				for name, r := range map[string]io.Reader{
					"bytes": iotest.OneByteReader(bytes.NewReader(stream)), "halves": iotest.HalfReader(bytes.NewReader(stream)),
					"pieces": &pieces{data: stream, rand: g.Rand}, "late errors": iotest.DataErrReader(bytes.NewReader(stream)),
				} {
					if got := feed(t, answerFor(t, client, upstream, true, true), r); !bytes.Equal(got, want) {
						t.Errorf("%s to %s in %s: got\n%s\nwant\n%s", upstream, client, name, got, want)
					}
				}
			}
		}
	}
}

// pieces reads a few bytes at a time.
type pieces struct {
	data []byte
	rand *rand.Rand
}

func (p *pieces) Read(dst []byte) (int, error) {
	if len(p.data) == 0 {
		return 0, io.EOF
	}
	n := copy(dst, p.data[:min(len(p.data), 1+p.rand.IntN(40))])
	p.data = p.data[n:]
	return n, nil
}

// TestAnswersAreWhole checks that all that a model says reaches every client,
// but for sources of others that Anthropic's clients cannot be told, which is
// noted.
func TestAnswersAreWhole(t *testing.T) {
	for _, upstream := range benchDialects {
		for seed := range uint64(40) {
			g := generator{Rand: rand.New(rand.NewPCG(seed, 11))}
			resp := g.answer()
			whole, _ := bothAnswers(t, upstream, resp)
			for _, client := range benchDialects {
				answer := answerFor(t, client, upstream, false, false)
				got := answer.Body(nil, whole)
				missing, err := lost(whole, got, nil)
				if noted := answer.(*wholeAnswer).trip.Target.Notes.Header(true); noted == `drop;p="answer.citations"` && client == ir.Anthropic {
					missing = slices.DeleteFunc(missing, func(l leaf) bool {
						return strings.Contains(l.path, "annotations") || strings.Contains(l.path, "groundingMetadata")
					})
				}
				if err != nil || len(missing) > 0 {
					t.Errorf("%s to %s: %v is lost, %v, in\n%s", upstream, client, missing, err, got)
				}
				if !json.Valid(got) {
					t.Errorf("%s to %s: no JSON: %s", upstream, client, got)
				}
			}
		}
	}
}
