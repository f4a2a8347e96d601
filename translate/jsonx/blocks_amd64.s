#include "textflag.h"

// A register X0 to X15 holds 16 bytes of the body, Y0 to Y15 holds 32, and one
// instruction does the same with each byte of it. What is found out of a block
// is written in these steps:
//
//	PCMPEQB   compares bytes: each becomes 0xFF if equal, and 0 if not
//	PCMPGTB   the same for "greater", with signs: bytes from 0x80 up are negative
//	PMOVMSKB  gathers the highest bits of all bytes, so that each byte is one bit
//	MOVW      writes these 16 bits, MOVL writes 32
//
// An instruction of SSE2 overwrites its second operand, so that MOVO makes a
// copy before. One of AVX2, whose name begins with V, has a third operand for
// its result.

// FILL makes each of the 16 bytes of a register one of the eight bytes given, which are the same.
#define FILL(bytes, x) \
	MOVQ       $bytes, AX \
	MOVQ       AX, x      \
	PUNPCKLQDQ x, x

// CONSTANTS is what bytes are compared with. { } [ ] differ in three bits. With
// these bits set each of them is 0x7F.
#define CONSTANTS \
	FILL(0x2222222222222222, X8)  \ // "
	FILL(0x5c5c5c5c5c5c5c5c, X9)  \ // backslash
	FILL(0x6e6e6e6e6e6e6e6e, X10) \ // n
	FILL(0x7474747474747474, X11) \ // t
	FILL(0x2626262626262626, X12) \ // the three bits
	FILL(0x7f7f7f7f7f7f7f7f, X13) \ // brackets with the three bits
	FILL(0x2020202020202020, X14) // the first that is no control character

// SIXTEEN writes the bits for the 16 bytes from SI+at on into the block at DI.
#define SIXTEEN(at) \
	MOVOU    at(SI), X0       \
	MOVO     X0, X1           \
	PCMPEQB  X8, X1           \
	PMOVMSKB X1, AX           \
	MOVW     AX, (0+at/8)(DI) \ // quote
	MOVO     X0, X2           \
	PCMPEQB  X9, X2           \
	PMOVMSKB X2, AX           \
	MOVW     AX, (8+at/8)(DI) \ // slash
	MOVO     X0, X3           \
	PCMPEQB  X10, X3          \
	MOVO     X0, X4           \
	PCMPEQB  X11, X4          \
	POR      X3, X4           \
	PMOVMSKB X4, AX           \
	MOVW     AX, (16+at/8)(DI) \ // letter
	MOVO     X0, X5           \
	POR      X12, X5          \
	PCMPEQB  X13, X5          \
	PMOVMSKB X5, AX           \
	MOVW     AX, (24+at/8)(DI) \ // bracket
	MOVO     X14, X6          \
	PCMPGTB  X0, X6           \
	PMOVMSKB X6, AX           \
	MOVW     AX, (32+at/8)(DI) \ // odd
	PMOVMSKB X0, AX           \
	MOVW     AX, (40+at/8)(DI) // high

// func scan16(blocks *block, b *byte, n int)
TEXT ·scan16(SB), NOSPLIT, $0-24
	MOVQ blocks+0(FP), DI
	MOVQ b+8(FP), SI
	MOVQ n+16(FP), CX
	CONSTANTS

next:
	SIXTEEN(0)
	SIXTEEN(16)
	SIXTEEN(32)
	SIXTEEN(48)
	ADDQ $64, SI
	ADDQ $48, DI // the size of a block
	DECQ CX
	JNZ  next
	RET

// THIRTYTWO is SIXTEEN for 32 bytes.
#define THIRTYTWO(at) \
	VMOVDQU   at(SI), Y0        \
	VPCMPEQB  Y8, Y0, Y1        \
	VPMOVMSKB Y1, AX            \
	MOVL      AX, (0+at/8)(DI)  \ // quote
	VPCMPEQB  Y9, Y0, Y2        \
	VPMOVMSKB Y2, AX            \
	MOVL      AX, (8+at/8)(DI)  \ // slash
	VPCMPEQB  Y10, Y0, Y3       \
	VPCMPEQB  Y11, Y0, Y4       \
	VPOR      Y3, Y4, Y4        \
	VPMOVMSKB Y4, AX            \
	MOVL      AX, (16+at/8)(DI) \ // letter
	VPOR      Y12, Y0, Y5       \
	VPCMPEQB  Y13, Y5, Y5       \
	VPMOVMSKB Y5, AX            \
	MOVL      AX, (24+at/8)(DI) \ // bracket
	VPCMPGTB  Y0, Y14, Y6       \
	VPMOVMSKB Y6, AX            \
	MOVL      AX, (32+at/8)(DI) \ // odd
	VPMOVMSKB Y0, AX            \
	MOVL      AX, (40+at/8)(DI) // high

// func scan32(blocks *block, b *byte, n int)
TEXT ·scan32(SB), NOSPLIT, $0-24
	MOVQ blocks+0(FP), DI
	MOVQ b+8(FP), SI
	MOVQ n+16(FP), CX
	CONSTANTS
	VPBROADCASTQ X8, Y8 // to all 32 bytes
	VPBROADCASTQ X9, Y9
	VPBROADCASTQ X10, Y10
	VPBROADCASTQ X11, Y11
	VPBROADCASTQ X12, Y12
	VPBROADCASTQ X13, Y13
	VPBROADCASTQ X14, Y14

next:
	THIRTYTWO(0)
	THIRTYTWO(32)
	ADDQ $64, SI
	ADDQ $48, DI
	DECQ CX
	JNZ  next
	VZEROUPPER // else SSE instructions are slow from here on
	RET

// func hasAVX2() bool
TEXT ·hasAVX2(SB), NOSPLIT, $0-1
	MOVB $0, ret+0(FP)
	MOVL $0, AX
	CPUID
	CMPL AX, $7 // how much may be asked
	JLT  done
	MOVL $1, AX
	CPUID
	ANDL $0x18000000, CX // AVX, and XGETBV is allowed
	CMPL CX, $0x18000000
	JNE  done
	MOVL $0, CX
	XGETBV
	ANDL $6, AX // the system saves both halves of the registers
	CMPL AX, $6
	JNE  done
	MOVL $7, AX
	MOVL $0, CX
	CPUID
	SHRL $5, BX // AVX2
	ANDL $1, BX
	MOVB BX, ret+0(FP)

done:
	RET
