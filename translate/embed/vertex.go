package embed

import (
	"strconv"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// maxInstances is how many texts Vertex AI embeds at once; models of the family
// gemini-embedding take one.
const maxInstances = 250

// forVertex reports whether the target is Vertex AI, which has Gemini's models
// but a form of its own for embeddings: predict.
func forVertex(t *ir.Target) bool { return t.Provider == "vertex" }

func instancesOf(model string) int {
	if strings.HasPrefix(strings.TrimPrefix(model, "models/"), "gemini-embedding") {
		return 1
	}
	return maxInstances
}

// knownToVertex reports whether a setting that OpenAI has no word for is one of
// Vertex AI's.
func knownToVertex(at string) bool {
	name := fold(at[strings.LastIndexByte(at, '.')+1:])
	return name == "tasktype" || name == "title"
}

// encodeVertex writes the body of predict. All inputs have the same size.
func encodeVertex(inputs []input) Batch {
	dst := []byte(`{"instances":[`)
	for i := range inputs {
		if i > 0 {
			dst = append(dst, ',')
		}
		in := &inputs[i]
		dst = in.text.AppendJSON(append(dst, `{"content":`...))
		if in.task != "" {
			dst = in.task.AppendJSON(append(dst, `,"task_type":`...))
		}
		if in.title != "" {
			dst = in.title.AppendJSON(append(dst, `,"title":`...))
		}
		dst = append(dst, '}')
	}
	dst = append(dst, ']')
	if size := inputs[0].size; size.Set {
		dst = append(strconv.AppendInt(append(dst, `,"parameters":{"outputDimensionality":`...), int64(size.V), 10), '}')
	}
	return Batch{Action: "predict", Body: append(dst, '}'), size: len(inputs)}
}

// takeVertex reads the answer of predict.
func takeVertex(body []byte) (vectors [][]byte, tokens int64, err error) {
	var r jsonx.Reader
	r.Reset(body)
	tokens = -1
	for open := r.Object(); open && r.Member(); {
		if r.Key() != "predictions" {
			continue
		}
		for open := r.Array(); open && r.Element(); {
			for open := r.Object(); open && r.Member(); {
				if r.Key() != "embeddings" {
					continue
				}
				values, n := readPrediction(&r)
				vectors = append(vectors, values)
				if n >= 0 {
					tokens = max(tokens, 0) + n
				}
			}
		}
	}
	return vectors, tokens, r.End()
}

func readPrediction(r *jsonx.Reader) (values []byte, tokens int64) {
	tokens = -1
	for open := r.Object(); open && r.Member(); {
		switch r.Key() {
		case "values":
			values = r.Raw()
		case "statistics":
			for open := r.Object(); open && r.Member(); {
				if r.Key() == "token_count" && r.Kind() == jsonx.Number {
					tokens = int64(r.Float())
				}
			}
		}
	}
	return values, tokens
}
