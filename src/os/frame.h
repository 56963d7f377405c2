/* Messages over a stream descriptor (socket pair, pipe): {u32 length of the bytes,
 * u32 type, bytes}, integers little-endian. The reader names the greatest length
 * it takes; what claims more is an error before a byte of it is stored.
 *
 * Blocking pair: os_frame_send(), os_frame_recv(). They work on blocking and on
 * non-blocking descriptors and give up after a time. Poll-friendly pair:
 * os_frame_reader and os_frame_writer, for non-blocking descriptors (sockets may
 * be blocking: they are read with MSG_DONTWAIT). Do not mix both ways of reading
 * on one descriptor. A descriptor is used by one thread at a time per direction. */
#ifndef OS_FRAME_H
#define OS_FRAME_H
#include "base/buf.h"
#include "base/error.h"

#define OS_FRAME_HEAD 8

/* timeout_ms covers the whole frame; -1 waits for ever. Errors: "frame.timeout",
 * "frame.closed" (the other end is gone), "frame.too-long", "os.*". After an
 * error the stream is out of step: close it. Never raises SIGPIPE on sockets. */
int os_frame_send(int fd, uint32_t type, struct str bytes, int timeout_ms, struct error *e);
/* 1 and one frame, its bytes replacing the content of *body (whose own maximum also
 * bounds); 0 when the other end closed between frames; -1. */
int os_frame_recv(int fd, size_t max, int timeout_ms, uint32_t *ret_type, struct buf *body,
		  struct error *e);

struct os_frame_reader {
	size_t max;
	struct buf in;
	size_t used; /* bytes of `in` already given out */
	bool eof;
};
/* max: greatest body. */
void os_frame_reader_init(struct os_frame_reader *r, size_t max);
void os_frame_reader_free(struct os_frame_reader *r);
/* Takes what the descriptor has now, at most about 64 KiB and never more than one
 * greatest frame ahead. 1 something came, 0 nothing there now, -1 error; at the
 * end of the stream 1 with r->eof set. */
int os_frame_reader_fill(struct os_frame_reader *r, int fd, struct error *e);
/* The same from memory. */
int os_frame_reader_feed(struct os_frame_reader *r, struct str bytes, struct error *e);
/* 1 and the next whole frame (valid until the next fill, feed or free), 0 when more
 * bytes are needed, -1 "frame.too-long", or "frame.closed" when the stream ended
 * inside a frame. Call until 0 after each fill. */
int os_frame_reader_next(struct os_frame_reader *r, uint32_t *ret_type, struct str *ret_bytes,
			 struct error *e);

struct os_frame_writer {
	struct buf out;
	size_t sent;
};
/* max: bytes that may wait unsent. */
void os_frame_writer_init(struct os_frame_writer *w, size_t max);
void os_frame_writer_free(struct os_frame_writer *w);
/* -1 when it would not fit ("frame.full"): flush first. */
int os_frame_writer_add(struct os_frame_writer *w, uint32_t type, struct str bytes,
			struct error *e);
/* 1 all is written, 0 the descriptor takes no more now, -1. */
int os_frame_writer_flush(struct os_frame_writer *w, int fd, struct error *e);
static inline size_t os_frame_writer_pending(const struct os_frame_writer *w)
{
	return w->out.len - w->sent;
}

#define _cleanup_frame_reader_ _cleanup_(os_frame_reader_free)
#define _cleanup_frame_writer_ _cleanup_(os_frame_writer_free)
#endif
