package session

import (
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func words(s string) ir.Part { return ir.Part{Kind: ir.PartText, Text: ir.Plain(s)} }

func marked(s string) ir.Part {
	p := words(s)
	p.Cache = &ir.CacheHint{}
	return p
}

func talk(system []ir.Part, first ...ir.Part) *ir.Request {
	return &ir.Request{System: system, Turns: []ir.Turn{{Role: ir.RoleUser, Parts: first}}}
}

func keyOf(req *ir.Request, who Caller) string {
	b := ofRequest(req)
	key, _ := b.hash(who, nil)
	return key
}

// TestContentHash compares conversations with one that says "You are X." and
// "Write a haiku".
func TestContentHash(t *testing.T) {
	system := []ir.Part{words("You are X.")}
	haiku := words("Write a haiku")
	long := strings.Repeat("cached ", 64)
	who := Caller{"tenant-1", "key-7"}
	image := ir.Part{Kind: ir.PartImage, Media: &ir.Media{Source: ir.SourceBase64, Data: "AAEC"}}
	user := talk(system, haiku)
	user.Meta.EndUser = "u"
	grown := talk(system, haiku)
	grown.Turns = append(grown.Turns, ir.Turn{Role: ir.RoleAssistant, Parts: []ir.Part{words("ok")}}, ir.Turn{Role: ir.RoleUser, Parts: []ir.Part{words("more")}})
	tests := []struct {
		name string
		a, b *ir.Request
		same bool
	}{
		{"later turns", talk(system, haiku), grown, true},
		{"another system", talk(system, haiku), talk([]ir.Part{words("You are Y.")}, haiku), false},
		{"other words", talk(system, haiku), talk(system, words("Write a sonnet")), false},
		{"an end user", talk(system, haiku), user, false},
		{"the billing header", talk(system, haiku), talk(append([]ir.Part{words("x-anthropic-billing-header: cc_version=1; cch=ab12;")}, system...), haiku), true},
		{"a reminder", talk(system, haiku), talk(system, words("<system-reminder>today</system-reminder>\n"), haiku), true},
		{"a reminder inside", talk(system, haiku), talk(system, words("Write <system-reminder>1</system-reminder>a <system-reminder>2</system-reminder>haiku<system-reminder>3")), true},
		{"a mark on the user's words", talk(system, haiku), talk(system, marked("Write a haiku")), true},
		{"beside what is cached", talk([]ir.Part{marked(long), words("one")}, haiku), talk([]ir.Part{marked(long), words("two")}, haiku), true},
		{"too little is cached", talk([]ir.Part{marked("short"), words("one")}, haiku), talk([]ir.Part{marked("short"), words("two")}, haiku), false},
		{"padding of base64", talk(system, image), talk(system, ir.Part{Kind: ir.PartImage, Media: &ir.Media{Source: ir.SourceBase64, Data: "AAEC=="}}), true},
		{"another image", talk(system, image), talk(system, ir.Part{Kind: ir.PartImage, Media: &ir.Media{Source: ir.SourceBase64, Data: "AAED"}}), false},
		{"another link", talk(system, ir.Part{Kind: ir.PartImage, Media: &ir.Media{URL: "a"}}), talk(system, ir.Part{Kind: ir.PartImage, Media: &ir.Media{URL: "b"}}), false},
		{"behind 8 KiB", talk(system, words(strings.Repeat("é", 4<<10)+"a")), talk(system, words(strings.Repeat("é", 4<<10)+"b")), true},
		{"within 8 KiB", talk(system, words(strings.Repeat("é", 4<<10-1)+"a")), talk(system, words(strings.Repeat("é", 4<<10-1)+"b")), false},
	}
	for _, tt := range tests {
		a, b := keyOf(tt.a, who), keyOf(tt.b, who)
		if len(a) != 34 || (a == b) != tt.same {
			t.Errorf("%s: %s and %s", tt.name, a, b)
		}
	}
	if got := keyOf(talk(system, haiku), who); got != "c:7d28c29c34978bd5f9728f35ff21d0f0" {
		t.Errorf("got %s", got)
	}
	for _, other := range []Caller{{"tenant-2", "key-7"}, {"tenant-1", "key-8"}} {
		if keyOf(talk(system, haiku), other) == keyOf(talk(system, haiku), who) {
			t.Errorf("%v has the same key", other)
		}
	}
	if got := keyOf(talk(nil, words("")), who); got != "" {
		t.Errorf("nothing has the key %s", got)
	}
}

func TestSteady(t *testing.T) {
	tests := []struct{ in, want string }{
		{"Today is 2026-02-03.", "Today is #."},
		{"2026-02-03T04:05:06.789Z and 2026-02-03 04:05:06+01:00", "# and #"},
		{"at 04:05, at 04:05:06-0800", "at #, at #"},
		{"id=0F8FAD5B-d9cb-469f-a165-70867728950e;", "id=#;"},
		{"cc_version=2; cch=8a1f3; x", "cc_version=2; #; x"},
		{"1-2026-02-03", "1-#"},
		{"v2026-02-03, 2026-02-03x, 12026-02-03", "v2026-02-03, 2026-02-03x, 12026-02-03"},
		{"16:9 and 2026-2-3 and 12:345", "16:9 and 2026-2-3 and 12:345"},
		{"x0f8fad5b-d9cb-469f-a165-70867728950e 0f8fad5b-d9cb-469f-a165-70867728950ef", "x0f8fad5b-d9cb-469f-a165-70867728950e 0f8fad5b-d9cb-469f-a165-70867728950ef"},
		{"2026-02-03", "#"},
		{"2026-02-0", "2026-02-0"},
		{"", ""},
	}
	for _, tt := range tests {
		if got := string(steady([]byte(tt.in))); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

// TestLongSystem has the same key whatever changes beside the first 8 KiB, also
// where so much is left out of them that more must be read than usually.
func TestLongSystem(t *testing.T) {
	const now, later = "2026-02-03T04:05:06.789Z ", "2027-12-13T14:15:16.000Z "
	for _, lead := range []int{0, 1, 40, 4 << 10, usualRaw - 70, usualRaw - 30, usualRaw - 10, maxRaw - 100} {
		text := func(date string) ir.Part {
			return words(strings.Repeat("x", lead%8000) + " " + strings.Repeat(date, (maxRaw-lead%8000)/len(date)) + "end")
		}
		a, b := keyOf(talk([]ir.Part{text(now)}), Caller{}), keyOf(talk([]ir.Part{text(later)}), Caller{})
		if a != b || a == "" {
			t.Errorf("behind %d bytes: %s and %s", lead, a, b)
		}
	}
}
