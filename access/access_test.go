package access

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
)

func hashed(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return "sha256:" + hex.EncodeToString(sum[:])
}

func TestFind(t *testing.T) {
	keys := []Key{{Name: "alice", Secret: "sk-alice"}, {Name: "bob", Secret: hashed("sk-bob")}, {Name: "carol", Secret: "sk-carol"}}
	tests := []struct {
		name      string
		keys      []Key
		anonymous bool
		want      map[string]string // presented → name of the key, "" if refused
	}{
		{"keys", keys, false, map[string]string{
			"sk-alice": "alice", "sk-bob": "bob", "sk-carol": "carol",
			"": "", "sk-Alice": "", "sk-alice ": "", "sk-al": "", "alice": "", hashed("sk-bob"): "", hashed("sk-bob")[7:]: "",
		}},
		{"keys and anonymous", keys, true, map[string]string{
			"sk-alice": "alice", "sk-bob": "bob", "": "anonymous", "wrong": "", "anonymous": "",
		}},
		{"anonymous alone", nil, true, map[string]string{"": "anonymous", "anything": "anonymous"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			k, err := New(test.keys, test.anonymous)
			if err != nil {
				t.Fatal(err)
			}
			for presented, want := range test.want {
				key, ok := k.Find(presented)
				if ok != (want != "") {
					t.Errorf("Find(%q) = %v, %v", presented, key, ok)
					continue
				}
				if ok && key.Name != want {
					t.Errorf("Find(%q) = %s, want %s", presented, key.Name, want)
				}
				if ok && key.Anonymous() != (want == "anonymous") {
					t.Errorf("Find(%q).Anonymous() = %v", presented, key.Anonymous())
				}
				if !ok && key != nil {
					t.Errorf("Find(%q) refused the caller and returned a key", presented)
				}
			}
		})
	}
}

func TestNewForgetsSecrets(t *testing.T) {
	given := []Key{{Name: "alice", Secret: "sk-very-secret"}}
	k, err := New(given, false)
	if err != nil {
		t.Fatal(err)
	}
	if given[0].Secret != "sk-very-secret" {
		t.Error("New changed the keys that it was given")
	}
	key, ok := k.Find("sk-very-secret")
	if !ok || key.Secret != "" {
		t.Error("the found key still holds its secret")
	}
	sum := sha256.Sum256([]byte("sk-very-secret"))
	text := fmt.Sprintf("%v %v %+v %s", key, *key, key, *key)
	if strings.Contains(text, "very-secret") || strings.Contains(text, fmt.Sprint(sum[0], " ", sum[1])) {
		t.Errorf("printing a key shows more than its name: %s", text)
	}
}

func TestNewRefuses(t *testing.T) {
	long := strings.Repeat("a", 64)
	tests := []struct {
		name      string
		keys      []Key
		anonymous bool
		want      []string // what the error says
	}{
		{"nobody", nil, false, []string{"no key", "allow_anonymous"}},
		{"empty secret", []Key{{Name: "alice"}}, false, []string{"key alice", "empty"}},
		{"empty secret beside anonymous", []Key{{Name: "alice"}}, true, []string{"key alice", "empty"}},
		{"newline", []Key{{Name: "alice", Secret: "hush\n"}}, false, []string{"key alice", "white space"}},
		{"control character", []Key{{Name: "alice", Secret: "hu\x00sh"}}, false, []string{"key alice", "control"}},
		{"short digest", []Key{{Name: "alice", Secret: "sha256:abcd"}}, false, []string{"key alice", "64 hexadecimal"}},
		{"no digest", []Key{{Name: "alice", Secret: "sha256:"}}, false, []string{"key alice", "64 hexadecimal"}},
		{"bad digest", []Key{{Name: "alice", Secret: "sha256:" + strings.Repeat("x", 64)}}, false, []string{"key alice", "64 hexadecimal"}},
		{"digest of nothing", []Key{{Name: "alice", Secret: hashed("")}}, false, []string{"key alice", "empty"}},
		{"same name", []Key{{Name: "bob", Secret: "hush1"}, {Name: "bob", Secret: "hush2"}}, false, []string{"key bob", "two keys"}},
		{"same secret", []Key{{Name: "alice", Secret: "hush"}, {Name: "bob", Secret: hashed("hush")}}, false, []string{"key bob", "key alice", "same secret"}},
		{"no name", []Key{{Secret: "hush"}}, false, []string{`key ""`, "name"}},
		{"capitals", []Key{{Name: "Alice", Secret: "hush"}}, false, []string{"Alice", "a-z"}},
		{"long name", []Key{{Name: long, Secret: "hush"}}, false, []string{long, "63"}},
		{"newline in name", []Key{{Name: "alice\n", Secret: "hush"}}, false, []string{`alice\n`}},
		{"taken name", []Key{{Name: "anonymous", Secret: "hush"}}, true, []string{"key anonymous", "choose another"}},
		{"model pattern", []Key{{Name: "alice", Secret: "hush", Models: []string{"a", ""}}}, false, []string{"key alice", "models", "pattern 2"}},
		{"account pattern", []Key{{Name: "alice", Secret: "hush", Accounts: []string{""}}}, false, []string{"key alice", "accounts", "pattern 1"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := New(test.keys, test.anonymous)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "hush") {
				t.Errorf("error %q shows a secret", err)
			}
		})
	}
	if _, err := New([]Key{{Name: strings.Repeat("a", 63), Secret: "s"}, {Name: "anonymous", Secret: "t"}}, false); err != nil {
		t.Errorf("refusing good names: %v", err)
	}
}

func BenchmarkFind(b *testing.B) {
	for _, count := range []int{1, 1000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			var keys []Key
			for i := range count {
				keys = append(keys, Key{Name: fmt.Sprint("key-", i), Secret: fmt.Sprint("secret-", i)})
			}
			k, err := New(keys, false)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				k.Find("secret-0")
			}
		})
	}
}
