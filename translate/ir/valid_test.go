package ir

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
)

// documents are JSON and what only looks like it.
var documents = []string{
	``, ` `, `{}`, `[]`, ` { } `, "\t[\n]\r", `{"a":1}`, `{"a":1,}`, `{,}`, `{"a"}`, `{"a":}`, `{"a" : [1 , 2 ,{"b":null}] }`, `{"a":1}}`, `[1]]`,
	`[1,]`, `[,1]`, `[1 2]`, `{"a":1 "b":2}`, `{a:1}`, `{"a":[}]`, `[{]}`, `{]`, `[}`, `"text"`, `"a\"b\\"`, `"\u00e9\uD83D"`, `"\u00g0"`, `"\u00"`, `"\x"`,
	`"\`, `"open`, "\"a\nb\"", "\"\x7f\xff\"", `true`, `false`, `null`, `nul`, `truex`, `[true,false,null]`, `0`, `-0`, `00`, `01`, `-`, `-a`, `1.`, `1.5`, `.5`,
	`1e5`, `1E+5`, `1e-`, `1e`, `1.5e10`, `-12.25E-3`, `0x1`, `1_000`, `NaN`, `[1.0,2e3,-4]`, `{"a":{"b":{"c":[[[]]]}}}`, `{"a":1}{"b":2}`, `{} x`, `"a" "b"`, `[""]`,
	strings.Repeat("[", 64) + strings.Repeat("]", 64), strings.Repeat("[", 65) + strings.Repeat("]", 65), strings.Repeat("[", 65) + strings.Repeat("]", 64),
	strings.Repeat(`{"a":`, 70) + "1" + strings.Repeat("}", 70), strings.Repeat("[", 20000) + strings.Repeat("]", 20000),
}

func TestValidJSON(t *testing.T) {
	for _, doc := range documents {
		if got, want := validJSON([]byte(doc)), json.Valid([]byte(doc)); got != want {
			t.Errorf("%.80q is valid: %t, want %t", doc, got, want)
		}
	}
}

// TestValidJSONOfMutants has a byte of each document replaced, left out or
// doubled.
func TestValidJSONOfMutants(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const bytes = "{}[]\":,\\ \n01-+.eEutfn\x00\xff"
	valid := 0
	for _, doc := range documents {
		if len(doc) > 1000 {
			continue
		}
		for i := range len(doc) {
			for range 40 {
				mutant := []byte(doc)
				switch c := bytes[r.IntN(len(bytes))]; r.IntN(3) {
				case 0:
					mutant[i] = c
				case 1:
					mutant = append(mutant[:i], mutant[i+1:]...)
				default:
					mutant = append(mutant[:i], append([]byte{c}, mutant[i:]...)...)
				}
				got, want := validJSON(mutant), json.Valid(mutant)
				if got != want {
					t.Fatalf("%q is valid: %t, want %t", mutant, got, want)
				}
				if got {
					valid++
				}
			}
		}
	}
	if valid < 1000 {
		t.Errorf("only %d mutants were valid", valid)
	}
}

func FuzzValidJSON(f *testing.F) {
	for _, doc := range documents {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		if got, want := validJSON(doc), json.Valid(doc); got != want {
			t.Fatalf("%q is valid: %t, want %t", doc, got, want)
		}
	})
}

func BenchmarkValidJSON(b *testing.B) {
	doc := []byte(`{"path":"internal/pkg1/file.go","mode":"read","lines":[1,120],"options":{"deep":true,"limit":12.5}}`)
	for b.Loop() {
		if !validJSON(doc) {
			b.Fatal("not valid")
		}
	}
}
