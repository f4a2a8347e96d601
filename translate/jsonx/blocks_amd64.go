package jsonx

// vectors tells that scan is faster than looking at eight bytes at once.
const vectors = true

// wide is whether the processor and the system have registers of 32 bytes, as
// nearly all have since 2015. All have those of 16 bytes.
var wide = hasAVX2()

// scan fills blocks, each for the next 64 bytes of b.
func scan(blocks []block, b []byte) {
	if len(blocks) == 0 {
		return
	}
	_ = b[len(blocks)*blockSize-1]
	if wide {
		scan32(&blocks[0], &b[0], len(blocks))
		return
	}
	scan16(&blocks[0], &b[0], len(blocks))
}

// scan16 and scan32 are scan for n blocks, 16 or 32 bytes at once.
//
//go:noescape
func scan16(blocks *block, b *byte, n int)

//go:noescape
func scan32(blocks *block, b *byte, n int)

func hasAVX2() bool
