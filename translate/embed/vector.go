package embed

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math"
	"strconv"

	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

var errVector = errors.New("an embedding is neither a list of numbers nor base64 of 32-bit floats")

// appendVector writes a vector, a list of numbers or base64, in the form that
// is wanted.
func appendVector(dst, vector []byte, asBase64 bool) ([]byte, error) {
	if len(vector) == 0 || vector[0] != '[' && vector[0] != '"' {
		return nil, errVector
	}
	packed := vector[0] == '"'
	switch {
	case packed == asBase64:
		return jsonx.AppendCompact(dst, vector), nil
	case asBase64:
		return pack(dst, vector)
	default:
		return unpack(dst, vector)
	}
}

// pack writes a list of numbers as base64 of little-endian 32-bit floats, as
// OpenAI's SDKs read it.
func pack(dst, list []byte) ([]byte, error) {
	var r jsonx.Reader
	r.Reset(list)
	raw := make([]byte, 0, len(list)/2)
	for open := r.Array(); open && r.Element(); {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(float32(r.Float())))
	}
	if r.End() != nil {
		return nil, errVector
	}
	dst = base64.StdEncoding.AppendEncode(append(dst, '"'), raw)
	return append(dst, '"'), nil
}

// unpack writes base64 of little-endian 32-bit floats as a list of the shortest
// numbers that read back as the same.
func unpack(dst, text []byte) ([]byte, error) {
	var r jsonx.Reader
	r.Reset(text)
	raw, err := base64.StdEncoding.DecodeString(r.String())
	if err != nil || len(raw)%4 != 0 {
		return nil, errVector
	}
	dst = append(dst, '[')
	for i := 0; i < len(raw); i += 4 {
		if i > 0 {
			dst = append(dst, ',')
		}
		f := float64(math.Float32frombits(binary.LittleEndian.Uint32(raw[i:])))
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, errVector
		}
		dst = strconv.AppendFloat(dst, f, 'g', -1, 32)
	}
	return append(dst, ']'), nil
}
