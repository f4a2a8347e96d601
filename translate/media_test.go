package translate

import (
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/caps"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// mediaBodies name one medium by URL, in a message and in a tool's result where
// the dialect can.
var mediaBodies = map[ir.Dialect]map[string]string{
	ir.Chat: {
		"image": `{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"?"},{"type":"image_url","image_url":{"url":"https://example.com/a"}}]}]}`,
	},
	ir.Responses: {
		"image":  `{"model":"m","input":[{"role":"user","content":[{"type":"input_image","detail":"auto","image_url":"https://example.com/a"}]}]}`,
		"file":   `{"model":"m","input":[{"role":"user","content":[{"type":"input_file","file_url":"https://example.com/a"}]}]}`,
		"result": `{"model":"m","input":[{"type":"function_call","call_id":"c1","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c1","output":[{"type":"input_image","detail":"auto","image_url":"https://example.com/a"}]}]}`,
	},
	ir.Anthropic: {
		"image":  `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"url","url":"https://example.com/a"}}]}]}`,
		"file":   `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","source":{"type":"url","url":"https://example.com/a"}}]}]}`,
		"result": `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[{"type":"image","source":{"type":"url","url":"https://example.com/a"}}]}]}]}`,
	},
	ir.Gemini: {
		"image": `{"contents":[{"role":"user","parts":[{"fileData":{"mimeType":"image/png","fileUri":"https://example.com/a"}}]}]}`,
		"file":  `{"contents":[{"role":"user","parts":[{"fileData":{"mimeType":"application/pdf","fileUri":"https://example.com/a"}}]}]}`,
		"audio": `{"contents":[{"role":"user","parts":[{"fileData":{"mimeType":"audio/mpeg","fileUri":"https://example.com/a"}}]}]}`,
		"video": `{"contents":[{"role":"user","parts":[{"fileData":{"mimeType":"video/mp4","fileUri":"https://example.com/a"}}]}]}`,
	},
}

// mediaData is what is fetched as each kind.
var mediaData = map[ir.PartKind][2]string{
	ir.PartImage: {"image/png", "\x89PNG\r\n\x1a\n1"}, ir.PartFile: {"application/pdf", "%PDF-1.7"},
	ir.PartAudio: {"audio/mpeg", "ID3 sound"}, ir.PartVideo: {"video/mp4", "ftypmp42"},
}

// formless are the media that a dialect has no form for, fetched or not.
var formless = map[ir.Dialect]map[string]bool{
	ir.Chat: {"video": true}, ir.Responses: {"video": true}, ir.Anthropic: {"video": true, "audio": true},
}

// TestMedia sends media by URL to upstreams that fetch them themselves and to
// those that do not. What is wanted is what cannot be sent as it is; with its
// data the request can be sent, and the URL does not reach the upstream.
func TestMedia(t *testing.T) {
	for from, bodies := range mediaBodies {
		for name, body := range bodies {
			for to := range mediaBodies {
				for _, fetches := range []bool{true, false} {
					what := strings.Join([]string{name, string(from), string(to)}, " ")
					if fetches {
						what += " that fetches"
					}
					t.Run(what, func(t *testing.T) { checkMedia(t, name, from, to, body, fetches) })
				}
			}
		}
	}
}

func checkMedia(t *testing.T, name string, from, to ir.Dialect, body string, fetches bool) {
	target := func() *ir.Target {
		c := caps.Of(vendors[to], to, "some-model")
		c.URLImages, c.URLFiles = fetches, fetches
		return &ir.Target{Dialect: to, Provider: vendors[to], Model: "some-model", Caps: c, Notes: &ir.Notes{}}
	}
	call, err := NewCall(&ir.Envelope{Op: ir.Generate, Dialect: from, Model: "m"}, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	call.Fetching()
	x := call.For(target(), "m", 1)
	wanted, err := x.Media()
	if err != nil {
		t.Fatal(err)
	}
	out, err := x.Request(nil)
	switch {
	case len(wanted) == 0 && err == nil:
		if !strings.Contains(string(out), "https://example.com/a") {
			t.Errorf("the URL is lost: %s", out)
		}
		return
	case len(wanted) == 0:
		if asError(err).Kind != ir.ErrUnsupported || !formless[to][name] {
			t.Errorf("nothing is wanted, and %v", err)
		}
		return
	case err == nil:
		t.Fatalf("it is wanted although it can be sent: %s", out)
	}
	if len(wanted) != 1 || wanted[0].URL != "https://example.com/a" || wanted[0].Path == "" || asError(err).Status != 400 {
		t.Fatalf("wanted %+v, %v", wanted, err)
	}
	data := mediaData[wanted[0].Kind]
	call.Supply(wanted[0].URL, data[0], []byte(data[1]))
	again := target()
	out, err = call.For(again, "m", 1).Request(nil)
	if err != nil || strings.Contains(string(out), "example.com") {
		t.Fatalf("got %s, %v", out, err)
	}
	encoded := map[string]string{
		"image/png": "iVBORw0KGgox", "application/pdf": "JVBERi0xLjc=", "audio/mpeg": "SUQzIHNvdW5k", "video/mp4": "ZnR5cG1wNDI=",
	}[data[0]]
	if strings.Count(string(out), encoded) != 1 {
		t.Errorf("the data is not sent once: %s", out)
	}
	if notes := again.Notes.Header(true); !strings.Contains(notes, CodeFetched) || strings.Contains(again.Notes.Header(false), CodeFetched) {
		t.Errorf("notes are %s", notes)
	}
	// An account that fetches it itself is told the URL, also when it is asked later.
	own := target()
	own.Caps.URLImages, own.Caps.URLFiles = true, true
	x = call.For(own, "m", 1)
	if wanted, _ := x.Media(); len(wanted) > 0 {
		return // there is no form with a URL, whoever fetches
	}
	if out, err := x.Request(nil); err != nil || !strings.Contains(string(out), "https://example.com/a") {
		t.Errorf("an account that fetches: %s, %v", out, err)
	}
}

// TestMediaRelayed relays what it always has when nothing is fetched.
func TestMediaRelayed(t *testing.T) {
	body := mediaBodies[ir.Chat]["image"]
	for _, fetching := range []bool{false, true} {
		call, err := NewCall(&ir.Envelope{Op: ir.Generate, Dialect: ir.Chat}, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if fetching {
			call.Fetching()
		}
		for _, fetches := range []bool{false, true} {
			target := &ir.Target{Dialect: ir.Chat, Provider: "openai_compatible", Model: "m", Caps: ir.Caps{URLImages: fetches}, Notes: &ir.Notes{}}
			if relayed := call.For(target, "m", 1).Relayed(); relayed != (fetches || !fetching) {
				t.Errorf("fetching %v, upstream fetches %v: relayed is %v", fetching, fetches, relayed)
			}
		}
	}
}
