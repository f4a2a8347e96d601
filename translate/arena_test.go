package translate

import (
	"bytes"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// once is what becomes of a request in one attempt, and what of it may outlive
// the request's memory.
type once struct {
	body   []byte
	header http.Header
	notes  []ir.Note
	err    string
	answer []byte
}

// translateOnce translates a request and a short answer to it, and once more
// without signatures, as after a refusal.
func translateOnce(tb testing.TB, from, to ir.Dialect, body []byte, arena *ir.Arena) (o once) {
	tb.Helper()
	env := &ir.Envelope{Op: ir.Generate, Dialect: from, Header: http.Header{}, Model: "demo", Arena: arena}
	call, err := NewCall(env, body)
	if err != nil {
		return once{err: err.Error()}
	}
	call.Keep(&ir.Keeping{ID: "resp_gw1", Store: true})
	target := ableTarget(to, able[to][0])
	exchange := call.For(target, "demo", 1)
	if o.body, err = exchange.Request(nil); err != nil {
		return once{err: err.Error(), notes: target.Notes.List()}
	}
	again := ableTarget(to, able[to][1])
	healed, err := call.Heal(again, "demo", 1)
	if err != nil { // what was relayed need not be readable
		return once{body: o.body, err: err.Error()}
	}
	if second, err := healed.Request(nil); err == nil {
		o.body = append(bytes.Clone(o.body), second...)
	}
	answer, err := exchange.Answer(false)
	if err != nil {
		tb.Fatal(err)
	}
	resp := &ir.Response{ID: "1", Model: "up", Created: 1, Usage: ir.NoUsage(), Candidates: []ir.Candidate{{
		Parts: []ir.Part{{Kind: ir.PartText, Text: "hello"}}, Stop: ir.Stop{Reason: ir.StopEnd},
	}}}
	whole, _ := bothAnswers(tb, to, resp)
	o.answer = withoutIDs(answer.Body(nil, whole))
	o.header, o.notes = exchange.Header(), target.Notes.List()
	return o
}

// madeUpIDs are the ids of answers and their items that nobody has given.
var madeUpIDs = regexp.MustCompile(`"([a-z]+_)[0-9a-f]{24}"`)

// withoutIDs replaces the ids that are made up at random.
func withoutIDs(answer []byte) []byte { return madeUpIDs.ReplaceAll(answer, []byte(`"$1"`)) }

// TestArenaOfManyRequests translates one request after the other in the same
// memory, which is written over in between, and compares what comes of it with
// what comes of each in memory of its own.
func TestArenaOfManyRequests(t *testing.T) {
	shared := &ir.Arena{}
	for _, from := range benchDialects {
		for _, s := range corpus(t, from) {
			for _, to := range benchDialects {
				want := translateOnce(t, from, to, s.body, nil)
				got := translateOnce(t, from, to, bytes.Clone(s.body), shared)
				shared.Scrub(func(b []byte) {
					for i := range b {
						b[i] = 0xDB
					}
				})
				if !reflect.DeepEqual(got, want) {
					t.Fatalf("%s, %s to %s: in shared memory\n%s\nnot\n%s", s.name, from, to, describe(&got), describe(&want))
				}
				shared.Reset()
			}
		}
	}
}

func describe(o *once) string {
	return fmt.Sprintf("%s\n%s\n%v %v %s", o.body, o.answer, o.header, o.notes, o.err)
}
