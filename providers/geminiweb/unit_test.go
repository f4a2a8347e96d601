package geminiweb

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/translate/geminiweb"
)

func chainOf(before, role, said string) string { return geminiweb.Chain(before, role, said) }

// TestPage reads what pages look like: plain, escaped in a script, and as pairs.
func TestPage(t *testing.T) {
	want := page{token: "AT:1", build: "boq_assistant-bard-web-server_1.2_p0", session: "-12", language: "de", push: "feeds/x"}
	for _, html := range []string{
		`{"SNlM0e":"AT:1","cfb2h":"boq_assistant-bard-web-server_1.2_p0","FdrFJe":"-12","TuX5cc":"de","qKIAYe":"feeds/x"}`,
		`{\"SNlM0e\": \"AT:1\",\"cfb2h\":\"boq_assistant-bard-web-server_1.2_p0\",\"FdrFJe\":\"-12\",\"TuX5cc\":\"de\",\"qKIAYe\":\"feeds/x\"}`,
		`["SNlM0e","AT:1"],["FdrFJe","-12"],["TuX5cc","de"],["qKIAYe","feeds/x"] <script src="/_/boq_assistant-bard-web-server_1.2_p0/x.js">`,
	} {
		if got, ok := readPage(html); !ok || got != want {
			t.Errorf("%s gave %+v, %v", html, got, ok)
		}
	}
	if p, ok := readPage("<html>Sign in</html>"); ok {
		t.Errorf("a page without anything gave %+v", p)
	}
}

// TestForm is the example of those who have watched the page, slot by slot.
func TestForm(t *testing.T) {
	q := question{prompt: "Say hi", language: "en", uuid: "3F0C2B1A-0000-4000-8000-0123456789AB", temporary: true, profile: ByID}
	const want = `[["Say hi",0,null,null,null,null,0],["en"],["","","",null,null,null,null,null,null,""],null,null,null,[1],1,null,null,1,0,` +
		`null,null,null,null,null,[[0]],0,null,null,null,null,null,null,null,null,1,null,null,[4],null,null,null,null,null,null,null,null,` +
		`null,null,[1],null,null,null,1,null,null,null,null,null,null,null,0,null,null,null,null,null,"3F0C2B1A-0000-4000-8000-0123456789AB",` +
		`null,[],null,null,null,null,null,null,2]`
	if got := gjson.Get(q.encode(), "1").String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	q.profile, q.turn, q.choice.Mode, q.thinking = ByMode, 2, modePro, true
	slots := gjson.Parse(gjson.Get(q.encode(), "1").String()).Array()
	if len(slots) != 97 || slots[79].Raw != "3" || slots[80].Raw != "2" || slots[91].Raw != "0" || slots[96].Raw != "0" || slots[17].Raw != "[[2]]" {
		t.Errorf("got %v", slots)
	}
}

func TestTiers(t *testing.T) {
	for _, c := range []struct {
		tiers, abilities []int64
		capacity         int
		late             bool
	}{
		{[]int64{21}, nil, 1, true}, {[]int64{22, 16}, nil, 2, true}, {nil, []int64{115, 106}, 4, false}, {[]int64{16}, nil, 3, false},
		{nil, []int64{106, 19}, 3, false}, {[]int64{8}, nil, 2, false}, {nil, []int64{19}, 2, false}, {nil, nil, 1, false},
	} {
		if capacity, late := tierOf(c.tiers, c.abilities); capacity != c.capacity || late != c.late {
			t.Errorf("%v %v: %d %v", c.tiers, c.abilities, capacity, late)
		}
	}
}

func TestChoose(t *testing.T) {
	s := &Session{Options: Options{Profile: ByMode, Models: map[string]Choice{"mine": {Mode: 6}}}, state: &state{models: []offered{
		{id: "aaaaaaaaaaaaaaaa", name: "9 Pro", choice: Choice{ID: "aaaaaaaaaaaaaaaa", Mode: modePro, Capacity: 3}},
	}}}
	for name, want := range map[string]Choice{
		"mine": {Mode: 6}, "9 pro": {ID: "aaaaaaaaaaaaaaaa", Mode: 3, Capacity: 3}, "gemini-9-pro": {ID: "aaaaaaaaaaaaaaaa", Mode: 3, Capacity: 3},
		"gemini-2.5-pro": {ID: "aaaaaaaaaaaaaaaa", Mode: 3, Capacity: 3}, "gemini-3-pro-advanced": {ID: "e6fa609c3fa255c0", Mode: 3, Capacity: 2},
		"gemini-2.5-flash-thinking": {ID: "fbb127bbb056c959", Mode: 1, Capacity: 1, Thinking: true},
	} {
		if got, p := s.choose(name); p != nil || got != want {
			t.Errorf("%s: %+v, %v", name, got, p)
		}
	}
	for _, name := range Names() {
		if _, p := s.choose(name); p != nil {
			t.Errorf("%s is listed and not known", name)
		}
	}
	if _, p := s.choose("gemini-8"); p == nil || p.status != 404 {
		t.Errorf("an unknown model gave %v", p)
	}
	s.Profile = ByID
	if _, p := s.choose("gemini-3.5-flash-lite"); p == nil {
		t.Error("a model without an id was answered by another")
	}
	if !slices.IsSorted(Names()) {
		t.Error("the names are not sorted")
	}
}

// TestContent fetches nothing from places that are not Google's.
func TestContent(t *testing.T) {
	base, _ := url.Parse("https://gemini.google.com")
	s := &Session{base: base}
	for to, want := range map[string]bool{
		"https://lh3.googleusercontent.com/x": true, "https://x.usercontent.google.com/y": true, "https://gemini.google.com/z": true,
		"http://lh3.googleusercontent.com/x": false, "https://googleusercontent.com.evil.example/x": false, "https://lh3.googleusercontent.com:99/": false,
		"https://127.0.0.1/": false, "https://accounts.google.com/": false, "file:///etc/passwd": false,
	} {
		u, _ := url.Parse(to)
		if got := s.content(u); got != want {
			t.Errorf("%s: %v", to, got)
		}
	}
	for to, want := range map[string]string{
		"https://gemini.google.com/app": appHost, "https://accounts.google.com/": "accounts.google.com", "https://lh3.googleusercontent.com/": "",
		"http://accounts.google.com/": "", "https://google.com.evil.example/": "", "https://content-push.googleapis.com/": "",
	} {
		u, _ := url.Parse(to)
		if got := s.virtual(u); got != want {
			t.Errorf("%s gets the cookies of %q", to, got)
		}
	}
}

func TestSized(t *testing.T) {
	for to, want := range map[string]string{"https://a/b": "https://a/b=s2048-rj", "https://a/b=s1024-rj": "https://a/b=s1024-rj", "https://a/b?c": "https://a/b?c"} {
		if got := sized(to); got != want {
			t.Errorf("%s became %s", to, got)
		}
	}
}

func TestProof(t *testing.T) {
	got := sapisid("abc", time.Unix(1700000000, 0))
	if !strings.HasPrefix(got, "SAPISIDHASH 1700000000_") || len(got) != len("SAPISIDHASH 1700000000_")+40 {
		t.Error(got)
	}
}
