package handlers

import (
	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/providers"
	"github.com/caddy-ai-gateway/ai-gateway/translate"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/sse"
)

// envelopes has the answer take what it is given out of the upstream's
// envelope, and what it gives into the client's, where they have one.
func (a *attempt) envelopes(answer translate.Answer) translate.Answer {
	if e, ok := upstreamOf(a.lease.Account).Provider.(providers.Enveloped); ok {
		answer = &opened{Answer: answer, envelope: e}
	}
	if l, ok := upstreamOf(a.lease.Account).Provider.(providers.Listener); ok {
		if ear := l.Listen(upstreamOf(a.lease.Account).BaseURL); ear != nil {
			answer = &listened{Answer: answer, ear: ear}
		}
	}
	if a.route.wrapped {
		answer = wrapped{answer, a.id}
	}
	return answer
}

// opened is an answer whose frames and bodies arrive in an envelope.
type opened struct {
	translate.Answer
	envelope providers.Enveloped
	data     []byte
}

// Frame implements translate.Answer. A relay frames an event anew whose bytes
// are its data alone.
func (o *opened) Frame(dst []byte, ev sse.Event) []byte {
	if len(ev.Data) > 0 {
		o.data = o.envelope.Unwrap(o.data[:0], ev.Data)
		ev.Data, ev.Raw = o.data, o.data
	}
	return o.Answer.Frame(dst, ev)
}

// Body implements translate.Answer.
func (o *opened) Body(dst, body []byte) []byte {
	return o.Answer.Body(dst, o.envelope.Unwrap(nil, body))
}

// listened is an answer that is listened to, so that it can be cut short.
type listened struct {
	translate.Answer
	ear  providers.Ear
	done bool
}

// Frame implements translate.Answer.
func (l *listened) Frame(dst []byte, ev sse.Event) []byte {
	if len(ev.Data) == 0 || l.done {
		return dst
	}
	data, err := l.ear.Hear(ev.Data)
	if string(ev.Data) == "[DONE]" && err == nil {
		err = l.ear.Done()
	}
	if err != nil {
		return l.cut(dst, err)
	}
	ev.Data, ev.Raw = data, data
	return l.Answer.Frame(dst, ev)
}

// cut ends the answer with an error.
func (l *listened) cut(dst []byte, err *ir.Error) []byte {
	l.done = true
	l.Seen().Events++
	dst = l.Answer.Fail(dst, translate.ClientError(err, true))
	l.Seen().Err = err
	return dst
}

// Close implements translate.Answer.
func (l *listened) Close(dst []byte) []byte {
	if seen := l.Seen(); !l.done && seen.Err == nil && !seen.Done {
		if err := l.ear.Done(); err != nil {
			return l.cut(dst, err)
		}
	}
	if l.done {
		return dst
	}
	return l.Answer.Close(dst)
}

// Body implements translate.Answer.
func (l *listened) Body(dst, body []byte) []byte {
	data, err := l.ear.Hear(body)
	if err == nil && !gjson.GetBytes(body, "error").Exists() {
		err = l.ear.Done()
	}
	if err != nil {
		l.done, l.Seen().Err = true, err
		return dst
	}
	return l.Answer.Body(dst, data)
}
