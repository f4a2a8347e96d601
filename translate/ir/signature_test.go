package ir

import (
	"encoding/base64"
	"strings"
	"testing"
)

func TestCarrier(t *testing.T) {
	sig := Sig{Value: "CpEBc2ln", Family: SigGemini, Model: "gemini-3-pro-preview", Scope: "1a2b3c4d", Target: SignsCall}
	const want = "gws1.eyJmIjoiZ2VtaW5pIiwibSI6ImdlbWluaS0zLXByby1wcmV2aWV3IiwicyI6IjFhMmIzYzRkIiwiayI6ImNhbGwiLCJ2IjoiQ3BFQmMybG4ifQ"
	if got := sig.Carrier(); got != want {
		t.Errorf("got %s", got)
	}
	for name, value := range map[string]string{"plain": want, "in base64": base64.StdEncoding.EncodeToString([]byte(want))} {
		if got := ParseSig(value, SignsThink, ""); got == nil || *got != sig {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	sig.Value = strings.Repeat("x", maxCarrier)
	if sig.Carrier() != "" {
		t.Error("a giant was carried")
	}
}

func TestParseSig(t *testing.T) {
	claude := base64.StdEncoding.EncodeToString([]byte("\x12\x40 claude-sonnet"))
	for value, want := range map[string]SigFamily{
		Sentinel: SigSentinel, base64.StdEncoding.EncodeToString([]byte(Sentinel)): SigSentinel,
		"context_engineering_is_the_way_to_go": SigSentinel,
		"gAAAAABpFULL":                         SigOpenAI, claude: SigAnthropic,
		base64.StdEncoding.EncodeToString([]byte(claude)): SigAnthropic,
		"EqQBs": SigUnknown, "not base64!": SigUnknown,
		"gws1.": SigUnknown, "gws1.!!!": SigUnknown, "gws1.e30": SigUnknown,
	} {
		if got := ParseSig(value, SignsThink, "m"); got.Family != want || got.Value != value {
			t.Errorf("ParseSig(%q) = %+v, want family %s", value, got, want)
		}
	}
	if ParseSig("", SignsCall, "") != nil {
		t.Error("nothing is a signature")
	}
}

func TestAccepts(t *testing.T) {
	for _, c := range []struct {
		name         string
		sig          *Sig
		scope, bound string
		want, native SigFamily
		ok           bool
	}{
		{"none", nil, "a", "", SigGemini, SigGemini, false},
		{"same account", &Sig{Value: "v", Family: SigGemini, Scope: "a"}, "a", "", SigGemini, SigAnthropic, true},
		{"other account", &Sig{Value: "v", Family: SigGemini, Scope: "b"}, "a", "", SigGemini, SigAnthropic, false},
		{"other family", &Sig{Value: "v", Family: SigGemini, Scope: "a"}, "a", "", SigAnthropic, SigAnthropic, false},
		{"sentinel", &Sig{Value: Sentinel, Family: SigSentinel}, "a", "", SigGemini, SigGemini, false},
		{"raw, from the client's own family", &Sig{Value: "v", Family: SigUnknown}, "a", "", SigGemini, SigGemini, true},
		{"raw, from nobody's family", &Sig{Value: "v", Family: SigUnknown}, "a", "", SigGemini, SigOther, false},
		{"raw, session bound elsewhere", &Sig{Value: "v", Family: SigUnknown}, "a", "b", SigGemini, SigGemini, false},
		{"Anthropic's are good for all its accounts", &Sig{Value: "v", Family: SigAnthropic, Scope: "b"}, "a", "", SigAnthropic, SigAnthropic, true},
	} {
		target := Target{Scope: c.scope, Bound: c.bound}
		if got := target.Accepts(c.sig, c.want, c.native); got != c.ok {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}
