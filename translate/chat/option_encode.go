package chat

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// limit writes the most tokens by the name that the model wants.
func (e *encoder) limit(dst []byte) []byte {
	limit := e.req.Sampling.MaxOutput
	if !limit.Set {
		return dst
	}
	n := limit.V
	if most := e.caps.MaxOutput; most > 0 && n > most {
		e.lose(ir.Semantic, ir.CodeClamp, e.req.Path(ir.FieldMaxOutput), strconv.Itoa(most))
		n = most
	}
	key := "max_tokens"
	if e.caps.CompletionLimit {
		key = "max_completion_tokens"
	}
	return appendInt(appendKey(dst, key), int64(n))
}

// sampling writes how tokens are drawn. Reasoning models refuse nearly all of
// it; the newer ones take some of it while they do not reason.
func (e *encoder) sampling(dst []byte, effort string) []byte {
	s, c := &e.req.Sampling, e.caps
	free := !c.NoSampling
	some := free || c.SamplingAtNone && effort == "none"
	number := func(v ir.Opt[float64], key string, f ir.FieldID, allowed bool, most float64) {
		switch {
		case !v.Set:
		case !allowed:
			e.drop(f)
		case most > 0 && v.V > most:
			e.lose(ir.Semantic, ir.CodeClamp, e.req.Path(f), string(appendFloat(nil, most)))
			dst = appendFloat(appendKey(dst, key), most)
		default:
			dst = appendFloat(appendKey(dst, key), v.V)
		}
	}
	number(s.Temperature, "temperature", ir.FieldTemperature, some, c.MaxTemperature)
	number(s.TopP, "top_p", ir.FieldTopP, some, 0)
	number(s.FreqPenalty, "frequency_penalty", ir.FieldFreqPenalty, free && !c.NoPenalties, 0)
	number(s.PresPenalty, "presence_penalty", ir.FieldPresPenalty, free && !c.NoPenalties, 0)
	if s.TopK.Set && !c.ExtSampling {
		e.drop(ir.FieldTopK)
	} else {
		number(s.TopK, "top_k", ir.FieldTopK, true, 0)
	}
	if s.Seed.Set {
		dst = appendInt(appendKey(dst, "seed"), s.Seed.V)
	}
	switch {
	case s.LogitBias == nil:
	case free && e.open:
		dst = appendRaw(dst, "logit_bias", s.LogitBias)
	default:
		e.drop(ir.FieldLogitBias)
	}
	dst = e.candidates(dst)
	return e.logprobs(dst, some && c.Logprobs)
}

func (e *encoder) candidates(dst []byte) []byte {
	n := e.req.Sampling.N
	if !n.Set || n.V == 1 && !e.same {
		return dst
	}
	if most := e.caps.NMax; most > 0 && n.V > most {
		e.lose(ir.Semantic, ir.CodeClamp, e.req.Path(ir.FieldN), strconv.Itoa(most))
		n.V = most
	}
	return appendInt(appendKey(dst, "n"), int64(n.V))
}

func (e *encoder) logprobs(dst []byte, allowed bool) []byte {
	s := &e.req.Sampling
	asked := s.Logprobs.V || s.TopLogprobs.V > 0
	if !allowed {
		if s.Logprobs.V {
			e.drop(ir.FieldLogprobs)
		}
		if s.TopLogprobs.V > 0 {
			e.drop(ir.FieldTopLogprobs)
		}
		return dst
	}
	if asked || s.Logprobs.Set && e.same {
		dst = appendBool(dst, "logprobs", asked)
	}
	if s.TopLogprobs.Set && asked {
		dst = appendInt(appendKey(dst, "top_logprobs"), int64(s.TopLogprobs.V))
	}
	return dst
}

// options writes what is neither sampling nor conversation.
func (e *encoder) options(dst []byte) []byte {
	req := e.req
	known := e.same || e.open
	word := func(value, key string, f ir.FieldID) {
		switch {
		case value == "":
		case known:
			dst = appendString(dst, key, value)
		default:
			e.drop(f)
		}
	}
	word(req.Verbosity, "verbosity", ir.FieldVerbosity)
	dst = e.modalities(dst)
	if store := req.State.Store; store.Set && e.same {
		dst = appendBool(dst, "store", store.V)
	} else if store.Set {
		e.drop(ir.FieldStore)
	}
	dst = e.labels(dst)
	word(req.Meta.EndUser, "user", ir.FieldUser)
	word(e.short(req.Meta.SafetyID, 128), "safety_identifier", ir.FieldSafetyID)
	word(e.cacheKey(), "prompt_cache_key", ir.FieldCacheKey)
	if known {
		dst = e.cacheOptions(dst)
	}
	word(e.tier(), "service_tier", ir.FieldTier)
	return dst
}

// labels writes metadata. OpenAI takes it only together with store, which
// other dialects mean differently.
func (e *encoder) labels(dst []byte) []byte {
	labels := e.req.Meta.Labels
	if len(labels) == 0 {
		return dst
	}
	if !e.same {
		e.drop(ir.FieldLabels)
		return dst
	}
	dst = append(appendKey(dst, "metadata"), '{')
	for i := range labels {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(labels[i].Key.AppendJSON(dst), ':')
		dst = labels[i].Value.AppendJSON(dst)
	}
	return append(dst, '}')
}

// modalities writes the forms of the answer, where it is not text alone.
func (e *encoder) modalities(dst []byte) []byte {
	o := &e.req.Output
	if len(o.Modalities) == 0 || !e.same && len(o.Modalities) == 1 && o.Modalities[0] == "text" {
		return dst
	}
	audio, text := false, false
	for _, m := range o.Modalities {
		audio, text = audio || m == "audio", text || m == "text"
		if m == "image" && e.open {
			e.drop(ir.FieldModalities)
		}
	}
	dst = append(appendKey(dst, "modalities"), '[')
	if audio && !text && !e.same { // what OpenAI speaks it writes as well
		dst = append(dst, `"text",`...)
	}
	for i, m := range o.Modalities {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = ir.AppendQuoted(dst, m)
	}
	dst = append(dst, ']')
	switch {
	case !audio:
	case e.same && o.Audio != nil:
		dst = appendRaw(dst, "audio", o.Audio)
	default:
		format := orElse(o.AudioFormat, "wav")
		if e.req.Dialect == ir.Gemini || e.req.Dialect == ir.CodeAssist {
			format = "pcm16" // Google's clients know no other
			if len(o.Speech) > 0 {
				e.lose(ir.Semantic, ir.CodeApprox, e.req.Path(ir.FieldAudio), "the voice alloy")
			}
		}
		dst = append(appendKey(dst, "audio"), '{')
		dst = appendString(dst, "format", format)
		dst = append(appendString(dst, "voice", orElse(o.AudioVoice, "alloy")), '}')
	}
	return dst
}

func orElse(s, def string) string {
	if s == "" {
		return def
	}
	return s
}

// maxCacheKey is the longest prompt_cache_key that OpenAI takes.
const maxCacheKey = 64

// cacheKey is the client's key, else that of its session.
func (e *encoder) cacheKey() string {
	if key := e.req.Cache.Key; key != "" {
		return e.short(key, maxCacheKey)
	}
	return e.t.CacheKey()
}

// short is s, or its hash when OpenAI would refuse it for its length.
func (e *encoder) short(s string, most int) string {
	if len(s) <= most || !e.open {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func (e *encoder) cacheOptions(dst []byte) []byte {
	c := &e.req.Cache
	if c.Retention != "" {
		dst = appendString(dst, "prompt_cache_retention", c.Retention)
	}
	if c.Mode == "" && c.TTL == "" || !e.caps.CacheBreakpoints {
		return dst
	}
	dst = append(appendKey(dst, "prompt_cache_options"), '{')
	if c.Mode != "" {
		dst = appendString(dst, "mode", c.Mode)
	}
	if c.TTL != "" {
		dst = appendString(dst, "ttl", openAITTL(c.TTL))
	}
	return append(dst, '}')
}

// openAITTL turns Anthropic's lifetimes of cached prompts into OpenAI's.
func openAITTL(ttl string) string {
	if ttl == "5m" || ttl == "1h" {
		return "30m"
	}
	return ttl
}

// tier is the service tier in OpenAI's words.
func (e *encoder) tier() string {
	tier := e.req.ServiceTier()
	switch {
	case e.same:
		return tier
	case tier == "standard_only":
		return "default"
	case tier == "ultrafast" || tier == "batch":
		e.drop(ir.FieldTier)
		return ""
	default:
		return tier
	}
}
