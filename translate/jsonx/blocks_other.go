//go:build !amd64

package jsonx

// vectors tells that scan is faster than looking at eight bytes at once.
const vectors = false

// scan fills blocks, each for the next 64 bytes of b.
func scan(blocks []block, b []byte) {
	for i := range blocks {
		blocks[i] = blockOf(b[i*blockSize : (i+1)*blockSize])
	}
}
