package providers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// userQuota is the answer of retrieveUserQuota: one bucket for each model, and for each kind of token where a model has
// several.
type userQuota struct {
	Buckets []struct {
		ModelID           string    `json:"modelId"`
		RemainingAmount   string    `json:"remainingAmount"`
		RemainingFraction float64   `json:"remainingFraction"` // Google leaves a zero out
		ResetTime         time.Time `json:"resetTime"`
	} `json:"buckets"`
}

func readUserQuota(body []byte) (userQuota, error) {
	var q userQuota
	if err := json.Unmarshal(body, &q); err != nil {
		return q, fmt.Errorf("reading the quota: %w", err)
	}
	return q, nil
}

// QuotaRequest implements Meter.
func (p *CodeAssist) QuotaRequest(ctx context.Context, call *Call) (*http.Request, error) {
	project := p.projectOf(call)
	if project == "" {
		return nil, errors.New("building request: the account has no project; log in to it again, or set its project")
	}
	req, err := newRequest(ctx, call, "/v1internal:retrieveUserQuota", "", []byte(`{"project":`+quoted(project)+`}`))
	if err != nil {
		return nil, err
	}
	return finish(req, call), nil
}

// ReadQuota implements Meter. Of several buckets of a model the emptiest counts.
func (*CodeAssist) ReadQuota(body []byte) ([]Quota, error) {
	q, err := readUserQuota(body)
	if err != nil {
		return nil, err
	}
	var all []Quota
	for _, b := range q.Buckets {
		bucket := Quota{Model: b.ModelID, Remaining: b.RemainingFraction, Amount: b.RemainingAmount, Resets: b.ResetTime}
		i := slices.IndexFunc(all, func(known Quota) bool { return known.Model == b.ModelID })
		switch {
		case i < 0:
			all = append(all, bucket)
		case bucket.Remaining < all[i].Remaining:
			all[i] = bucket
		}
	}
	return all, nil
}

// ListModels asks for the account's quota: there is no list of models, but each one has its bucket.
func (p *CodeAssist) ListModels(ctx context.Context, call *Call, _ string) (*http.Request, error) {
	return p.QuotaRequest(ctx, call)
}

// ModelNames reads the answer to ListModels.
func (p *CodeAssist) ModelNames(body []byte) ([]string, string, error) {
	quota, err := p.ReadQuota(body)
	if err != nil {
		return nil, "", err
	}
	var names []string
	for _, q := range quota {
		if q.Model != "" {
			names = append(names, q.Model)
		}
	}
	return names, "", nil
}
