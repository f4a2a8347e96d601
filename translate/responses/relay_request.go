package responses

import (
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// edit puts something else in the place of a piece of the body.
type edit struct {
	at   ir.Span
	with []byte
}

// RelayRequest appends the client's body with the upstream's name of the model,
// without reasoning that the account cannot decrypt and, for others than
// OpenAI, without what Codex tells OpenAI of its user's machine. Everything
// else stays as it is.
func (Codec) RelayRequest(dst, body []byte, env *ir.Envelope, t *ir.Target) ([]byte, error) {
	edits := renameEdits(env, t)
	cuts, unpacked := foreignReasoning(body, env, t)
	if env.PrivateAt.Len() > 0 && t.Provider != "openai" {
		if at := jsonx.MemberSpan(body, "client_metadata", env.PrivateAt); at.Len() > 0 {
			cuts = append(cuts, at)
		} else {
			edits = append(edits, edit{env.PrivateAt, []byte("{}")})
		}
	}
	edits = append(edits, unpacked...)
	for _, at := range jsonx.Cuts(body, cuts) {
		edits = append(edits, edit{at: at})
	}
	if len(edits) == 0 && len(dst) == 0 {
		return body, nil
	}
	return apply(dst, body, edits), nil
}

// renameEdits put the upstream's name of the model into the body.
func renameEdits(env *ir.Envelope, t *ir.Target) []edit {
	switch {
	case t.Model == "" || env.ModelAt.Len() > 0 && t.Model == env.Model:
		return nil
	case env.ModelAt.Len() > 0:
		return []edit{{env.ModelAt, ir.AppendQuoted(nil, t.Model)}}
	}
	member := ir.AppendQuoted([]byte(`"model":`), t.Model)
	if !env.Empty {
		member = append(member, ',')
	}
	return []edit{{ir.Span{Start: env.Open, End: env.Open}, member}}
}

// foreignReasoning finds the reasoning items that must not be sent, and the
// values of those that the gateway has wrapped and that are this account's own.
// OpenAI answers 400 to reasoning that another organization's key encrypted, and
// 404 to reasoning without any in a conversation that it does not store: the
// gateway itself makes such items of other vendors' thoughts.
func foreignReasoning(body []byte, env *ir.Envelope, t *ir.Target) (cuts []ir.Span, unpacked []edit) {
	input := body[env.TurnsAt.Start:env.TurnsAt.End]
	moved := t.Bound != "" && t.Scope != "" && t.Bound != t.Scope
	seen, store := &env.Outline, env.Stored.Store
	unstored := store.Set && !store.V && seen.Has(body, ir.WordReasoning)
	wrapped := seen.Has(body, ir.WordEncrypted) && (moved || seen.Has(body, ir.WordCarrier))
	if len(input) == 0 || input[0] != '[' || !unstored && !wrapped {
		return nil, nil
	}
	var whole jsonx.Reader
	whole.Reset(body)
	whole.Recall(&env.Outline)
	r := whole.Sub(input)
	r.Array()
	for r.Element() {
		start := r.Offset()
		if r.Kind() != jsonx.Object {
			continue
		}
		value, at, reasoning := encrypted(&r)
		sig := ir.ParseSig(value, ir.SignsThink, "")
		if sig == nil {
			if reasoning && unstored {
				cuts = append(cuts, ir.Span{Start: start, End: r.Offset()})
			}
			continue
		}
		switch {
		case !t.Accepts(sig, ir.SigOpenAI, ir.SigOpenAI):
			cuts = append(cuts, ir.Span{Start: start, End: r.Offset()})
		case sig.Value != value:
			unpacked = append(unpacked, edit{at, ir.AppendQuoted(nil, sig.Value)})
		}
	}
	if r.End() != nil {
		return nil, nil // the upstream will say so
	}
	return cuts, unpacked
}

// encrypted reads an item and returns the encrypted content that it has as
// reasoning, and where that stands.
func encrypted(r *jsonx.Reader) (value string, at ir.Span, reasoning bool) {
	r.Object()
	for r.Member() {
		start := r.Offset()
		switch r.Key() {
		case "type":
			reasoning = r.TextIfAny() == "reasoning"
		case "encrypted_content":
			value = r.TextIfAny().String()
			at = ir.Span{Start: start, End: r.Offset()}
		}
	}
	if !reasoning {
		return "", ir.Span{}, false
	}
	return value, at, true
}
