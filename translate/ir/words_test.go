package ir

import "testing"

// TestWords sees every word alone, and finds it and nothing else.
func TestWords(t *testing.T) {
	all := map[Words][]string{
		WordThinking:   {"thinking", "redacted_thinking"},
		WordReasoning:  {"reasoning", "reasoning_content"},
		WordEncrypted:  {"encrypted_content"},
		WordSigned:     {"thoughtSignature", "thought_signature"},
		WordThought:    {"thought"},
		WordReference:  {"item_reference"},
		WordImageURL:   {"image_url"},
		WordVertex:     {"url", "file_id", "service_tier", "speed", "inference_geo", "container", "mcp_servers", "betas"},
		WordCloud:      {"generateContentRequest", "generate_content_request", "store", "fileSearch", "mcpServers", "includeServerSideToolInvocations", "mediaProcessing"},
		WordCodeAssist: {"session_id", "sessionId", "labels"},
		0:              {"", "x", "content", "thinkin", "url2", "Store", "signature", "data", "gws1.abc"},
	}
	for want, list := range all {
		for _, word := range list {
			body := []byte(word + " ")
			o := Outline{Body: body}
			if o.See(word); o.words != want {
				t.Errorf("%q: got %b, want %b", word, o.words, want)
			}
			if o.Has(body, want) != (want != 0) || o.Has(body, ^want) {
				t.Errorf("%q: Has is wrong", word)
			}
		}
	}
}

// TestWordsOfSignatures sees what follows the name of a signature.
func TestWordsOfSignatures(t *testing.T) {
	const both = WordCarrier | WordAlien
	tests := []struct {
		strings []string
		want    Words
	}{
		{[]string{"signature", "gws1.abc"}, both},
		{[]string{"data", "Z3dzMS5abc"}, both},
		{[]string{"signature", ""}, WordAlien},
		{[]string{"signature", Sentinel}, WordAlien},
		{[]string{"signature", "gAAAAabc"}, WordAlien},
		{[]string{"signature", "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="}, WordAlien},
		{[]string{"signature", "context_engineering_is_the_way_to_go"}, WordAlien},
		{[]string{"signature", "EqQBCgIYAhIM"}, 0},
		{[]string{"signature", "text", "gws1.abc"}, 0},
	}
	for _, tt := range tests {
		var o Outline
		for _, s := range tt.strings {
			o.See(s)
		}
		if o.words != tt.want {
			t.Errorf("%q: got %b, want %b", tt.strings, o.words, tt.want)
		}
	}
}

// TestWordsOfAnotherBody may all be there.
func TestWordsOfAnotherBody(t *testing.T) {
	o := Outline{Body: []byte("body")}
	for _, other := range [][]byte{nil, []byte("body"), []byte("longer body")} {
		if !o.Has(other, WordThinking) || o.Has(other, 0) {
			t.Errorf("%q: what is not known is said to be known", other)
		}
	}
}
