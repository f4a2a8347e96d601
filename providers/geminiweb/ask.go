package geminiweb

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/translate/geminiweb"
)

// answer gets an answer to a draft up to the point from which on another try would be a second conversation.
func (s *Session) answer(ctx context.Context, d *draft) (*stream, error) {
	if p := s.Egress.blocked(); p != nil {
		return nil, p
	}
	tried := map[string]bool{}
	for {
		got, p, err := s.try(ctx, d, !tried["chat"])
		var trouble *problem
		if err == nil || !errors.As(err, &trouble) {
			return got, err
		}
		if trouble.stale {
			s.spoil(p)
		}
		why := s.another(trouble)
		if why == "" || tried[why] {
			return nil, trouble
		}
		tried[why] = true
	}
}

// another says why another try may do better, in one word; "" if it cannot.
func (s *Session) another(p *problem) string {
	switch {
	case p.code == codeForgery:
		return "page"
	case p.web == geminiweb.CodeTemporary:
		return "temporary"
	case p.web == geminiweb.CodeModelInvalid:
		s.state.mu.Lock()
		defer s.state.mu.Unlock()
		s.state.listed = time.Time{}
		return "models"
	case p.web == geminiweb.CodeOtherModel, p.web == geminiweb.CodeConversation:
		return "chat"
	}
	return ""
}

// try sends the request once.
func (s *Session) try(ctx context.Context, d *draft, mayContinue bool) (*stream, page, error) {
	p, err := s.ready(ctx, d.header)
	if err != nil {
		return nil, p, err
	}
	choice, unknown := s.choose(d.model)
	if unknown != nil {
		return nil, p, unknown
	}
	q := &question{
		prompt: d.body.Get(geminiweb.MemberPrompt).String(), language: p.language, uuid: newUUID(), choice: choice, profile: s.Profile,
		thinking: d.body.Get(geminiweb.MemberThinking).Bool(), temporary: !s.Sticky || d.session == "",
	}
	if s.Profile == ByID && q.thinking {
		q.choice.ID = thinkingID(q.choice)
	}
	onlyLast := mayContinue && s.resume(d, q)
	if q.files, err = s.upload(ctx, d, p, onlyLast); err != nil {
		return nil, p, err
	}
	got, err := s.send(ctx, d, p, q)
	return got, p, err
}

// thinkingID returns the id of the model that thinks, where there is one.
func thinkingID(c Choice) string {
	switch {
	case c.Mode != modeFlash:
		return c.ID
	case c.Capacity > 1:
		return "e051ce1aa80aa576"
	}
	return "5bf011840784117a"
}

// send asks and reads the beginning of the answer.
func (s *Session) send(ctx context.Context, d *draft, p page, q *question) (*stream, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	silence := &patience{cancel: cancel}
	silence.wait(s.FirstPart)
	to := s.at("/_/BardChatUi/data/assistant.lamda.BardFrontendService/StreamGenerate", s.query(p))
	req, err := s.form(ctx, to, p, q.encode())
	if err != nil {
		silence.end()
		return nil, err
	}
	q.headers(req.Header)
	resp, err := s.do(req, d.header)
	if err != nil {
		silence.end()
		if cause := context.Cause(ctx); cause != nil {
			return nil, cause
		}
		return nil, err
	}
	t := &stream{session: s, ctx: ctx, header: d.header, draft: d, question: q, page: p, silence: silence, in: &frames{body: resp.Body}}
	if trouble := s.judge(resp); trouble != nil {
		t.stop()
		return nil, trouble
	}
	if err := t.peek(); err != nil {
		t.stop()
		if cause := context.Cause(ctx); cause != nil && !isProblem(err) {
			return nil, cause
		}
		return nil, err
	}
	return t, nil
}

func isProblem(err error) bool {
	var p *problem
	return errors.As(err, &p)
}

// codeForgery is the problem of a token that is good no longer.
const codeForgery = "xsrf"

// judge says what is wrong with an answer by its status; nil for nothing. It closes the body of a bad one.
func (s *Session) judge(resp *http.Response) *problem {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		to, err := s.base.Parse(resp.Header.Get("Location"))
		if err == nil {
			if p := s.elsewhere(to); p != nil {
				return p
			}
		}
		return loggedOut("the web app leads elsewhere")
	}
	p := fromStatus(resp)
	if resp.StatusCode == http.StatusBadRequest {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
		if bytes.Contains(bytes.ToLower(body), []byte("xsrf")) {
			p.code = codeForgery
		}
	}
	return p
}

// peek reads until the app has begun to answer. What it says of itself before may be an error after which another try
// does no harm.
func (t *stream) peek() error {
	status := 0
	for {
		frame, err := t.in.next()
		switch {
		case err == io.EOF && status != 0:
			return &problem{
				status: http.StatusBadGateway, kind: kindUpstream, code: "status_" + digits(status), stale: true,
				message: "the web app answered nothing but a status",
			}
		case err == io.EOF && !t.in.cut.Guarded():
			return loggedOut("the web app answered with a page instead of data")
		case err == io.EOF:
			return &problem{
				status: http.StatusBadGateway, kind: kindUpstream, code: "empty", stale: true, message: "the web app answered nothing",
			}
		case err != nil:
			return err
		}
		t.queue = append(t.queue, bytes.Clone(frame))
		begun := false
		var trouble *problem
		geminiweb.Parts(frame, func(kind string, part gjson.Result) {
			code, bare := geminiweb.Failure(part)
			if code != 0 && trouble == nil {
				trouble = t.session.failure(code, t.draft.model)
			}
			if bare != 0 {
				status = bare
			}
			b, ok := geminiweb.ReadBody(part)
			begun = begun || ok && (b.Choice != "" || b.Chat != "") || kind == "e" && status == 0
		})
		if trouble != nil {
			return trouble
		}
		t.patient(frame)
		if begun {
			return nil
		}
	}
}

// failure is the problem of a code, with what it means for the account.
func (s *Session) failure(code int, model string) *problem {
	p := fromCode(code)
	switch code {
	case geminiweb.CodeModelLimit:
		s.state.mu.Lock()
		p.retryAfter = min(p.retryAfter<<min(s.state.limits[model], 5), lastBlock)
		if len(s.state.limits) < 1000 {
			s.state.limits[model]++
		}
		s.state.mu.Unlock()
	case geminiweb.CodeAddress:
		return s.Egress.block()
	case geminiweb.CodeTemporary, geminiweb.CodeModelInvalid, geminiweb.CodeOtherModel, geminiweb.CodeConversation:
	default:
		s.Logger.Warn("web app: an error that is not known", zap.String("account", s.Account), zap.Int("code", code))
	}
	return p
}
