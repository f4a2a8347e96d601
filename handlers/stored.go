package handlers

import (
	"context"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"

	"github.com/caddy-ai-gateway/ai-gateway/providers"
	"github.com/caddy-ai-gateway/ai-gateway/stored"
	"github.com/caddy-ai-gateway/ai-gateway/translate"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// stored answers what is asked about a stored response: the gateway itself
// about those that it keeps, the account about those that it has.
func (c *call) stored() error {
	if c.g.Stored == nil {
		return notStored(c.route.id)
	}
	r, ok := c.g.Stored.Get(c.owner(), c.route.id)
	switch {
	case !ok || r.Conversation:
		return notStored(c.route.id)
	case r.Account != "":
		return c.forward(&r)
	case c.streams():
		return c.replay(&r)
	}
	switch {
	case c.route.action == "cancel":
		return c.cancelResponse(&r)
	case c.route.action == "input_items":
		return c.listInput(&r)
	case c.r.Method == http.MethodDelete:
		c.g.Runs.Cancel(c.owner(), r.ID)
		c.g.Stored.Delete(c.owner(), r.ID)
		return c.sink.whole(http.StatusOK, deleted(r.ID, "response"))
	default:
		return c.sink.whole(http.StatusOK, r.Body)
	}
}

func deleted(id, object string) []byte {
	dst := ir.AppendQuoted([]byte(`{"id":`), id)
	return append(dst, `,"object":"`+object+`","deleted":true}`...)
}

// cancelResponse stops an answer that is made in the background.
func (c *call) cancelResponse(r *stored.Response) error {
	if !r.Pending {
		if !gjson.GetBytes(r.Body, "background").Bool() {
			return ir.Invalid("", "Cannot cancel a synchronous response.")
		}
		return c.sink.whole(http.StatusOK, r.Body)
	}
	if c.g.Runs.Cancel(c.owner(), r.ID) {
		body, err := sjson.SetBytes(r.Body, "status", "cancelled")
		if err != nil {
			return err
		}
		r.Body, r.Pending = body, false
		c.g.Stored.Replace(c.owner(), *r, nil)
		return c.sink.whole(http.StatusOK, body)
	}
	if now, ok := c.g.Stored.Get(c.owner(), r.ID); ok { // it has ended meanwhile
		r = &now
	}
	return c.sink.whole(http.StatusOK, r.Body)
}

// listInput lists what a response was made of: all that came before it.
func (c *call) listInput(r *stored.Response) error {
	items, ok := c.g.Stored.History(c.owner(), r.ID)
	if !ok {
		return notStored(r.ID)
	}
	page, err := itemPage(items[:max(len(items)-r.Output, 0)], c.r.URL.Query())
	if err != nil {
		return err
	}
	return c.sink.whole(http.StatusOK, page)
}

const (
	itemsDefault = 20
	itemsMax     = 100
)

// itemPage writes one page of a list of items: the newest first unless asked
// otherwise.
func itemPage(items []ir.Item, q url.Values) ([]byte, error) {
	limit := itemsDefault
	if s := q.Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > itemsMax {
			return nil, ir.Invalid("limit", "limit must be a number from 1 to %d", itemsMax)
		}
		limit = n
	}
	items = slices.Clone(items)
	if q.Get("order") != "asc" {
		slices.Reverse(items)
	}
	if after := q.Get("after"); after != "" {
		items = items[slices.IndexFunc(items, func(it ir.Item) bool { return it.ID == after })+1:]
	}
	more := len(items) > limit
	items = items[:min(len(items), limit)]
	dst := []byte(`{"object":"list","data":[`)
	for i := range items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, items[i].Raw...)
	}
	first, last := "null", "null"
	if n := len(items); n > 0 {
		first, last = string(ir.AppendQuoted(nil, items[0].ID)), string(ir.AppendQuoted(nil, items[n-1].ID))
	}
	return append(dst, `],"first_id":`+first+`,"last_id":`+last+`,"has_more":`+strconv.FormatBool(more)+"}"...), nil
}

// forwarded are the parameters of lists that an account is told.
var forwarded = []string{"after", "before", "include", "include[]", "limit", "order", "stream", "starting_after", "include_obfuscation"}

// forward asks the account that has the response. It takes no slot and has no
// effect on the account.
func (c *call) forward(r *stored.Response) error {
	account := c.account(r.Account)
	if account == nil {
		return notStored(r.ID)
	}
	up := upstreamOf(account)
	keeper, ok := up.Provider.(providers.Keeper)
	if !ok {
		return notStored(r.ID)
	}
	path := "/" + url.PathEscape(r.ID)
	if c.route.action != "" {
		path += "/" + c.route.action
	}
	query := url.Values{}
	for _, name := range forwarded {
		if values := c.r.URL.Query()[name]; len(values) > 0 {
			query[name] = values
		}
	}
	ctx, cancel := c.upstreamContext()
	defer cancel(nil)
	method := c.r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	call := &providers.Call{
		Dialect: ir.Responses, BaseURL: up.BaseURL, Secret: up.Secret, Client: c.r.Header, SameDialect: true, Header: up.Header,
		Stream: c.streams(),
	}
	build := func(ctx context.Context, call *providers.Call) (*http.Request, error) {
		return keeper.StoredRequest(ctx, call, method, path, query.Encode())
	}
	req, err := up.request(ctx, call, build)
	if err != nil {
		return asUnauthorized(err)
	}
	c.sink.watch(cancel)
	defer c.sink.unwatch()
	resp, err := up.roundTrip(ctx, req, call, build)
	if err != nil {
		return shown(networkError(ctx, err))
	}
	defer resp.Body.Close()
	if kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); resp.StatusCode == http.StatusOK && kind == eventStreamType {
		return c.forwardStream(ctx, r, resp)
	}
	body, err := io.ReadAll(io.LimitReader(alert{plainBody(resp), c.sink}, maxAnswerBody))
	if err != nil {
		return shown(networkError(ctx, err))
	}
	return c.forwardAnswer(r, resp, body)
}

func (c *call) forwardAnswer(r *stored.Response, resp *http.Response, body []byte) error {
	switch {
	case resp.StatusCode == http.StatusNotFound:
		c.g.Stored.Delete(c.owner(), r.ID)
		return notStored(r.ID)
	case resp.StatusCode != http.StatusOK:
		e := new(Upstream).refusal(ir.Responses, resp, body) // its secrets are those of the request
		if e.Status < http.StatusBadRequest {
			e.Status = http.StatusBadGateway
		}
		return shown(e)
	case !json.Valid(body):
		return shown(&ir.Error{Kind: ir.ErrUpstream, Status: http.StatusBadGateway, Upstream: ir.Responses})
	case c.r.Method == http.MethodDelete:
		c.g.Stored.Delete(c.owner(), r.ID)
	}
	return c.sink.whole(http.StatusOK, translate.RenameStored(body, r.Model))
}
