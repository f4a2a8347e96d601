package simulator

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/tidwall/gjson"
)

var (
	webErrorWord  = regexp.MustCompile(`(?i)\bweb error(s?) ([0-9]{1,4})\b`)
	webStatusWord = regexp.MustCompile(`(?i)\bbare status ([0-9]{1,2})\b`)
	webDrawWord   = regexp.MustCompile(`(?i)\bdraw\b`)
	webSpeaker    = regexp.MustCompile(`(?s).*\n\nUser: `)
)

// generate answers a prompt.
func (s *Web) generate(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.generated++
	f, ok := s.webCall(w, r)
	if !ok {
		return
	}
	q, reason := s.webRead(f, r.Header)
	if reason != "" {
		s.blame("StreamGenerate: %s", reason)
		s.webFail(w, 1052)
		return
	}
	if code := s.sameChat(&q); code != 0 {
		s.webFail(w, code)
		return
	}
	said := webSpeaker.ReplaceAllString(q.prompt, "")
	wish := parse(said, nil).at(0)
	switch m := webErrorWord.FindStringSubmatch(said); {
	case m != nil && (m[1] == "" || !s.failed[said]):
		s.failed[said] = true
		code, _ := strconv.Atoi(m[2])
		s.webFail(w, code)
		return
	case wish.fail != 0:
		http.Error(w, "<html>an error of the web</html>", wish.fail)
		return
	case wish.garbage:
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<!doctype html><html><body>Sign in</body></html>")
		return
	}
	if m := webStatusWord.FindStringSubmatch(said); m != nil {
		s.webOut(w).all(`[["wrb.fr",null,null,null,null,[`+m[1]+`]]]`, `[["di",3],["e",4,null,null,131]]`)
		return
	}
	s.webSay(w, r, &q, said, wish)
}

// webFail answers with a code, as the app does with status 200.
func (s *Web) webFail(w http.ResponseWriter, code int) {
	s.webOut(w).all(fmt.Sprintf(`[["wrb.fr",null,null,null,null,[8,null,[["type.googleapis.com/assistant.boq.bard.application.BardErrorInfo",[%d]]]]]]`, code))
}

// webSay writes the snapshots of an answer.
func (s *Web) webSay(w http.ResponseWriter, r *http.Request, q *webRequest, said string, wish wishes) {
	text := plainText(prompt{text: said, wishes: wish})
	if q.files > 0 {
		text += fmt.Sprintf(" I received %d files.", q.files)
	}
	if wish.empty {
		text = ""
	}
	c := webChat{model: q.model, turn: q.turn + 1}
	cid := q.cid
	if cid == "" {
		cid = "c_" + shortHash(fmt.Sprint("c", s.generated))
	}
	c.reply, c.choice, c.context = "r_"+shortHash(fmt.Sprint("r", s.generated)), "rc_"+shortHash(fmt.Sprint("rc", s.generated)), "ctx_"+shortHash(cid)
	if !q.temporary && wish.cutAfter < 0 && wish.errorAfter < 0 {
		s.chats[cid] = c
	}
	s.mu.Unlock() // the page asks for other things while it reads
	defer s.mu.Lock()
	out := s.webOut(w)
	out.all(webFrame(cid, c, nil))
	thought := ""
	if wish.aloud || q.thinks {
		thought = "The user wrote something and I should answer."
		out.all(webFrame(cid, c, &webSnapshot{thought: thought[:len(thought)/2], state: 1}))
	}
	words := strings.SplitAfter(text, " ")
	for i := 1; i < len(words); i++ {
		sofar := strings.Join(words[:i], "")
		if wish.cutAfter >= 0 && i > wish.cutAfter {
			out.flush()
			panic(http.ErrAbortHandler)
		}
		if strings.Contains(said, "rewrite") {
			sofar += []string{"\n```", `\*`, ""}[i%3]
		}
		out.all(webFrame(cid, c, &webSnapshot{thought: thought, text: sofar, state: 1}))
	}
	last := &webSnapshot{thought: thought, text: text, state: 2, model: q.model}
	if webDrawWord.MatchString(said) {
		last.picture = sameHost(r, "/pictures/small")
		last.text += "\nhttp://googleusercontent.com/image_generation_content/0\n"
	}
	if !q.temporary {
		last.context = c.context
	}
	if wish.errorAfter < 0 {
		out.all(webFrame(cid, c, last), `[["di",812],["af.httprm",811,"-5000000000000000001",7]]`, `[["e",5,null,null,1234]]`)
	}
	out.flush()
}

// webSnapshot is what the app shows of an answer at one time.
type webSnapshot struct {
	thought, text, context, model, picture string
	state                                  int
}

// webFrame is a snapshot on the wire: a body inside of a string inside of a frame.
func webFrame(cid string, c webChat, s *webSnapshot) string {
	body := make([]any, 43)
	body[1] = []any{cid, c.reply}
	if s != nil {
		candidate := make([]any, 38)
		candidate[0], candidate[1], candidate[8] = c.choice, []any{s.text}, []any{s.state}
		if s.thought != "" {
			candidate[37] = []any{[]any{s.thought}}
		}
		if s.picture != "" {
			image := []any{[]any{nil, nil, nil, []any{nil, nil, "a picture", []any{nil, s.picture}}}, []any{"img-1"}}
			candidate[12] = []any{map[string]any{"8": []any{[]any{image}}}}
		}
		body[4] = []any{candidate}
		if s.context != "" {
			body[25] = s.context
		}
		if s.model != "" {
			body[42] = s.model
		}
	}
	inner, _ := json.Marshal(body)
	frame, _ := json.Marshal([]any{[]any{"wrb.fr", nil, string(inner)}})
	return string(frame)
}

// webWriter writes frames, in pieces that end in the middle of anything.
type webWriter struct {
	w   http.ResponseWriter
	buf []byte
}

func (s *Web) webOut(w http.ResponseWriter) *webWriter {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	return &webWriter{w, []byte(")]}'\n\n")}
}

// all writes frames. Lengths count UTF-16 code units with both line feeds.
func (o *webWriter) all(frames ...string) {
	for _, f := range frames {
		n := 2
		for _, c := range f {
			n += max(utf16.RuneLen(c), 1)
		}
		o.buf = append(o.buf, strconv.Itoa(n)+"\n"+f+"\n"...)
	}
	o.flush()
}

// flush sends what there is, cut within characters where there are any.
func (o *webWriter) flush() {
	for len(o.buf) > 0 {
		n := min(len(o.buf), 97)
		for n > 1 && n < len(o.buf) && utf8.RuneStart(o.buf[n]) && n > 60 {
			n--
		}
		_, _ = o.w.Write(o.buf[:n])
		if f, ok := o.w.(http.Flusher); ok && len(o.buf) < 2000 {
			f.Flush()
		}
		o.buf = o.buf[n:]
	}
}

// batch answers the calls of procedures.
func (s *Web) batch(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.webCall(w, r)
	if !ok {
		return
	}
	id := f.Get("0.0.0").String()
	if r.URL.Query().Get("rpcids") != id || !gjson.Valid(f.Get("0.0.1").String()) || f.Get("0.0.3").String() != "generic" ||
		r.Header.Get("X-Goog-Ext-73010989-Jspb") != "[0]" {
		s.blame("batchexecute: %s", f.Raw)
	}
	body := "[]"
	switch id {
	case "otAQ7b":
		body = webStanding(s.options.Status)
	case "c8o8Fe":
		body = `["` + sameHost(r, "/pictures/full") + `"]`
	}
	payload, _ := json.Marshal(body)
	s.webOut(w).all(`[["wrb.fr","`+id+`",`+string(payload)+`,null,null,null,"generic"],["di",26]]`, `[["e",4,null,null,131]]`)
}

// webStanding is how the account stands, and its models.
func webStanding(status int) string {
	body := make([]any, 18)
	model := func(id, name string, mode int) []any {
		m := make([]any, 19)
		m[0], m[1], m[2], m[17], m[18] = id, name, "a model", mode, name
		return m
	}
	body[14] = status
	body[15] = []any{model("fbb127bbb056c959", "3.6 Flash", 1), model("9d8ca3786ebdfbea", "3.1 Pro", 3), model("cf41b0e0dd7d53e5", "3.5 Flash-Lite", 6)}
	body[16], body[17] = []int{1}, []int{}
	raw, _ := json.Marshal(body)
	return string(raw)
}
