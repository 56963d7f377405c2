/* Pictures of pages are made by a program that renders hostile pages: its file is taken
 * apart by the book and written anew, so that only pixels pass. 8-bit RGB and RGBA without
 * interlacing, which is all that Chromium writes. */
#include <zlib.h>

#include "base/limits.h"
#include "scan/browse/browse_private.h"

static uint32_t be32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;
	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

struct picture {
	uint32_t width, height;
	unsigned channels;
	struct buf packed;
};

static int take_header(struct picture *p, struct str data, size_t max_pixels)
{
	if (data.len != 13 || data.ptr[8] != 8 || (data.ptr[9] != 2 && data.ptr[9] != 6) || data.ptr[10] || data.ptr[11] ||
	    data.ptr[12])
		return -1;
	p->width = be32(data.ptr);
	p->height = be32(data.ptr + 4);
	p->channels = data.ptr[9] == 2 ? 3 : 4;
	if (p->width == 0 || p->height == 0 || p->width > 20000 || p->height > 20000 ||
	    (uint64_t)p->width * p->height > max_pixels)
		return -1;
	return 0;
}

static int take_chunks(struct picture *p, struct str png, size_t max_pixels)
{
	size_t at = 8;
	bool header = false;
	if (!str_starts(png, STR("\x89PNG\r\n\x1a\n")))
		return -1;
	while (at + 12 <= png.len) {
		size_t n = be32(png.ptr + at);
		struct str name = str_sub(png, at + 4, at + 8), data;
		if (n > png.len - at - 12)
			return -1;
		data = str_sub(png, at + 8, at + 8 + n);
		if (be32(data.ptr + n) != crc32(0, (const Bytef *)name.ptr, (uInt)(n + 4)))
			return -1;
		if (str_eq(name, STR("IHDR"))) {
			if (header || take_header(p, data, max_pixels) < 0)
				return -1;
			header = true;
		} else if (str_eq(name, STR("IDAT"))) {
			buf_str(&p->packed, data);
		} else if (str_eq(name, STR("IEND"))) {
			return header && !p->packed.overflow ? 0 : -1;
		}
		at += n + 12;
	}
	return -1;
}

static void put_be32(struct buf *b, uint32_t v)
{
	char bytes[4] = { (char)(v >> 24), (char)(v >> 16), (char)(v >> 8), (char)v };
	buf_add(b, bytes, 4);
}

static void put_chunk(struct buf *b, const char *name, struct str data)
{
	put_be32(b, (uint32_t)data.len);
	size_t from = b->len;
	buf_add(b, name, 4);
	buf_str(b, data);
	if (b->overflow)
		return; /* there is less than was to be written */
	put_be32(b, (uint32_t)crc32(0, (const Bytef *)b->ptr + from, (uInt)(data.len + 4)));
}

int shot_reencode(struct str png, size_t max_pixels, struct buf *out, int *ret_width, int *ret_height)
{
	struct picture p = { 0 };
	struct buf rows, again, head;
	int r = -1;
	buf_init(&p.packed, 16 * MIB);
	buf_init(&rows, 4 * max_pixels + 64 * KIB);
	buf_init(&again, 16 * MIB);
	buf_init(&head, 64);
	if (take_chunks(&p, png, max_pixels) < 0)
		goto out;
	uLongf want = ((uLongf)p.width * p.channels + 1) * p.height, got = want;
	char *room = buf_reserve(&rows, want);
	if (!room || uncompress((Bytef *)room, &got, (const Bytef *)p.packed.ptr, p.packed.len) != Z_OK || got != want)
		goto out;
	for (size_t y = 0; y < p.height; y++) /* the filter of a row */
		if ((unsigned char)room[y * ((size_t)p.width * p.channels + 1)] > 4)
			goto out;
	uLongf size = compressBound(want);
	char *packed = buf_reserve(&again, size);
	if (!packed || compress2((Bytef *)packed, &size, (const Bytef *)room, want, 6) != Z_OK)
		goto out;
	put_be32(&head, p.width);
	put_be32(&head, p.height);
	buf_add(&head, p.channels == 3 ? "\x08\x02\0\0\0" : "\x08\x06\0\0\0", 5);
	buf_add(out, "\x89PNG\r\n\x1a\n", 8);
	put_chunk(out, "IHDR", buf_view(&head));
	put_chunk(out, "IDAT", str_make(packed, size));
	put_chunk(out, "IEND", STR(""));
	*ret_width = (int)p.width;
	*ret_height = (int)p.height;
	r = out->overflow ? -1 : 0;
out:
	buf_free(&p.packed);
	buf_free(&rows);
	buf_free(&again);
	buf_free(&head);
	return r;
}
