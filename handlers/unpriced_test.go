package handlers

import (
	"fmt"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/caddy-ai-gateway/ai-gateway/access"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestUnpricedModel: a model that no budget limits is told of when a key with a budget uses it, once.
func TestUnpricedModel(t *testing.T) {
	for name, limits := range map[string]access.Limits{
		"budget": {Budget: access.Budget{Nanos: 5 * access.NanosPerDollar, Per: access.Day}}, "none": {},
	} {
		t.Run(name, func(t *testing.T) {
			core, logs := observer.New(zap.WarnLevel)
			up := answeringChat(t)
			f := serve(t, gatewaySpec{
				keys:     limitedKey(limits),
				accounts: []accountSpec{{name: "a", dialect: ir.Chat, url: up.URL}},
				tweak:    func(g *Gateway) { g.Logger = zap.New(core) },
			})
			for range 3 {
				f.post(speeches[ir.Chat].path, speeches[ir.Chat].ask)
			}
			f.slotsFree()
			told := logs.FilterMessageSnippet("without a known price").All()
			want := map[string]int{"budget": 1}[name]
			if len(told) != want || want == 1 && (told[0].ContextMap()["model"] != "m" || told[0].ContextMap()["key"] == "") {
				t.Errorf("told %d times: %v", len(told), told)
			}
		})
	}
}

func TestUnpricedIsBounded(t *testing.T) {
	var u unpriced
	told := 0
	for i := range 10 * maxUnpriced {
		if u.first(fmt.Sprint("made-up-", i)) {
			told++
		}
	}
	if told != maxUnpriced {
		t.Errorf("%d models are told of", told)
	}
}
