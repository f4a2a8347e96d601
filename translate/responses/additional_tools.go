package responses

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// additionalTools adds the tools of an item to those of the request. Codex
// declares all of its tools in this way for some models, and none beside the
// input. No other dialect has tools within a conversation, so they are there
// from its beginning.
func (d *decoder) additionalTools(it *item) {
	for _, f := range it.ext {
		if f.Name != itemField("tools") || f.Raw[0] != '[' {
			continue
		}
		first := len(d.req.Tools)
		sub := d.r.Sub(f.Raw)
		open := sub.Array()
		for at := 0; open && sub.Element(); at++ {
			d.tool(&sub, at, "", nil)
		}
		d.items.adopt(&d.r, &sub)
		for i := first; i < len(d.req.Tools); i++ {
			d.req.Tools[i].In = d.req.PathOf(ir.Loc{Msg: d.items.msg, Part: -1}) + ".tools"
		}
		return
	}
}
