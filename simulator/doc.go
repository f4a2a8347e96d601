// Package simulator is an upstream inside of the binary: it speaks the APIs of OpenAI (Chat Completions and Responses),
// Anthropic (Messages) and Gemini as their vendors do, and needs no key. It serves those who try the gateway without an
// account, and the tests, since it checks requests against the rules that the vendors document and report in their
// errors, and refuses what breaks one, in their words.
//
// As a server it also plays the platforms that wrap these APIs: Code Assist, Antigravity (below /antigravity), Vertex AI, and
// a server of gpt4free (below /g4f).
//
// # What it answers
//
// Without any of the words below, the answer repeats the last text of the user, word by word:
//
//	You said: <text>
//
// After the result of a tool: "The tool <name> answered: <result>", or "failed" for an error, one line for each; what the
// user says beside the result follows as "You said: <text>". Images and documents, also those in results:
// "I received 2 attachments: image/png (68 bytes), application/pdf (1234 bytes)." Without any text: "You said nothing."
// Texts that a client wraps into a tag, such as <system-reminder>…</system-reminder>, were not said by the user.
//
// A request for structured output is answered with an instance of the schema, a request that forces a call with a call.
// If reasoning is on, the answer begins with a thought, in the vendor's form and signed in the vendor's way. With n or
// candidateCount, the further answers begin with "(answer 2) ".
//
// # Words
//
// These words in the last text of the user make it do something else, in any case. Those marked with * must begin the
// text or a clause, after a full stop, a comma, "and" or "please".
//
//	call <tool>                 calls a declared tool, with arguments that satisfy its schema; also "use the tool …"
//	call <tool> {"a":1}         calls it with these arguments
//	call <tool> and <tool>      calls both at once; "call every tool" calls all
//	… then …                    what follows is for the answer to the results: "call a then call b then refuse"
//	say exactly: <text>         answers the rest of the text as it is
//	long <n> *                  answers n words (at most 20000)
//	unicode *                   answers a text that is hard to cut and to escape
//	empty *                     answers nothing
//	refuse *                    refuses, as the vendor does
//	content filter              stops the answer by the vendor's filter
//	think aloud                 thinks, and shows the thought (reasoning_content in Chat Completions)
//	think secretly              hides the thought (Anthropic's redacted_thinking), if the model thinks
//	cached *                    counts half of the input as read from the cache
//	many small chunks           streams rune by rune
//	one chunk                   streams everything at once
//	slow <n>ms, slow <n>s       waits before each word
//	wait <n>ms, wait <n>s       waits before the answer
//	fail with <status>          fails with a status from 400 to 599, in the vendor's form
//	fail <n> times with <status>   fails n times with the same prompt, then answers once
//	retry after <n>s            says so in such a failure, as the vendor does; 1s for 429 and 503 if not given
//	cut after <n> words         tears the connection; also "cut before content"
//	error after <n> words       sends the vendor's error event; also "error before content"
//	stall after <n> words       goes silent until the client leaves; also "stall before content"
//	garbage *                   answers JSON that does not parse
//
// An answer that does not stream is cut in the middle of its body, stalls before its headers, and fails with 500 instead
// of an error event. A piece of 12 runes of a call's arguments counts as a word.
//
// # Models
//
// Every name is a model, unless it begins with "missing". A name of a vendor's family brings the rules of that family,
// also behind "sim-": gpt-5 refuses max_tokens, claude-opus-4-8 temperature, and gemini-3-pro calls without a signature.
//
// # Tokens
//
// A token is a word. Every request counts its own words, 3 tokens for each turn, 8 for each tool, and 258 for each
// attachment. What an earlier request of the process began with is read from the cache; for Anthropic, as far as
// cache_control marks it. Stop sequences and the maximum of tokens cut the text, never a call.
//
// # The web app
//
// [Web] plays the web app for Gemini, on the paths that its page asks for. [Simulator] has one that takes any session.
package simulator
