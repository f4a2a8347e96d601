package handlers

import (
	"fmt"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// applyEdits makes the operator's changes to an upstream body, in the order in
// which they are written.
func applyEdits(body []byte, edits []Edit, d ir.Dialect) ([]byte, error) {
	for _, e := range edits {
		if e.Dialect != "" && e.Dialect != d {
			continue
		}
		var err error
		switch {
		case e.Kind == EditRemove:
			body, err = sjson.DeleteBytes(body, e.Path)
		case e.Kind == EditDefault && gjson.GetBytes(body, e.Path).Exists():
		default:
			body, err = sjson.SetRawBytes(body, e.Path, e.Value)
		}
		if err != nil {
			return nil, fmt.Errorf("applying the model's edit of %s: %w", e.Path, err)
		}
	}
	return body, nil
}
