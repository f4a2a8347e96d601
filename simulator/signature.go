package simulator

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
)

// The families of signatures and what they are bound to.
const (
	signedThought   = "anthropic thought"  // the text of the thought
	signedRedacted  = "anthropic redacted" // nothing but the account
	signedCall      = "gemini call"        // the name and the arguments
	signedText      = "gemini text"        // nothing but the account
	signedReasoning = "openai reasoning"   // nothing but the account
)

// markers open the bytes of a signature, in the shape that its vendor's have.
var markers = map[string]string{
	signedThought:   "\x12\x08claude-sim",
	signedRedacted:  "\x12\x09claude-sim",
	signedCall:      "\x0a\x20gemini-sim",
	signedText:      "\x0a\x21gemini-sim",
	signedReasoning: "\x80\x00\x00\x00\x00openai-sim",
}

const nonceSize = 8

// signer makes and checks the signatures of one account. They need no memory: a signature is a nonce and the HMAC of
// what was signed, under a key that belongs to the account's name.
type signer struct{ account string }

func (s signer) sign(family, nonce, content string) string {
	n := sha256.Sum256([]byte(nonce))
	raw := append([]byte(markers[family]), n[:nonceSize]...)
	return encodeSignature(family, append(raw, s.mac(family, n[:nonceSize], content)...))
}

// valid tells whether this account made the signature for this content.
func (s signer) valid(family, signature, content string) bool {
	raw, ok := decodeSignature(family, signature)
	raw, marked := bytes.CutPrefix(raw, []byte(markers[family]))
	if !ok || !marked || len(raw) != nonceSize+sha256.Size {
		return false
	}
	return hmac.Equal(raw[nonceSize:], s.mac(family, raw[:nonceSize], content))
}

func (s signer) mac(family string, nonce []byte, content string) []byte {
	h := hmac.New(sha256.New, []byte("ai-gateway simulator\x00"+s.account))
	for _, field := range [][]byte{[]byte(family), nonce, []byte(content)} {
		h.Write(field)
		h.Write([]byte{0})
	}
	return h.Sum(nil)
}

// encodeSignature writes OpenAI's in the URL alphabet, so that it starts with gAAAA, and the others in the standard one.
func encodeSignature(family string, raw []byte) string {
	if family == signedReasoning {
		return base64.URLEncoding.EncodeToString(raw)
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// decodeSignature also reads a Gemini signature in the URL alphabet or without padding, since it is of type bytes.
func decodeSignature(family, signature string) ([]byte, bool) {
	var raw []byte
	var err error
	switch family {
	case signedReasoning:
		raw, err = base64.URLEncoding.DecodeString(signature)
	case signedCall, signedText:
		raw, err = base64.RawStdEncoding.DecodeString(standardAlphabet(signature))
	default:
		raw, err = base64.StdEncoding.DecodeString(signature)
	}
	return raw, err == nil
}

// standardAlphabet changes base64 of the URL alphabet to the standard one, without padding.
func standardAlphabet(text string) string {
	return strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
}

// callContent is what the signature of a call is bound to; the order and the spacing of the arguments do not matter.
func callContent(name, arguments string) string {
	dec := json.NewDecoder(strings.NewReader(arguments))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return name + "\x00" + arguments
	}
	canonical, err := json.Marshal(v)
	if err != nil {
		return name + "\x00" + arguments
	}
	return name + "\x00" + string(canonical)
}
