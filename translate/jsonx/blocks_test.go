package jsonx

import (
	"math/rand/v2"
	"testing"
)

// TestScan compares blocks with what is found byte by byte: each byte at each
// place, and bytes at random.
func TestScan(t *testing.T) {
	b := make([]byte, 3*blockSize)
	check := func() {
		t.Helper()
		var blocks [3]block
		scan(blocks[:], b)
		for i, got := range blocks {
			if want := blockOf(b[i*blockSize:]); got != want {
				t.Fatalf("%q: got %x, want %x", b[i*blockSize:][:blockSize], got, want)
			}
		}
	}
	for at := range b {
		for c := range 256 {
			b[at] = byte(c)
			check()
		}
		b[at] = 'x'
	}
	random := rand.New(rand.NewPCG(3, 4))
	for range 1000 {
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		check()
	}
}

// TestClassify compares the arithmetic with a walk over the bytes.
func TestClassify(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	const alphabet = `""\\\\\\nurx{}[],` + "\n\xff"
	for range 20_000 {
		b := make([]byte, 4*blockSize)
		few := 1 + random.IntN(len(alphabet))
		for i := range b {
			b[i] = 'x'
			if random.IntN(4) < 3 {
				b[i] = alphabet[random.IntN(few)]
			}
		}
		inString, escaped := random.IntN(2) == 1, false
		var carry, inside uint64
		if inString {
			inside = ^uint64(0)
		}
		var blocks [4]block
		scan(blocks[:], b)
		good, _ := classify(blocks[:], &carry, &inside)
		for i := range blocks {
			var want block
			bad := false
			for k, c := range b[i*blockSize : (i+1)*blockSize] {
				bit := uint64(1) << k
				switch {
				case escaped:
					escaped = false
					if c != '"' && c != '\\' && c != 'n' && c != 't' {
						want.letter |= bit
					}
					bad = bad || c < ' '
				case c == '"':
					want.quote |= bit
					inString = !inString
				case c == '\\':
					escaped = inString
					bad = bad || !inString
				case c < ' ' && inString:
					bad = true
				case c == '{' || c == '}' || c == '[' || c == ']':
					if !inString {
						want.bracket |= bit
					}
				}
			}
			if bad != (i == good) {
				t.Fatalf("%q: stopped at block %d, want bad: %v at %d", b, good, bad, i)
			}
			if bad {
				break
			}
			if got := blocks[i]; got.quote != want.quote || got.letter != want.letter || got.bracket != want.bracket {
				t.Fatalf("%q: block %d: got %x, want %x", b, i, got, want)
			}
		}
	}
}
