package simulator

import (
	"bytes"
	"context"
	"net/http"
	"time"
)

// speaker writes plans and errors in one dialect.
type speaker interface {
	// whole is the body of an answer that does not stream.
	whole(p *plan) any
	// stream starts a streamed answer; it writes the headers.
	stream(w http.ResponseWriter, p *plan) streamWriter
	fail(w http.ResponseWriter, err *apiError)
}

// streamWriter writes the events of one streamed answer; i is the number of the candidate, n that of its call. The
// calls come in the order thought, endThought, text or refusal or calls, stop.
type streamWriter interface {
	begin()
	thought(i int, delta string)
	endThought(i int)
	text(i int, delta string)
	refusal(i int, delta string)
	call(i, n int)
	arguments(i, n int, delta string)
	endCall(i, n int)
	stop(i int)
	end()
	// fail is the error event of a stream that breaks.
	fail(err *apiError)
	// garbage is an event that does not parse.
	garbage()
}

// perform answers a request.
func (s *Simulator) perform(w http.ResponseWriter, r *http.Request, c *conversation, sp speaker) {
	p, err := s.plan(c)
	if err != nil {
		sp.fail(w, err)
		return
	}
	if !sleep(r.Context(), p.wishes.wait) {
		return
	}
	if c.stream {
		performStream(w, r.Context(), p, sp)
		return
	}
	performWhole(w, r.Context(), p, sp)
}

func performWhole(w http.ResponseWriter, ctx context.Context, p *plan, sp speaker) {
	wish := p.wishes
	switch {
	case wish.stallAfter >= 0:
		<-ctx.Done()
		return
	case wish.errorAfter >= 0:
		sp.fail(w, errMidway())
		return
	case wish.cutAfter == 0:
		panic(http.ErrAbortHandler)
	}
	if !sleep(ctx, wish.delay*time.Duration(p.usage.output)) {
		return
	}
	var body bytes.Buffer
	writeJSON(&body, sp.whole(p))
	w.Header().Set("Content-Type", "application/json")
	switch {
	case wish.garbage:
		body.Truncate(body.Len() / 2)
	case wish.cutAfter > 0:
		w.Write(body.Bytes()[:body.Len()/2])
		flush(w)
		panic(http.ErrAbortHandler)
	}
	w.Write(body.Bytes())
}

// beat is one write of a stream.
type beat struct {
	word  bool // begins a new word
	write func()
}

func performStream(w http.ResponseWriter, ctx context.Context, p *plan, sp speaker) {
	out := sp.stream(w, p)
	out.begin()
	flush(w)
	if p.wishes.garbage {
		out.garbage()
		return
	}
	written := 0
	for _, b := range p.beats(out) {
		if b.word {
			if interrupted(w, ctx, out, p.wishes, written) || !sleep(ctx, p.wishes.delay) {
				return
			}
			written++
		}
		b.write()
		flush(w)
	}
	if interrupted(w, ctx, out, p.wishes, max(written, p.wishes.cutAfter, p.wishes.errorAfter, p.wishes.stallAfter)) {
		return
	}
	out.end()
}

// interrupted breaks the stream if it has reached the word after which it shall break.
func interrupted(w http.ResponseWriter, ctx context.Context, out streamWriter, wish wishes, written int) bool {
	switch written {
	case wish.cutAfter:
		panic(http.ErrAbortHandler)
	case wish.errorAfter:
		out.fail(errMidway())
		return true
	case wish.stallAfter:
		flush(w)
		<-ctx.Done()
		return true
	}
	return false
}

// beats are the writes of all candidates; theirs alternate.
func (p *plan) beats(out streamWriter) []beat {
	var each [][]beat
	longest := 0
	for i := range p.candidates {
		each = append(each, p.candidateBeats(out, i))
		longest = max(longest, len(each[i]))
	}
	var all []beat
	for n := range longest {
		for _, beats := range each {
			if n < len(beats) {
				all = append(all, beats[n])
			}
		}
	}
	return all
}

func (p *plan) candidateBeats(out streamWriter, i int) []beat {
	x := p.candidates[i]
	var beats []beat
	add := func(word bool, write func()) { beats = append(beats, beat{word, write}) }
	if x.thought != "" {
		for _, d := range cutText(x.thought, p.wishes.chunking) {
			add(false, func() { out.thought(i, d.text) })
		}
		add(false, func() { out.endThought(i) })
	}
	for _, d := range cutText(x.text, p.wishes.chunking) {
		add(d.word, func() { out.text(i, d.text) })
	}
	for _, d := range cutText(x.refusal, p.wishes.chunking) {
		add(d.word, func() { out.refusal(i, d.text) })
	}
	for n, k := range x.calls {
		add(false, func() { out.call(i, n) })
		for _, d := range cutArguments(k.arguments, p.wishes.chunking) {
			add(d.word, func() { out.arguments(i, n, d.text) })
		}
		add(false, func() { out.endCall(i, n) })
	}
	add(false, func() { out.stop(i) })
	return beats
}

// sleep waits, unless the client leaves before; then it answers false.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// flush sends what was written. A writer that cannot flush sends it at the end.
func flush(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() }
