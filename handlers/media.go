package handlers

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/media"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// Media fetches what a request names by URLs, each of them once.
type Media interface {
	// Get returns the media in the order of the items. It fails with a
	// *media.Error for one that cannot be fetched, or with the context's error.
	Get(ctx context.Context, items []media.Item) ([]media.Content, error)
}

// mediaKinds are the kinds of media as they are fetched.
var mediaKinds = map[ir.PartKind]media.Kind{
	ir.PartImage: media.Image, ir.PartFile: media.Document, ir.PartAudio: media.Audio, ir.PartVideo: media.Video,
}

// fetchMedia fetches what the account's upstream reads only as data, if the
// gateway does that at all. Nothing is fetched that the upstream fetches.
func (a *attempt) fetchMedia() error {
	if a.g.Media == nil {
		return nil
	}
	wanted, err := a.exchange.Media()
	if err != nil || len(wanted) == 0 {
		return err
	}
	if a.media == nil {
		a.media = a.g.Media()
	}
	items := make([]media.Item, len(wanted))
	for i, m := range wanted {
		// The connections that this makes may outlive the body.
		items[i] = media.Item{URL: strings.Clone(m.URL), Kind: mediaKinds[m.Kind]}
	}
	ctx, cancel := a.upstreamContext()
	defer cancel(nil)
	a.sink.watch(cancel) // the client is kept waiting as by an upstream
	from := time.Now()
	found, err := a.media.Get(ctx, items)
	a.sink.unwatch()
	var failed *media.Error
	switch {
	case errors.As(err, &failed):
		a.g.Logger.Debug("media not fetched", zap.String("request_id", a.id), zap.String("host", failed.Host), zap.String("reason", failed.Detail))
		a.retry = true // another account may fetch it itself
		return notFetched(failed, wanted[failed.Item].Path, wanted[failed.Item].Kind)
	case err != nil:
		return shown(networkError(ctx, err))
	}
	for i, c := range found {
		a.body.Supply(items[i].URL, c.MIME, c.Data)
	}
	a.g.Logger.Debug("media fetched", zap.String("request_id", a.id), zap.Int("media", len(items)), zap.Duration("duration", time.Since(from)))
	return nil
}

// notFetched is the client's fault: it has named something that cannot be had.
func notFetched(failed *media.Error, path string, kind ir.PartKind) *ir.Error {
	code := "failed_to_download_file"
	if kind == ir.PartImage {
		code = "failed_to_download_image"
	}
	from := ": "
	if failed.Host != "" {
		from = " from "
	}
	return &ir.Error{
		Kind: ir.ErrInvalidRequest, Status: http.StatusBadRequest, Code: code, Param: path,
		Message: path + ": the gateway cannot fetch it" + from + failed.Error() + "; send the data itself",
	}
}
