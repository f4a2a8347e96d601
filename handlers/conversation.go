package handlers

import (
	"encoding/json"
	"net/http"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"

	"github.com/caddy-ai-gateway/ai-gateway/stored"
	"github.com/caddy-ai-gateway/ai-gateway/translate"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// conversation answers what is asked about conversations of the Responses API.
// They are the gateway's own, so that they go on with whatever account answers.
func (c *call) conversation() error {
	if c.g.Stored == nil {
		return conversationNotFound(c.route.id)
	}
	if c.route.id == "" {
		return c.newConversation()
	}
	r, ok := c.g.Stored.Get(c.owner(), c.route.id)
	switch {
	case !ok || !r.Conversation:
		return conversationNotFound(c.route.id)
	case c.route.action == "items":
		items, _ := c.g.Stored.History(c.owner(), r.ID)
		page, err := itemPage(items, c.r.URL.Query())
		if err != nil {
			return err
		}
		return c.sink.whole(http.StatusOK, page)
	case c.r.Method == http.MethodDelete:
		c.g.Stored.Delete(c.owner(), r.ID)
		return c.sink.whole(http.StatusOK, deleted(r.ID, "conversation.deleted"))
	default:
		return c.sink.whole(http.StatusOK, r.Body)
	}
}

// newConversation begins a conversation, with items if the client has some.
func (c *call) newConversation() error {
	body := []byte("{}")
	if c.r.ContentLength != 0 {
		var err error
		if body, err = readBody(make([]byte, 0, bodySize(c.r, c.g.MaxBody)), c.sink.w, c.r, c.g.MaxBody); err != nil {
			return err
		}
	}
	said := gjson.ParseBytes(body)
	metadata := said.Get("metadata").Raw
	switch {
	case !json.Valid(body) || !said.IsObject(): // gjson's own check would go as deep as the body does
		return ir.Invalid("", "Failed to parse request body")
	case metadata == "" || metadata == "null":
		metadata = "{}"
	}
	id := translate.NewID("conv_")
	object, err := sjson.SetBytes([]byte(`{}`), "id", id)
	for _, m := range [...]struct {
		name  string
		value any
	}{{"object", "conversation"}, {"created_at", c.start.Unix()}} {
		if err == nil {
			object, err = sjson.SetBytes(object, m.name, m.value)
		}
	}
	if err == nil {
		object, err = sjson.SetRawBytes(object, "metadata", []byte(metadata))
	}
	if err != nil {
		return err
	}
	c.g.Stored.Put(c.owner(), stored.Response{
		ID: id, Conversation: true, Body: object,
		Items: translate.ItemsOf([]byte(said.Get("items").Raw), func(ref string) (ir.Item, bool) { return c.g.Stored.Item(c.owner(), ref) }),
	}, nil)
	return c.sink.whole(http.StatusOK, object)
}
