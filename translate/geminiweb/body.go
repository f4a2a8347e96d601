package geminiweb

import (
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// At returns what stands at a place of nested arrays, and nothing for a place that does not exist. An array may end in
// an object whose names are the numbers of members, counted from 1: it stands for what is behind the array's end.
func At(v gjson.Result, path ...int) gjson.Result {
	for _, i := range path {
		v = member(v, i)
	}
	return v
}

func member(v gjson.Result, i int) (found gjson.Result) {
	if !v.IsArray() {
		return found
	}
	var last gjson.Result
	n, hit := 0, false
	v.ForEach(func(_, item gjson.Result) bool {
		last = item
		if n == i {
			found, hit = item, true
			return false
		}
		n++
		return true
	})
	if hit || !last.IsObject() {
		return found
	}
	return last.Get(strconv.Itoa(i + 1))
}

// Parts calls f with the parts of a frame.
func Parts(frame []byte, f func(kind string, part gjson.Result)) {
	gjson.ParseBytes(frame).ForEach(func(_, part gjson.Result) bool {
		f(At(part, 0).String(), part)
		return true
	})
}

// Body is what one part tells of an answer, as the app knows it by then.
type Body struct {
	Chat, Reply, Choice string // the app's ids of the conversation, the answer and the candidate
	Text, Thoughts      string // as they stand, not cleaned
	Done, Sound         bool   // the candidate is complete; it says whether it is
	Busy                bool   // a tool of the app's is at work
	Context             string // it has come: the turn is in the history
	Model               string // who answers
	Images              []Image
	Links               []string // what the answer shows besides text
	Candidates          int

	root gjson.Result
}

// Image is a picture that the answer holds.
type Image struct {
	URL, ID, Alt string
	Index        int
}

// ReadBody reads a part of kind wrb.fr; false if it has no body.
func ReadBody(part gjson.Result) (b Body, ok bool) {
	payload := At(part, 2)
	if payload.Type != gjson.String || !jsonx.Valid([]byte(payload.Str)) {
		return b, false
	}
	root := gjson.Parse(payload.Str)
	if !root.IsArray() {
		return b, false
	}
	b = Body{
		root: root, Chat: At(root, 1, 0).String(), Reply: At(root, 1, 1).String(), Busy: At(root, 6, 1, 0).String() != "",
		Context: text(At(root, 25)), Model: text(At(root, 42)),
	}
	At(root, 4).ForEach(func(_, c gjson.Result) bool {
		id := text(At(c, 0))
		if id == "" {
			return true
		}
		b.Candidates++
		if b.Candidates == 1 {
			b.Choice = id
			b.candidate(c)
		}
		return true
	})
	return b, true
}

// Meta returns a slot of the conversation's metadata as JSON, "" for none.
func (b *Body) Meta(i int) string { return At(b.root, 1, i).Raw }

func text(v gjson.Result) string {
	if v.Type != gjson.String {
		return ""
	}
	return v.Str
}

const cardText = "http://googleusercontent.com/card_content/"

func (b *Body) candidate(c gjson.Result) {
	b.Text = text(At(c, 1, 0))
	if card := text(At(c, 22, 0)); card != "" && isCard(b.Text) {
		b.Text = card
	}
	state := At(c, 8, 0)
	b.Sound = state.Type == gjson.Number
	b.Done = b.Sound && state.Int() == 2
	b.Thoughts = text(At(c, 37, 0, 0))

	media := At(c, 12)
	At(media, 1).ForEach(func(_, web gjson.Result) bool {
		b.link(text(At(web, 0, 0, 0)))
		return true
	})
	b.link(text(At(media, 59, 0, 0, 0, 0, 7, 1)))
	b.link(text(At(media, 86, 0, 1, 7, 1)))
	b.link(text(At(media, 86, 1, 1, 7, 1)))
	b.images(At(media, 7, 0))
	if len(b.Images) == 0 {
		b.images(At(media, 0).Get("8.0"))
	}
}

func isCard(s string) bool {
	rest, ok := strings.CutPrefix(strings.TrimSpace(s), cardText)
	return ok && strings.Trim(rest, "0123456789") == ""
}

func (b *Body) link(url string) {
	if strings.HasPrefix(url, "http") && len(b.Links) < maxImages {
		b.Links = append(b.Links, url)
	}
}

// maxImages bounds what is taken of an answer.
const maxImages = 16

func (b *Body) images(list gjson.Result) {
	list.ForEach(func(_, item gjson.Result) bool {
		url := firstURL(At(item, 0, 3, 3))
		if url != "" && len(b.Images) < maxImages {
			b.Images = append(b.Images, Image{url, text(At(item, 1, 0)), text(At(item, 0, 3, 2)), len(b.Images)})
		}
		return true
	})
}

// firstURL returns the value or, of a list, the first that is a URL.
func firstURL(v gjson.Result) (url string) {
	if v.IsArray() {
		v.ForEach(func(_, item gjson.Result) bool {
			if strings.HasPrefix(text(item), "http") {
				url = item.Str
			}
			return url == ""
		})
		return url
	}
	if strings.HasPrefix(text(v), "http") {
		return v.Str
	}
	return ""
}

// Failure returns the code of an error that a part tells, or the bare status that it has instead; 0 for none.
func Failure(part gjson.Result) (code, status int) {
	s := At(part, 5)
	if !s.IsArray() {
		return 0, 0
	}
	if c := At(s, 2, 0, 1, 0); c.Type == gjson.Number && strings.HasSuffix(text(At(s, 2, 0, 0)), "BardErrorInfo") {
		return int(c.Int()), 0
	}
	return 0, int(At(s, 0).Int())
}
