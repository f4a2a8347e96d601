package usage

import (
	"encoding/json"
	"fmt"
	"os"
)

// fileProviders are the prefixes under which LiteLLM's file has the vendors' own models.
var fileProviders = [...]string{"openai/", "anthropic/", "gemini/", "vertex_ai/"}

// fileEntry is what a price file says of one model, in dollars per token.
type fileEntry struct {
	Input        *float64 `json:"input_cost_per_token"`
	Output       *float64 `json:"output_cost_per_token"`
	CacheRead    *float64 `json:"cache_read_input_token_cost"`
	CacheWrite   *float64 `json:"cache_creation_input_token_cost"`
	CacheWrite1h *float64 `json:"cache_creation_input_token_cost_above_1hr"`

	LongInput      *float64 `json:"input_cost_per_token_above_200k_tokens"`
	LongOutput     *float64 `json:"output_cost_per_token_above_200k_tokens"`
	LongCacheRead  *float64 `json:"cache_read_input_token_cost_above_200k_tokens"`
	LongCacheWrite *float64 `json:"cache_creation_input_token_cost_above_200k_tokens"`
}

// ReadPrices reads a price file in the format of LiteLLM's model_prices_and_context_window.json: an object of models
// with input_cost_per_token, output_cost_per_token and so on, in dollars per token. Models that are not charged by
// tokens are passed over; the built-in table stays in force for models that the file does not have.
func ReadPrices(path string) (*Prices, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the price file: %w", err)
	}
	p, err := parsePrices(content)
	if err != nil {
		return nil, fmt.Errorf("reading the price file %s: %w", path, err)
	}
	return p, nil
}

func parsePrices(content []byte) (*Prices, error) {
	var models map[string]json.RawMessage
	if err := json.Unmarshal(content, &models); err != nil {
		return nil, fmt.Errorf("it is not an object of models: %w", err)
	}
	p := &Prices{file: make(map[string]*Price, len(models))}
	for name, raw := range models {
		if name == "sample_spec" {
			continue // LiteLLM's own explanation of the format
		}
		var e fileEntry
		if err := json.Unmarshal(raw, &e); err != nil {
			return nil, fmt.Errorf("model %q: %w", name, err)
		}
		price, err := e.price()
		if err != nil {
			return nil, fmt.Errorf("model %q: %w", name, err)
		}
		if price != nil {
			p.file[name] = price
		}
	}
	if len(p.file) == 0 {
		return nil, fmt.Errorf("it has no model with input_cost_per_token and output_cost_per_token")
	}
	return p, nil
}

// price turns dollars per token into dollars per million. It returns nil for a model that has no price per token.
func (e *fileEntry) price() (*Price, error) {
	if e.Input == nil {
		return nil, nil
	}
	for _, n := range []*float64{e.Input, e.Output, e.CacheRead, e.CacheWrite, e.CacheWrite1h, e.LongInput, e.LongOutput, e.LongCacheRead, e.LongCacheWrite} {
		if n != nil && (*n < 0 || *n > 1) {
			return nil, fmt.Errorf("%v is not a price in dollars per token", *n)
		}
	}
	p := &Price{Input: *e.Input * 1e6, Output: perMillion(e.Output, 0)}
	p.CacheRead = perMillion(e.CacheRead, p.Input)
	p.CacheWrite5m = perMillion(e.CacheWrite, p.Input)
	p.CacheWrite1h = perMillion(e.CacheWrite1h, p.CacheWrite5m)
	if e.LongInput != nil {
		factor := *e.LongInput / max(*e.Input, 1e-12)
		p.LongFrom = 200_000
		p.Long = &Price{
			Input:        *e.LongInput * 1e6,
			Output:       perMillion(e.LongOutput, p.Output),
			CacheRead:    perMillion(e.LongCacheRead, p.CacheRead*factor),
			CacheWrite5m: perMillion(e.LongCacheWrite, p.CacheWrite5m*factor),
			CacheWrite1h: p.CacheWrite1h * factor,
		}
	}
	return p, nil
}

func perMillion(perToken *float64, otherwise float64) float64 {
	if perToken == nil {
		return otherwise
	}
	return *perToken * 1e6
}
