package aigateway

import (
	"strings"
	"testing"
)

const anon = `"allow_anonymous":true,`

// withAccount is a configuration with one account that has further fields.
func withAccount(fields string) string {
	return `{` + anon + `"accounts":[{"name":"x","provider":{"provider":"openai"},"credential":"sk-x"` + fields + `}]}`
}

// provisionErrors are configurations in JSON and what their errors say.
var provisionErrors = []struct{ name, config, want string }{
	{"nobody", `{}`, `gateway "default": nobody may call this gateway`},
	{"null key", `{"keys":[null]}`, "is null"},
	{"null account", `{` + anon + `"accounts":[null]}`, "is null"},
	{"unknown field", `{` + anon + `"stciky":"1h"}`, "unknown field"},
	{"name", `{` + anon + `"name":"Team A"}`, `name: "Team A" is not a name`},
	{"notes", `{` + anon + `"notes":"loud"}`, "none of warn, all, off"},
	{"max body", `{` + anon + `"max_body":-1}`, "cannot be negative"},
	{"max body without a unit", `{` + anon + `"name":"team","max_body":32}`, `gateway "team": max_body: 32 bytes would refuse`},
	{"attempts", `{` + anon + `"failover":{"attempts":-1}}`, "cannot be negative"},
	{"ping", `{` + anon + `"stream":{"ping":-1}}`, "cannot be negative"},
	{"key name", `{"keys":[{"name":"","secret":"s"}]}`, `key "": "" is not a name`},
	{"key without secret", `{"keys":[{"name":"a","secret":""}]}`, `key "a": the secret is empty`},
	{"key with empty env", `{"keys":[{"name":"a","secret":"{env.TEST_EMPTY}"}]}`, `key "a": the secret is empty; set {env.TEST_EMPTY}`},
	{"key with blanks", `{"keys":[{"name":"a","secret":"  "}]}`, `key "a": the secret is empty; write one`},
	{"key with a missing file", `{"keys":[{"name":"a","secret":"{file./does/not/exist}"}]}`, `set {file./does/not/exist}`},
	{"key with a strange placeholder", `{"keys":[{"name":"a","secret":"sk-{http.request.host}"}]}`, "placeholder that does not exist"},
	{"key with two lines", `{"keys":[{"name":"a","secret":"{env.TEST_LINES}"}]}`, "line break"},
	{"key digest", `{"keys":[{"name":"a","secret":"sha256:abc"}]}`, "64 hex digits"},
	{"key digest too long", `{"keys":[{"name":"a","secret":"sha256:` + strings.Repeat("ab", 33) + `"}]}`, "64 hex digits"},
	{"key expires", `{"keys":[{"name":"a","secret":"s","expires":"soon"}]}`, "not a date"},
	{"key pattern", `{"keys":[{"name":"a","secret":"s","models":[""]}]}`, "a pattern is empty"},
	{"key twice", `{"keys":[{"name":"a","secret":"s"},{"name":"a","secret":"t"}]}`, `key "a" is defined twice`},
	{"same secret", `{"keys":[{"name":"a","secret":"s"},{"name":"b","secret":"s"}]}`, `gateway "default": key "b" has the same secret as key "a"`},
	{"account name", `{` + anon + `"accounts":[{"name":"X","provider":{"provider":"openai"}}]}`, `"X" is not a name`},
	{"account twice", `{` + anon + `"accounts":[{"name":"x","provider":{"provider":"simulator"}},{"name":"x","provider":{"provider":"simulator"}}]}`, "defined twice"},
	{"account without provider", `{` + anon + `"accounts":[{"name":"x"}]}`, "names no provider"},
	{"unknown provider", `{` + anon + `"accounts":[{"name":"x","provider":{"provider":"gimini"}}]}`, "unknown module: ai_gateway.providers.gimini"},
	{"provider's option", `{` + anon + `"accounts":[{"name":"x","provider":{"provider":"openai","api":"x"}}]}`, "none of auto, chat, responses"},
	{"compatible without base_url", `{` + anon + `"accounts":[{"name":"x","provider":{"provider":"openai_compatible"},"models":["a"]}]}`, "needs a base_url"},
	{"compatible without models", `{` + anon + `"accounts":[{"name":"x","provider":{"provider":"openai_compatible"},"base_url":"http://a"}]}`, "needs models"},
	{"instructions of nothing", `{` + anon + `"models":[{"pattern":"a","instructions_default":"{file./does/not/exist}"}]}`,
		`model "a": instructions_default: it is empty; set {file./does/not/exist}`},
	{"simulator with base_url", `{` + anon + `"accounts":[{"name":"x","provider":{"provider":"simulator"},"base_url":"http://a"}]}`, "inside this process"},
	{"models", withAccount(`,"models":["a="]`), "lacks the upstream's name"},
	{"priority", withAccount(`,"priority":1001`), "from -1000 to 1000"},
	{"weight", withAccount(`,"weight":-1`), "from 0 to 1000"},
	{"concurrency", withAccount(`,"concurrency":-1`), "from 0 to 1000000"},
	{"base_url", withAccount(`,"base_url":"ftp://a"`), "whole http or https URL"},
	{"base_url with a password", withAccount(`,"base_url":"https://u:sk-x@a"`), "whole http or https URL"},
	{"base_url of nothing", withAccount(`,"base_url":"{env.TEST_EMPTY}"`), "reading base_url: it is empty"},
	{"header", withAccount(`,"header":{"Connection":["close"]}`), "cannot be set"},
	{"header value", withAccount(`,"header":{"X-A":["{env.TEST_LINES}"]}`), "reading header X-A: it holds a line break"},
	{"unknown cap", withAccount(`,"caps":{"magic":true}`), `unknown capability "magic"`},
	{"cap kind", withAccount(`,"caps":{"prefill":"off"}`), "prefill takes on or off"},
	{"cap null", withAccount(`,"caps":{"prefill":null}`), "prefill takes on or off"},
	{"cap negative", withAccount(`,"caps":{"max_output":-1}`), "max_output takes a whole number"},
	{"cap word", withAccount(`,"caps":{"thinking":"hard"}`), "thinking takes a word"},
	{"transport over HTTP/3", withAccount(`,"transport":{"protocol":"http","versions":["3"]}`), "HTTP/3 cannot be used"},
	{"transport of no kind", withAccount(`,"transport":{}`), "loading transport"},
	{"transport that is not JSON's object", withAccount(`,"transport":"http"`), "reading transport"},
	{"model pattern", `{` + anon + `"models":[{"pattern":""}]}`, "the pattern is empty"},
	{"model as", `{` + anon + `"models":[{"pattern":"a","as":"b*"}]}`, "must be one model's name"},
	{"model twice", `{` + anon + `"models":[{"pattern":"a"},{"pattern":"a"}]}`, "defined twice"},
	{"edit dialect", `{` + anon + `"models":[{"pattern":"a","default":[{"dialect":"x","path":"b","value":1}]}]}`, "not a dialect"},
	{"edit path", `{` + anon + `"models":[{"pattern":"a","override":[{"path":"b.#","value":1}]}]}`, "not the path of one value"},
	{"edit without value", `{` + anon + `"models":[{"pattern":"a","override":[{"path":"b"}]}]}`, "not valid JSON"},
	{"remove with value", `{` + anon + `"models":[{"pattern":"a","remove":[{"path":"b","value":1}]}]}`, "takes no value"},
}

// TestProvisionErrors loads JSON, which no Caddyfile parser has looked at before.
func TestProvisionErrors(t *testing.T) {
	t.Setenv("TEST_EMPTY", "")
	t.Setenv("TEST_LINES", "sk-one\nsk-two")
	for _, tt := range provisionErrors {
		t.Run(tt.name, func(t *testing.T) {
			ctx, _ := newContext(t)
			_, err := loadJSON(ctx, tt.config)
			if err == nil {
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v\nwant %s", err, tt.want)
			}
			if strings.Contains(err.Error(), "sk-") {
				t.Errorf("the error holds a secret: %v", err)
			}
		})
	}
}

func TestHeaderWithoutItsSecretDisables(t *testing.T) {
	ctx, log := newContext(t)
	h, err := load(t, ctx, `
		allow_anonymous
		account x openai_compatible {
			base_url http://127.0.0.1:8000/v1
			models *
			header X-Key {env.TEST_MISSING}
			header X-Key {env.TEST_MISSING_TOO}
		}`)
	if err != nil {
		t.Fatal(err)
	}
	if !h.accounts[0].disabled {
		t.Error("the account is enabled")
	}
	if strings.Count(log(), `account disabled: the header X-Key is empty","account":"x"`) != 1 {
		t.Errorf("not one warning: %s", log())
	}
}

// TestStrayFallbacks tells of a fallback that no account serves, and of no other.
func TestStrayFallbacks(t *testing.T) {
	ctx, log := newContext(t)
	_, err := load(t, ctx, `
		name team
		allow_anonymous
		account x simulator
		account off openai {env.TEST_MISSING}
		model demo {
			fallback sim-a typo gpt-5 renamed hidden many-1
		}
		model renamed {
			as demo
		}
		model hidden {
			as demo
			accounts off
		}
		model many-* {
			as demo
		}`)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"typo", "hidden"} {
		if strings.Count(log(), `"gateway":"team","in":"model demo","fallback":"`+name+`"`) != 1 {
			t.Errorf("nothing is said of %s: %s", name, log())
		}
	}
	if n := strings.Count(log(), "no account serves a fallback"); n != 2 {
		t.Errorf("%d warnings: %s", n, log())
	}
}
