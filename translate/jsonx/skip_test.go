package jsonx

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// skipped is what becomes of an object or array that is moved over.
type skipped struct {
	pos     int
	ready   bool
	err     string
	outline ir.Outline
}

// skip moves over the value that begins at an offset of a body, by blocks or
// byte by byte, with as many levels around it as given.
func skip(body []byte, start, depth int, byBlocks bool) (s skipped) {
	var r Reader
	r.Reset(body)
	r.Note(&s.outline)
	r.pos, r.depth = start, depth
	if byBlocks {
		r.skipNoting()
	} else {
		r.skipBytes(start, depth)
	}
	s.pos, s.ready = r.pos, r.ready
	if r.err != nil {
		s.err = r.err.Error()
	}
	return s
}

// checkSkip compares both ways, and the ends of strings as they see them.
func checkSkip(t *testing.T, body []byte, start, depth int) {
	t.Helper()
	got, want := skip(body, start, depth, true), skip(body, start, depth, false)
	if want.err != "" {
		got.pos = want.pos // it is of no use behind an error
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%q from %d, %d levels down\ngot  %+v\nwant %+v", body, start, depth, got.said(), want.said())
	}
}

func (s skipped) said() string {
	o := s.outline
	o.Body = nil
	return fmt.Sprintf("offset %d, ready %v, error %q, %+v", s.pos, s.ready, s.err, o)
}

// checkString compares all ways to find the end of a string.
func checkString(t *testing.T, body []byte, start int) {
	t.Helper()
	type found struct {
		end int
		fl  flags
		msg string
	}
	var want, words, blocks found
	want.end, want.fl, want.msg = stringTail(body, start, 0)
	words.end, words.fl, words.msg = stringWords(body, start, len(body), 0)
	blocks.end, blocks.fl, blocks.msg = stringBlocks(body, start, 0)
	if words != want || blocks != want {
		t.Fatalf("%q from %d: by words %v, by blocks %v, want %v", body, start, words, blocks, want)
	}
	if want.end, want.fl, want.msg = stringEnd(body, start); words != want {
		t.Fatalf("%q from %d: %v, want %v", body, start, want, words)
	}
}

// hits are what can stand in a body, right and wrong.
var hits = []string{
	`"`, `\"`, `\\`, `\\\"`, `\\\\`, strings.Repeat(`\`, 65), strings.Repeat(`\`, 130) + `"`, `\n\t`, `\r\b\f\/`, `\u00e9`, `\u003c\u003e`, `\u4e2d`,
	`\ud83d\ude00`, `\ud83d\ude00\ude00`, `\ud800`, `\udc00`, `\ud83d\n`, `\ud83d\u0041`, `\u12`, `\u12g4`, `\u00g0`, `\u000g`, `\x`, `\`,
	"\x1f", "\n", "é", "\xff", "\u2028", "\x7f_Yy", `","`, `":"`, `"}`, `"]`, `"],"`, `"},{"a":"`, `":{"b":["`, `"]]`, `" \ "`, `"thinking"`, `"signature":"gAAAA`,
	"\" \n\t\", \"", `",1,-2e3,true,null,"`, `",_,"`, `",{"`, `",["`, `{[}]`,
}

// TestSkipEverywhere has all that can stand in a body at every offset of the
// blocks, and lets bodies end anywhere.
func TestSkipEverywhere(t *testing.T) {
	filler := strings.Repeat("abcdefghijklmnopqrstuvwxyz 0123456789", 6)
	for _, hit := range hits {
		for at := range 135 {
			whole := `[{"a":"` + filler[:at] + hit + filler[:70] + `","` + filler[:66] + `":1}]  `
			for _, body := range []string{whole, whole[:7+at+len(hit)], whole[:7+at+len(hit)/2], whole + filler} {
				checkSkip(t, []byte(body), 0, 0)
				checkString(t, []byte(body), 7)
			}
			for end := max(len(whole)-140, 0); end < len(whole) && at%9 == 0; end += 5 {
				checkSkip(t, []byte(whole[:end]), 0, 0)
				checkString(t, []byte(whole[:end]), 7)
			}
		}
	}
}

// TestSkipAnything puts together what can stand in a body, at random.
func TestSkipAnything(t *testing.T) {
	filler := strings.Repeat("abcdefghijklmnopqrstuvwxyz 0123456789", 60)
	random := rand.New(rand.NewPCG(1, 2))
	for range 6000 {
		body := []byte(`["`)
		for len(body) < random.IntN(3000) {
			body = append(body, hits[random.IntN(len(hits))]...)
			if random.IntN(3) > 0 {
				body = append(body, filler[:random.IntN(1<<random.IntN(11))]...)
			}
		}
		checkSkip(t, body, 0, 0)
		checkString(t, body, 2)
	}
}

// TestSkipDeep goes down further than the walker's own stack, and than allowed.
func TestSkipDeep(t *testing.T) {
	for _, depth := range []int{1, 31, 62, 63, 64, 65, 127, 128, 300, MaxDepth - 1, MaxDepth, MaxDepth + 1} {
		for _, around := range []int{0, 1, 100, MaxDepth - 63, MaxDepth - 1, MaxDepth} {
			for _, inner := range []string{"", `{"a":"b"}`, `"` + strings.Repeat("x", 100) + `"`} {
				opens := strings.Repeat(`[{"a":`, depth/2) + strings.Repeat("[", depth%2)
				closes := strings.Repeat("]", depth%2) + strings.Repeat("}]", depth/2)
				checkSkip(t, []byte(opens+inner+closes+"]]]   "), 0, around)
				checkSkip(t, []byte(opens+inner+strings.Replace(closes, "}]", "]}", 1)+"]"), 0, around)
			}
		}
	}
}

// TestSkipIsByBlocks shows that what is right is not left to the slower way.
func TestSkipIsByBlocks(t *testing.T) {
	if !vectors {
		t.Skip("no vectors")
	}
	body := append(agentBody(), strings.Repeat(" ", blockSize)...)
	var o ir.Outline
	var r Reader
	r.Reset(body)
	r.Note(&o)
	if p, end := r.skipBlocks(); !end || p.pos != len(body)-blockSize-1 {
		t.Errorf("stopped at %d of %d, end: %v", p.pos, len(body), end)
	}
	if len(o.Strings) < 100 {
		t.Errorf("%d strings are noted", len(o.Strings))
	}
}

// FuzzSkip compares both ways for anything.
func FuzzSkip(f *testing.F) {
	for _, hit := range hits {
		f.Add([]byte(`{"` + strings.Repeat("x", 58) + hit + `":"` + strings.Repeat("y", 70) + `"}`))
	}
	f.Add(agentBody()[:9000])
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) == 0 {
			return
		}
		if body[0] == '{' || body[0] == '[' {
			checkSkip(t, body, 0, 0)
		}
		checkString(t, body, 1)
	})
}
