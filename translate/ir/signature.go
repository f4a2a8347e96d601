package ir

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
)

// SigFamily tells whose signature a value is.
type SigFamily string

// The families of signatures. Sentinels are placeholders that tell Gemini to
// skip its check; they are nobody's signature.
const (
	SigAnthropic SigFamily = "anthropic"
	SigGemini    SigFamily = "gemini"
	SigOpenAI    SigFamily = "openai"
	SigOther     SigFamily = "other"
	SigSentinel  SigFamily = "sentinel"
	SigUnknown   SigFamily = "unknown"
)

// SigTarget tells what a signature signs.
type SigTarget string

// What Gemini signs; other families sign thinking only.
const (
	SignsCall  SigTarget = "call"
	SignsText  SigTarget = "text"
	SignsThink SigTarget = "think"
)

// Sig is a vendor's proof that it made a part, or its encrypted reasoning. The
// provenance travels with the value; nothing else decides whether it may be
// sent back.
type Sig struct {
	Value  string // opaque, exactly as the vendor wrote it
	Family SigFamily
	Model  string    // the upstream model that made it; empty means unknown
	Scope  string    // the tag of the account that made it; empty means unknown
	Target SigTarget // what it signs
}

// Sentinel is the value with which Gemini is told that a call's signature is
// missing on purpose. Google documents it for histories of other models.
const Sentinel = "skip_thought_signature_validator"

const carrierPrefix = "gws1."

// maxCarrier is the longest carrier; vendors' signatures are far shorter, and
// what is longer is dropped.
const maxCarrier = 64 << 10

type carrier struct {
	Family SigFamily `json:"f"`
	Model  string    `json:"m"`
	Scope  string    `json:"s"`
	Kind   SigTarget `json:"k"`
	Value  string    `json:"v"`
}

// Carrier returns the signature as a string for clients of other dialects,
// which send it back unread: the prefix gws1. and base64url of its provenance
// and value. It returns "" for what is too long to carry.
func (s *Sig) Carrier() string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(carrier{s.Family, s.Model, s.Scope, s.Target, s.Value}); err != nil {
		return ""
	}
	out := carrierPrefix + base64.RawURLEncoding.EncodeToString(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
	if len(out) > maxCarrier {
		return ""
	}
	return out
}

// ParseSig reads a signature that a client sent back in any dialect: a
// carrier, also wrapped in base64 once more as Gemini clients have it, or a raw
// value, whose family is told by its shape. model is the upstream model that
// the history names, if it does.
func ParseSig(value string, target SigTarget, model string) *Sig {
	if value == "" {
		return nil
	}
	if s := parseCarrier(value); s != nil {
		return s
	}
	if inner, err := base64.StdEncoding.DecodeString(value); err == nil && bytes.HasPrefix(inner, []byte(carrierPrefix)) {
		if s := parseCarrier(string(inner)); s != nil {
			return s
		}
	}
	return &Sig{Value: value, Family: classify(value), Model: model, Target: target}
}

func parseCarrier(value string) *Sig {
	body, ok := strings.CutPrefix(value, carrierPrefix)
	if !ok || len(value) > maxCarrier {
		return nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil {
		return nil
	}
	var c carrier
	if json.Unmarshal(raw, &c) != nil || c.Value == "" {
		return nil
	}
	return &Sig{Value: c.Value, Family: c.Family, Model: c.Model, Scope: c.Scope, Target: c.Kind}
}

// classify tells the family of a raw signature by its shape.
func classify(value string) SigFamily {
	if IsSentinel(value) {
		return SigSentinel
	}
	if strings.HasPrefix(value, "gAAAA") {
		return SigOpenAI
	}
	raw, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return SigUnknown
	}
	if strings.HasPrefix(value, "R") {
		if inner, err := base64.StdEncoding.DecodeString(string(raw)); err == nil {
			raw = inner
		}
	}
	if len(raw) > 0 && (raw[0] == 0x12 || raw[0] == 0x08) && bytes.Contains(raw, []byte("claude-")) {
		return SigAnthropic
	}
	return SigUnknown
}

// IsSentinel reports whether a value stands in for a signature: Gemini's
// literal, its base64 form, or the phrase that older clients use.
func IsSentinel(value string) bool {
	switch value {
	case Sentinel, "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I=", "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I",
		"context_engineering_is_the_way_to_go":
		return true
	}
	return false
}

// Accepts reports whether the target will take this signature back: it must
// be of the wanted family, and of the target's own account as far as is known.
// A raw value of unknown family is taken for the client dialect's own family
// (native), since the client cannot have it from anyone else.
func (t *Target) Accepts(s *Sig, want, native SigFamily) bool {
	if s == nil || s.Value == "" {
		return false
	}
	family := s.Family
	if family == SigUnknown && s.Scope == "" {
		family = native
	}
	if family != want {
		return false
	}
	if s.Scope != "" && t.Scope != "" && want != SigAnthropic {
		return s.Scope == t.Scope
	}
	return t.Bound == "" || t.Scope == "" || t.Bound == t.Scope || want == SigAnthropic
}

// NativeFamily returns whose raw signatures clients of a dialect hold.
func NativeFamily(d Dialect) SigFamily {
	switch d {
	case Anthropic:
		return SigAnthropic
	case Gemini, CodeAssist:
		return SigGemini
	case Responses:
		return SigOpenAI
	default:
		return SigOther
	}
}
