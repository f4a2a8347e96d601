// Package ir is the intermediate representation through which every dialect
// is translated into every other: one lossless form of a request, of an
// answer, of a stream's events, of an error, and of what a translation could
// not carry over.
//
// Decoders build it and encoders read it; neither knows the other's dialect.
// Text moves as the escaped bytes in which it arrived (see Text), and raw JSON
// fragments stay the sender's bytes. Both alias the buffer of the request or
// of the stream event that they came from: a Request lives as long as its
// body, an Event until the next one is decoded. Whoever keeps a piece longer
// clones it.
//
// The package imports the standard library alone.
package ir
