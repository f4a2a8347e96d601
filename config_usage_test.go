package aigateway

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/caddy-ai-gateway/ai-gateway/access"
	"github.com/caddy-ai-gateway/ai-gateway/usage"
)

// call sends a chat request to the gateway and returns its status and body.
func (h *Handler) call(t *testing.T, secret, model string) (int, string) {
	t.Helper()
	body := `{"model":"` + model + `","messages":[{"role":"user","content":"say hello"}]}`
	r := httptest.NewRequest(http.MethodPost, "/v1/chat/completions", strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+secret)
	w := httptest.NewRecorder()
	r = caddyhttp.PrepareRequest(r, caddy.NewReplacer(), w, &caddyhttp.Server{})
	if err := h.ServeHTTP(w, r, caddyhttp.HandlerFunc(func(http.ResponseWriter, *http.Request) error { return nil })); err != nil {
		t.Fatal(err)
	}
	return w.Code, w.Body.String()
}

// TestUsageSurvivesRestart spends a budget, ends everything that the process holds, and begins again.
func TestUsageSurvivesRestart(t *testing.T) {
	db := filepath.Join(t.TempDir(), "usage.db")
	block := `
		key spender sk-spender {
			budget 0.000001/month
		}
		key talker sk-talker {
			tokens 5/1d
		}
		account demo simulator
		model demo {
			price 1 1
		}
		usage sqlite ` + db
	generation := func() (*Handler, func()) {
		ctx, _ := newContext(t)
		h, err := load(t, ctx, block)
		must(t, err)
		must(t, h.app.Start())
		return h, func() { must(t, h.app.Cleanup()); must(t, h.Cleanup()) }
	}
	h, end := generation()
	for _, secret := range []string{"sk-spender", "sk-talker"} {
		if status, body := h.call(t, secret, "demo"); status != 200 {
			t.Fatalf("%d %s", status, body)
		}
	}
	end()
	if len(usage.Recorders()) != 0 {
		t.Fatal("the recorder is still held")
	}
	h, end = generation()
	defer end()
	if status, body := h.call(t, "sk-spender", "demo"); status != 403 || !strings.Contains(body, "budget") {
		t.Errorf("the budget is forgotten: %d %s", status, body)
	}
	if status, body := h.call(t, "sk-talker", "demo"); status != 429 || !strings.Contains(body, "tokens") {
		t.Errorf("the tokens are forgotten: %d %s", status, body)
	}
	checkUsageAPI(t)
	checkUsageCommand(t, db)
}

func checkUsageAPI(t *testing.T) {
	t.Helper()
	answer := decode[struct {
		Rows []struct {
			Key      string
			Requests int
			Output   int
			Cost     float64 `json:"cost_usd"`
		}
		Total   []struct{ Requests int }
		Dropped int
	}](t, http.MethodGet, "/ai_gateway/usage?by=key&since=1h", "")
	if len(answer.Rows) != 2 || answer.Rows[0].Key != "spender" || answer.Rows[0].Requests != 1 || answer.Rows[0].Output == 0 ||
		answer.Rows[0].Cost == 0 || answer.Total[0].Requests != 2 || answer.Dropped != 0 {
		t.Errorf("%+v", answer)
	}
	if status, body := ask(t, http.MethodGet, "/ai_gateway/usage?by=secret", ""); status != 400 {
		t.Errorf("%d %s", status, body)
	}
}

func checkUsageCommand(t *testing.T, db string) {
	t.Helper()
	run := func(args ...string) (string, error) {
		cmd := usageCommand()
		var out bytes.Buffer
		cmd.SetOut(&out)
		cmd.SetErr(&out)
		cmd.SetArgs(append(args, "--db", db))
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		err := cmd.Execute()
		return out.String(), err
	}
	for _, test := range []struct{ args, want string }{
		{"--by key,model", "spender"}, {"--csv", "key,requests"}, {"--json --by account", `"account": "demo"`},
		{"--where key=talker --by day", time.Now().UTC().Format(time.DateOnly)}, {"--since 2030-01-01", "nothing was used"},
	} {
		if got, err := run(strings.Fields(test.args)...); err != nil || !strings.Contains(got, test.want) {
			t.Errorf("usage %s: %v\n%s", test.args, err, got)
		}
	}
	for _, args := range []string{"--csv --json", "--by secret", "--since yesterday", "--db /nowhere/usage.db surplus"} {
		if _, err := run(strings.Fields(args)...); err == nil {
			t.Errorf("usage %s: no error", args)
		}
	}
}

// TestLoadingMakesNothing: validating a configuration leaves no file behind.
func TestLoadingMakesNothing(t *testing.T) {
	dir := t.TempDir()
	ctx, _ := newContext(t)
	h, err := load(t, ctx, "key a sk-a {\nbudget 5/day\n}\nusage sqlite "+filepath.Join(dir, "deep", "usage.db"))
	must(t, err)
	must(t, h.Cleanup())
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("%v, %v", entries, err)
	}
}

func TestKeysFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	t.Setenv("TEST_CAROL", "sk-carol")
	lines := write("lines", "\ufeff# who may call\n\nbob  sk-bob\r\n\tcarol {env.TEST_CAROL}\ndave sha256:"+strings.Repeat("ab", 32)+"\n")
	array := write("array.json", `[{"name":"erin","secret":"sk-erin","concurrency":2,"rate":"60/1m","models":["gpt-*"]}]`)
	ctx, log := newContext(t)
	h, err := load(t, ctx, "name one\nkey alice sk-alice\nkeys_file "+lines)
	must(t, err)
	t.Cleanup(func() { must(t, h.Cleanup()) })
	for secret, name := range map[string]string{"sk-alice": "alice", "sk-bob": "bob", "sk-carol": "carol"} {
		if key, ok := h.gateway.(running).Keys.Find(secret); !ok || key.Name != name {
			t.Errorf("%s finds %v", secret, key)
		}
	}
	if strings.Contains(log(), "everybody") {
		t.Error("a file that only its owner can read is complained about")
	}
	must(t, os.Chmod(array, 0o644))
	h, err = load(t, ctx, "name two\nkeys_file "+array)
	must(t, err)
	t.Cleanup(func() { must(t, h.Cleanup()) })
	want := access.Limits{Concurrency: 2, Queue: 22, Rate: access.Rate{N: 60, Per: time.Minute}}
	if h.keys[0].limits != want || h.keys[0].Models[0] != "gpt-*" {
		t.Errorf("%+v", h.keys[0])
	}

	bad := map[string]string{
		"bob":                         "line 1 has 1 words",
		"# x\nbob a b":                "line 2 has 3 words",
		"Bob sk-hush":                 "line 1",
		"bob {env.TEST_MISSING}":      `key "bob": the secret is empty; set {env.TEST_MISSING}`,
		"bob sha256:hush":             "64 hex digits",
		"alice sk-hush":               "alice",
		"bob sk-alice":                "same secret",
		"bob sk-hush\nbob sk-hush2":   "bob",
		`[{"name":"bob"}]`:            "key 1",
		`[{"name":"bob","pass":"x"}]`: "pass",
		`[{"name":"bob","secret":5}]`: "secret",
		`[null]`:                      "null",
		`[{"name":"b","secret":"sk-hush","budget":"lots"}]`: "budget",
		`[] []`: "behind the array",
		`[`:     "JSON",
	}
	for content, want := range bad {
		path := write("bad", content)
		ctx, _ := newContext(t)
		_, err := load(t, ctx, "name three\nkey alice sk-alice\nkeys_file "+path)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v", content, err)
		}
	}
	for block, want := range map[string]string{
		"keys_file " + write("empty", "# nobody\n"):  "has no key",
		"keys_file " + filepath.Join(dir, "missing"): "keys_file",
		"keys_file {env.TEST_MISSING}":               "keys_file",
	} {
		ctx, _ := newContext(t)
		if _, err := load(t, ctx, "name four\n"+block); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", block, err)
		}
	}
}

func TestLimitsOfKeys(t *testing.T) {
	ctx, _ := newContext(t)
	h, err := load(t, ctx, `
		key a sk-a {
			concurrency 3
			tokens 1000/1h
			budget 2.50/day
		}
		key b sk-b {
			concurrency 3
			queue 0
		}
		key c sk-c`)
	must(t, err)
	t.Cleanup(func() { must(t, h.Cleanup()) })
	want := []access.Limits{
		{Concurrency: 3, Queue: 23, Tokens: access.Rate{N: 1000, Per: time.Hour}, Budget: access.Budget{Nanos: 2_500_000_000, Per: access.Day}},
		{Concurrency: 3}, {},
	}
	for i, key := range h.keys {
		if key.limits != want[i] {
			t.Errorf("%s: %+v", key.Name, key.limits)
		}
	}
	for raw, want := range map[string]string{
		`{"keys":[{"name":"x","secret":"s","queue":3}]}`:                                       "queue",
		`{"keys":[{"name":"x","secret":"s","concurrency":-1}]}`:                                "concurrency",
		`{"keys":[{"name":"x","secret":"s","rate":"often"}]}`:                                  "rate",
		`{"keys":[{"name":"x","secret":"s","tokens":"many"}]}`:                                 "tokens",
		`{"keys":[{"name":"x","secret":"s","budget":"5"}]}`:                                    "budget",
		`{"keys":[{"name":"x","secret":"s","intercept":["all"]}]}`:                             "intercept",
		`{"keys":[{"name":"x","secret":"s"}],"models":[{"pattern":"m","intercept":["x"]}]}`:    "intercept",
		`{"keys":[{"name":"x","secret":"s"}],"models":[{"pattern":"m","price":{"input":-1}}]}`: "price",
		`{"keys":[{"name":"x","secret":"s"}],"prices":"/nowhere/prices.json"}`:                 "prices",
		`{"keys":[{"name":"x","secret":"s"}],"usage":{"store":"postgres"}}`:                    "usage",
		`{"keys":[{"name":"x","secret":"s"}],"usage":{"store":"sqlite","path":"/dev/null/x"}}`: "usage",
	} {
		ctx, _ := newContext(t)
		if _, err := loadJSON(ctx, raw); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", raw, err)
		}
	}
}

// TestUnpricedModels: whoever gives a key a budget is told which of the models named in the configuration it does not limit.
func TestUnpricedModels(t *testing.T) {
	accounts := `
		account local openai_compatible {
			base_url http://127.0.0.1:1/v1
			models free paid renamed=llama gpt-* claude-sonnet-4-5
		}
		account sim simulator
		model paid {
			price 1 1
		}
		usage off`
	for block, want := range map[string]string{
		"key rich sk-rich\nkey poor sk-poor {\nbudget 5/day\n}": `"models":["free","llama"],"keys":["poor"]`,
		"key rich sk-rich": "",
	} {
		ctx, log := newContext(t)
		h, err := load(t, ctx, block+accounts)
		must(t, err)
		must(t, h.Cleanup())
		if got := log(); want != "" && !strings.Contains(got, want) || strings.Contains(got, "known price") != (want != "") {
			t.Errorf("%s:\n%s", block, got)
		}
	}
}
