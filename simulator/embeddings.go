package simulator

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"math"
	"net/http"

	"github.com/tidwall/gjson"
)

const (
	openAIDimensions = 1536
	geminiDimensions = 768
)

// embedding is a vector of length 1 that depends on nothing but the text.
func embedding(text string, dimensions int) []float32 {
	v := make([]float32, dimensions)
	var sum float64
	block := sha256.Sum256([]byte(text))
	for i := range v {
		if i > 0 && i%(sha256.Size/2) == 0 {
			block = sha256.Sum256(block[:])
		}
		n := binary.LittleEndian.Uint16(block[i%(sha256.Size/2)*2:])
		v[i] = float32(n)/math.MaxUint16 - 0.5
		sum += float64(v[i]) * float64(v[i])
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(sum))
	}
	return v
}

type openAIEmbedding struct {
	Object    string `json:"object"`
	Index     int    `json:"index"`
	Embedding any    `json:"embedding"` // of numbers, or base64 of little-endian float32
}

// openAIEmbeddings answers POST /v1/embeddings.
func (s *Simulator) openAIEmbeddings(w http.ResponseWriter, r *http.Request, q query) {
	if err := embeddingRequest.check(openAI{}, nil, q.body); err != nil {
		openAI{}.fail(w, err)
		return
	}
	model := q.body.Get("model").String()
	if isMissing(model) {
		openAI{}.fail(w, openAI{}.noModel(model))
		return
	}
	texts, n := embeddingInputs(q.body.Get("input"))
	if err := s.failEmbedding(r, texts); err != nil {
		openAI{}.fail(w, err)
		return
	}
	dimensions := openAIDimensions
	if d := q.body.Get("dimensions"); d.Exists() {
		dimensions = min(int(d.Int()), openAIDimensions)
	}
	data := []openAIEmbedding{}
	for i, text := range texts {
		var value any = embedding(text, dimensions)
		if q.body.Get("encoding_format").String() == "base64" {
			value = floatBytes(embedding(text, dimensions))
		}
		data = append(data, openAIEmbedding{"embedding", i, value})
	}
	sendJSON(w, http.StatusOK, map[string]any{
		"object": "list", "data": data, "model": model,
		"usage": map[string]int{"prompt_tokens": n, "total_tokens": n},
	})
}

// failEmbedding fails as the last text or the account's options demand.
func (s *Simulator) failEmbedding(r *http.Request, texts []string) *apiError {
	c := &conversation{}
	for _, text := range texts {
		c.turns = append(c.turns, turn{parts: []part{{kind: partText, text: text}}})
	}
	p := c.prompt(s.options.Always)
	if err := s.demandedFailure(p); err != nil {
		return err
	}
	sleep(r.Context(), p.wishes.wait)
	return nil
}

// embeddingInputs are the texts to embed, and their tokens; a list of token numbers is one text.
func embeddingInputs(input gjson.Result) ([]string, int) {
	if input.Type == gjson.String {
		return []string{input.String()}, tokens(input.String())
	}
	if first := input.Get("0"); first.Type == gjson.Number {
		return []string{input.Raw}, len(input.Array())
	}
	var texts []string
	n := 0
	for _, v := range input.Array() {
		if v.IsArray() {
			texts, n = append(texts, v.Raw), n+len(v.Array())
			continue
		}
		texts, n = append(texts, v.String()), n+tokens(v.String())
	}
	return texts, n
}

func floatBytes(v []float32) string {
	raw := make([]byte, 0, 4*len(v))
	for _, f := range v {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(f))
	}
	return base64.StdEncoding.EncodeToString(raw)
}
