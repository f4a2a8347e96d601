package translate

import (
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/session"
)

// FuzzSession reads the session of any body, in every dialect: it never
// panics, and a request that was decoded as a whole has the same one.
func FuzzSession(f *testing.F) {
	for _, body := range minimal {
		f.Add([]byte("{" + body + "}"))
	}
	for _, r := range recordings {
		for _, req := range recording(f, r.client)[1:2] {
			f.Add([]byte(req.Body))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, d := range benchDialects {
			call, err := NewCall(&ir.Envelope{Op: ir.Generate, Dialect: d, Model: "m"}, body)
			if err != nil {
				continue
			}
			apart := call.Session(session.Caller{}, true, nil)
			if _, err := call.request(); err != nil {
				continue
			}
			if whole := call.Session(session.Caller{}, true, nil); apart.Key != "" && whole != apart {
				t.Errorf("%s: %+v, by the beginning alone %+v", d, whole, apart)
			}
		}
	})
}
