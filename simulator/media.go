package simulator

import (
	"encoding/base64"
	"strings"

	"github.com/tidwall/gjson"
)

// imageTypes are the images that OpenAI and Anthropic take.
var imageTypes = []string{"image/jpeg", "image/png", "image/gif", "image/webp"}

// decodeBase64 reads standard base64, with padding, as the vendors do.
func decodeBase64(text string) ([]byte, bool) {
	raw, err := base64.StdEncoding.DecodeString(text)
	return raw, err == nil && len(raw) > 0
}

// dataURL splits a data URL; ok is false if it is none, or not of base64.
func dataURL(url string) (mime, data string, ok bool) {
	rest, found := strings.CutPrefix(url, "data:")
	head, data, comma := strings.Cut(rest, ",")
	mime, isBase64 := strings.CutSuffix(head, ";base64")
	mime, _, _ = strings.Cut(mime, ";")
	return mime, data, found && comma && isBase64
}

// checkOpenAIImage checks the URL of an image.
func checkOpenAIImage(url string, place *path) *apiError {
	param := (openAI{}).name(place)
	if strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://") {
		return nil
	}
	mime, data, ok := dataURL(url)
	if !ok {
		return invalid("Invalid '%s'. Expected a valid URL, but got a value with an invalid format.", param).
			withParam(param).withCode("invalid_value")
	}
	if !contains(imageTypes, mime) {
		return invalid("You uploaded an unsupported image. Please make sure your image has of one the following formats: ['png', 'jpeg', 'gif', 'webp'].").
			withParam(param).withCode("invalid_image_format")
	}
	if _, ok := decodeBase64(data); !ok {
		return invalid("Invalid base64 image_url.").withParam(param).withCode("invalid_base64")
	}
	return nil
}

// checkOpenAIFile checks a file of a message: its data is a data URL, or it is named by its id.
func checkOpenAIFile(f gjson.Result, place *path) *apiError {
	param := (openAI{}).name(place.field("file_data"))
	if f.Get("file_id").Exists() || f.Get("file_url").Exists() {
		return nil
	}
	if !f.Get("file_data").Exists() {
		return (openAI{}).missing(place.field("file_id"))
	}
	if !f.Get("filename").Exists() {
		return (openAI{}).missing(place.field("filename"))
	}
	mime, data, ok := dataURL(f.Get("file_data").String())
	if !ok {
		return invalid("Invalid '%s'. Expected a base64-encoded data URL with a MIME type (e.g. 'data:application/pdf;base64,aW1nIGJ5dGVzIGhlcmU='), but got a value without the 'data:' prefix.", param).
			withParam(param).withCode("invalid_value")
	}
	if _, ok := decodeBase64(data); !ok || mime == "" {
		return invalid("Invalid '%s'. Expected base64-encoded data.", param).withParam(param).withCode("invalid_value")
	}
	return nil
}

// attachmentURL is the attachment that a URL holds or names.
func attachmentURL(url string) part {
	if mime, data, ok := dataURL(url); ok {
		return attachmentData(mime, data)
	}
	return part{kind: partAttachment, url: url}
}

// attachmentData is the attachment of base64 in any of its alphabets.
func attachmentData(mime, data string) part {
	raw, _ := base64.RawStdEncoding.DecodeString(standardAlphabet(data))
	return part{kind: partAttachment, mime: mime, size: len(raw)}
}
