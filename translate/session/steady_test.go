package session

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// everyByte is steadyStart as one would write it first: it looks for what passes
// at every byte.
func everyByte(text []byte) (out []byte, read int) {
	from, i := 0, 0
	word := false
	for i < len(text) && len(out)+i-from < maxComponent {
		n := 0
		if hexDigit(text[i]) && !word {
			n = passing(text[i:])
		}
		if n == 0 {
			word = isWord(text[i])
			i++
			continue
		}
		out = append(append(out, text[from:i]...), '#')
		i += n
		from, word = i, isWord(text[i-1])
	}
	return append(out, text[from:min(len(text), from+maxComponent-len(out))]...), i
}

func sameSteady(t *testing.T, text string) {
	t.Helper()
	want, upTo := everyByte([]byte(text))
	if got, read := steadyStart([]byte(text)); string(got) != string(want) || read != upTo {
		t.Fatalf("%q\ngot  %q, %d bytes read\nwant %q, %d bytes", text, got, read, want, upTo)
	}
}

// TestSteadyEverywhere puts together what passes and what only looks so, up to
// the length at which a component is full.
func TestSteadyEverywhere(t *testing.T) {
	pieces := []string{
		"2026-02-03", "2026-02-03T04:05:06.789Z", "2026-02-03 04:05", "04:05", "04:05:06+01:00", "cch=", "cch=8a1f3", "0f8fad5b-d9cb-469f-a165-70867728950e",
		"0f8fad5b", "2026", "-", ":", "=", " ", "x", "_", "é", "1", "aa", "the quick brown fox ", "\n- a list: 3", "12:345", strings.Repeat("word ", 40),
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		var text strings.Builder
		if random.IntN(4) == 0 {
			text.WriteString(strings.Repeat("y ", (maxComponent-random.IntN(100))/2))
		}
		for range random.IntN(40) {
			text.WriteString(pieces[random.IntN(len(pieces))])
		}
		sameSteady(t, text.String())
	}
}

func FuzzSteady(f *testing.F) {
	f.Add("Today is 2026-02-03 04:05, cch=8a1f3; 0f8fad5b-d9cb-469f-a165-70867728950e")
	f.Fuzz(sameSteady)
}

func BenchmarkSteady(b *testing.B) {
	text := []byte(strings.Repeat("- You are an agent: do what is asked, on 2026-02-03, and no more than that.\n", 120))
	room := make([]byte, len(text))
	b.SetBytes(maxComponent)
	for b.Loop() {
		copy(room, text)
		steadyStart(room)
	}
}
