package geminiweb

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/internal/guard"
	"github.com/caddy-ai-gateway/ai-gateway/translate/geminiweb"
)

const (
	listLife  = 15 * time.Minute // of the list of models
	rpcTime   = 30 * time.Second
	readyTime = 90 * time.Second
)

// ready returns the page's tokens. It fetches the page and asks how the account stands when that was too long ago; of
// any number of callers only one does it, and goes on when its client leaves.
func (s *Session) ready(ctx context.Context, header http.Header) (page, error) {
	st := s.state
	epoch := s.Cookies.Epoch()
	st.mu.Lock()
	old := st.page.stale || st.page.epoch != epoch || time.Since(st.page.fetched) > pageLife
	if !old && time.Since(st.listed) < listLife {
		defer st.mu.Unlock()
		return st.page, nil
	}
	if st.ready == nil {
		st.ready = make(chan struct{})
		guard.Go("preparing the web app", func() { s.prepare(context.WithoutCancel(ctx), header, old) })
	}
	done := st.ready
	st.mu.Unlock()
	select {
	case <-done:
	case <-ctx.Done():
		return page{}, context.Cause(ctx)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.page, st.err
}

// prepare does what ready waits for.
func (s *Session) prepare(ctx context.Context, header http.Header, old bool) {
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	st := s.state
	st.mu.Lock()
	p := st.page
	st.mu.Unlock()
	var models []offered
	err := guard.Try("preparing the web app", func() (err error) {
		if old {
			p, err = s.fetchPage(ctx, header)
		}
		if err == nil {
			models, err = s.stand(ctx, header, p)
		}
		return err
	})
	st.mu.Lock()
	defer st.mu.Unlock()
	st.err = err
	if err == nil {
		st.page, st.listed = p, time.Now()
		if models != nil {
			st.models = models
		}
	} else {
		st.page.stale = true
	}
	close(st.ready)
	st.ready = nil
}

// spoil says that the page's tokens are good no longer.
func (s *Session) spoil(p page) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	if s.state.page.fetched.Equal(p.fetched) {
		s.state.page.stale = true
	}
}

// statuses are what the app says of an account, besides that all is well.
var statuses = map[int64]struct {
	word    string
	problem problem
	final   bool // only a person can change it
}{
	1014: {"restricted", problem{status: 403, kind: kindPermission, message: "Google has restricted the account for a time"}, false},
	1016: {"logged out", problem{status: 401, kind: kindAuth, message: "the account is not logged in: its cookies are no longer good"}, false},
	1021: {"rejected", problem{status: 403, kind: kindPermission, message: "Google does not let the account use the web app"}, true},
	1040: {"terms", problem{status: 403, kind: kindPermission, message: "the terms of use must be accepted: open gemini.google.com in the browser with this account"}, true},
	1042: {"terms", problem{status: 403, kind: kindPermission, message: "the terms of use must be accepted: open gemini.google.com in the browser with this account"}, true},
	1054: {"guardian", problem{status: 403, kind: kindPermission, message: "the account's guardian does not allow the web app"}, true},
	1057: {"guardian", problem{status: 403, kind: kindPermission, message: "the account's guardian has to approve the web app"}, true},
	1060: {"country", problem{status: 403, kind: kindPermission, message: "the web app is not offered where the requests come from; use another transport for the account"}, false},
}

// rpcStatus asks for the account's status and its models.
const rpcStatus = "otAQ7b"

// stand asks how the account stands and which models it has. That the question fails is no reason to ask nothing else.
func (s *Session) stand(ctx context.Context, header http.Header, p page) ([]offered, error) {
	body, err := s.rpc(ctx, header, p, rpcStatus, "[]")
	var known *problem
	switch {
	case errors.As(err, &known) && (known.kind == kindAuth || known.kind == kindQuota || known.stale && known.status == http.StatusBadRequest):
		return nil, err
	case err != nil:
		return nil, nil
	}
	status := geminiweb.At(body, 14).Int()
	if status == 1033 {
		s.Logger.Warn("web app: some checks of the account failed, so that not everything is offered to it")
	}
	trouble, bad := statuses[status]
	if !bad {
		s.Cookies.Report("ok")
		return readModels(body), nil
	}
	s.Cookies.Report(trouble.word)
	out := trouble.problem
	out.code, out.stale = "account_"+strconv.FormatInt(status, 10), true
	if trouble.final {
		s.Cookies.Refuse(out.message)
	}
	return nil, &out
}

// rpc calls one of the app's procedures and returns what it answers.
func (s *Session) rpc(ctx context.Context, header http.Header, p page, id, payload string) (gjson.Result, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, rpcTime, errors.New("a call of the web app took too long"))
	defer cancel()
	call := `[[[` + quoted(id) + `,` + quoted(payload) + `,null,"generic"]]]`
	query := s.query(p)
	query.Set("rpcids", id)
	query.Set("source-path", s.prefix()+"/app")
	req, err := s.form(ctx, s.at("/_/BardChatUi/data/batchexecute", query), p, call)
	if err != nil {
		return gjson.Result{}, err
	}
	req.Header.Set("X-Goog-Ext-525001261-Jspb", "[1,null,null,null,null,null,null,null,[4]]")
	req.Header.Set("X-Goog-Ext-73010989-Jspb", "[0]")
	resp, err := s.do(req, header)
	if err != nil {
		return gjson.Result{}, err
	}
	defer resp.Body.Close()
	if p := s.judge(resp); p != nil {
		return gjson.Result{}, p
	}
	in := &frames{body: resp.Body}
	for {
		frame, err := in.next()
		if err != nil {
			return gjson.Result{}, &problem{status: http.StatusBadGateway, kind: kindUpstream, code: "rpc", message: "a call of the web app was not answered"}
		}
		var found gjson.Result
		geminiweb.Parts(frame, func(kind string, part gjson.Result) {
			if kind == "wrb.fr" && geminiweb.At(part, 1).String() == id && json.Valid([]byte(geminiweb.At(part, 2).String())) {
				found = gjson.Parse(geminiweb.At(part, 2).String())
			}
		})
		if found.Exists() {
			return found, nil
		}
	}
}
