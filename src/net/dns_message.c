/* Reader and writer of DNS messages. The reader trusts no length: compression pointers must
 * point backwards, names are at most 255 bytes, records must lie inside the message, and
 * only records of the asked name (or of what its CNAME chain leads to) count. */
#include "base/limits.h"
#include "net/dns_private.h"

struct message {
	const unsigned char *p;
	size_t len, at;
};

static int get16(struct message *m, uint16_t *ret)
{
	if (m->len - m->at < 2)
		return -1;
	*ret = (uint16_t)(m->p[m->at] << 8 | m->p[m->at + 1]);
	m->at += 2;
	return 0;
}

static int get32(struct message *m, uint32_t *ret)
{
	uint16_t hi, lo;

	if (m->len - m->at < 4 || get16(m, &hi) < 0 || get16(m, &lo) < 0)
		return -1;
	*ret = (uint32_t)hi << 16 | lo;
	return 0;
}

static int get_name(struct message *m, struct dns_name *ret)
{
	size_t at = m->at, floor = at, behind = 0;

	ret->len = 0;
	for (;;) {
		if (at >= m->len)
			return -1;
		unsigned n = m->p[at];

		if ((n & 0xc0) == 0xc0) {
			if (at + 1 >= m->len)
				return -1;
			size_t to = (size_t)(n & 0x3f) << 8 | m->p[at + 1];

			if (!behind)
				behind = at + 2;
			if (to >= floor) /* strictly backwards: no loops */
				return -1;
			at = floor = to;
			continue;
		}
		if (n > 63 || at + 1 + n > m->len || ret->len + 1 + n > DNS_NAME_MAX)
			return -1;
		ret->bytes[ret->len++] = (unsigned char)n;
		for (unsigned i = 0; i < n; i++)
			ret->bytes[ret->len++] = (unsigned char)ascii_lower((char)m->p[at + 1 + i]);
		at += 1 + n;
		if (n == 0)
			break;
	}
	m->at = behind ? behind : at;
	return 0;
}

static bool name_eq(const struct dns_name *a, const struct dns_name *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

int dns_name_from_text(struct str text, struct dns_name *ret)
{
	struct dns_name n = { 0 };

	if (text.len && text.ptr[text.len - 1] == '.')
		text.len--;
	if (text.len == 0 || text.len > 253)
		return -1;
	for (;;) {
		ssize_t dot = str_chr(text, '.');
		struct str label = dot < 0 ? text : str_sub(text, 0, (size_t)dot);

		if (label.len == 0 || label.len > 63)
			return -1;
		n.bytes[n.len++] = (unsigned char)label.len;
		for (size_t i = 0; i < label.len; i++) {
			if ((unsigned char)label.ptr[i] <= ' ' ||
			    (unsigned char)label.ptr[i] >= 0x7f)
				return -1;
			n.bytes[n.len++] = (unsigned char)ascii_lower(label.ptr[i]);
		}
		if (dot < 0)
			break;
		text = str_from(text, (size_t)dot + 1);
	}
	n.bytes[n.len++] = 0;
	*ret = n;
	return 0;
}

static void put16(struct buf *b, unsigned v)
{
	buf_char(b, (char)(v >> 8));
	buf_char(b, (char)v);
}

void dns_write_question(struct buf *b, uint16_t id, const struct dns_name *name, uint16_t type)
{
	put16(b, id);
	put16(b, 0x0100); /* recursion desired */
	put16(b, 1);
	put16(b, 0);
	put16(b, 0);
	put16(b, 0);
	buf_add(b, name->bytes, name->len);
	put16(b, type);
	put16(b, 1); /* IN */
}

struct record {
	struct dns_name owner;
	uint16_t type, class;
	uint32_t ttl;
	size_t data, data_len;
};

static int get_record(struct message *m, struct record *r)
{
	uint16_t len;

	if (get_name(m, &r->owner) < 0 || get16(m, &r->type) < 0 || get16(m, &r->class) < 0 ||
	    get32(m, &r->ttl) < 0 || get16(m, &len) < 0 || m->len - m->at < len)
		return -1;
	r->data = m->at;
	r->data_len = len;
	m->at += len;
	return 0;
}

static int add_txt(struct arena *a, const struct message *m, const struct record *r,
		   struct net_txt *txt)
{
	const unsigned char *p = m->p + r->data, *end = p + r->data_len;
	_cleanup_buf_ struct buf b = BUF_INIT(64 * KIB);

	while (p < end) {
		size_t n = *p++;

		if ((size_t)(end - p) < n)
			return -1;
		buf_add(&b, p, n);
		p += n;
	}
	if (!txt->ptr)
		txt->ptr = arena_array(a, DNS_ANSWERS_MAX, sizeof(*txt->ptr));
	txt->ptr[txt->len++] = arena_str(a, buf_view(&b));
	return 0;
}

static int add_addr(const struct message *m, const struct record *r, struct net_addrs *addrs)
{
	struct sockaddr_storage ss = { 0 };
	size_t want = r->type == DNS_A ? 4 : 16;

	if (r->data_len != want)
		return -1;
	if (addrs->len == sizeof(addrs->ptr) / sizeof(addrs->ptr[0]))
		return 0;
	if (r->type == DNS_A) {
		struct sockaddr_in v4 = { .sin_family = AF_INET };

		memcpy(&v4.sin_addr, m->p + r->data, 4);
		memcpy(&ss, &v4, sizeof(v4));
	} else {
		struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

		memcpy(&v6.sin6_addr, m->p + r->data, 16);
		memcpy(&ss, &v6, sizeof(v6));
	}
	if (addrs->len == 0 || r->ttl < addrs->ttl_s)
		addrs->ttl_s = r->ttl;
	addrs->ptr[addrs->len++] = ss;
	return 0;
}

/* A name as people write it; bytes that are no part of one become '?'. */
static struct str name_text(struct arena *a, const struct dns_name *n)
{
	_cleanup_buf_ struct buf b = BUF_INIT(KIB);
	size_t at = 0;

	while (at < n->len && n->bytes[at]) {
		unsigned len = n->bytes[at++];

		if (b.len)
			buf_char(&b, '.');
		for (unsigned i = 0; i < len; i++) {
			unsigned char c = n->bytes[at + i];

			buf_char(&b, c > ' ' && c < 0x7f && c != '.' ? (char)c : '?');
		}
		at += len;
	}
	return arena_str(a, b.len ? buf_view(&b) : STR("."));
}

static struct str printable(struct arena *a, const unsigned char *p, size_t n)
{
	char *out = arena_alloc(a, n + 1);

	for (size_t i = 0; i < n; i++)
		out[i] = p[i] >= ' ' && p[i] < 0x7f ? (char)p[i] : '?';
	return str_make(out, n);
}

static int record_text(struct arena *a, const struct message *m, const struct record *r, struct str *ret)
{
	struct message d = { m->p, r->data + r->data_len, r->data };
	struct dns_name one, two;
	uint16_t number;
	uint32_t serial;

	switch (r->type) {
	case NET_DNS_NS:
	case NET_DNS_CNAME:
	case NET_DNS_PTR:
		if (get_name(&d, &one) < 0)
			return -1;
		*ret = name_text(a, &one);
		return 0;
	case NET_DNS_MX:
		if (get16(&d, &number) < 0 || get_name(&d, &one) < 0)
			return -1;
		*ret = arena_printf(a, "%u %.*s", number, STR_ARG(name_text(a, &one)));
		return 0;
	case NET_DNS_SOA:
		if (get_name(&d, &one) < 0 || get_name(&d, &two) < 0 || get32(&d, &serial) < 0)
			return -1;
		*ret = arena_printf(a, "%.*s %.*s %u", STR_ARG(name_text(a, &one)),
				    STR_ARG(name_text(a, &two)), serial);
		return 0;
	case NET_DNS_CAA: {
		size_t tag = r->data_len > 2 ? m->p[r->data + 1] : 0;

		if (r->data_len < 2 + tag || r->data_len < 2)
			return -1;
		*ret = arena_printf(a, "%u %.*s %.*s", m->p[r->data], STR_ARG(printable(a, m->p + r->data + 2, tag)),
				    STR_ARG(printable(a, m->p + r->data + 2 + tag, r->data_len - 2 - tag)));
		return 0;
	}
	default: {
		char *hex = arena_alloc(a, 2 * 64 + 1);
		size_t n = r->data_len < 64 ? r->data_len : 64;

		for (size_t i = 0; i < n; i++)
			snprintf(hex + 2 * i, 3, "%02x", m->p[r->data + i]);
		*ret = str_make(hex, 2 * n);
		return 0;
	}
	}
}

static int add_record(struct arena *a, const struct message *m, const struct record *r,
		      struct net_records *out)
{
	struct str text;

	if (arena_left(a) < 16 * KIB || out->len == DNS_ANSWERS_MAX)
		return 0;
	if (record_text(a, m, r, &text) < 0)
		return -1;
	if (!out->ptr)
		out->ptr = arena_array(a, DNS_ANSWERS_MAX, sizeof(*out->ptr));
	out->ptr[out->len++] = (struct net_record){ r->type, r->ttl, text };
	return 0;
}

int dns_read_zone(struct arena *a, struct str packet, uint16_t id, struct str *names, size_t max,
		  size_t *n, int *ret_soa, int *ret_rcode, size_t *ret_records)
{
	struct message m = { (const unsigned char *)packet.ptr, packet.len, 0 };
	uint16_t got, flags, questions, answers, skip, type;
	struct dns_name name;

	*ret_rcode = 0;
	if (get16(&m, &got) < 0 || get16(&m, &flags) < 0 || get16(&m, &questions) < 0 ||
	    get16(&m, &answers) < 0 || get16(&m, &skip) < 0 || get16(&m, &skip) < 0 || got != id ||
	    !(flags & 0x8000) || questions > 1)
		return -1;
	*ret_rcode = flags & 15;
	if (*ret_rcode)
		return -1;
	if (questions && (get_name(&m, &name) < 0 || get16(&m, &type) < 0 || get16(&m, &type) < 0))
		return -1;
	for (unsigned i = 0; i < answers; i++) {
		struct record r;

		if (get_record(&m, &r) < 0)
			return -1;
		*ret_soa += r.type == NET_DNS_SOA;
		++*ret_records;
		if (*n < max && arena_left(a) > 4 * KIB &&
		    (r.type == NET_DNS_A || r.type == NET_DNS_AAAA || r.type == NET_DNS_CNAME))
			names[(*n)++] = name_text(a, &r.owner);
	}
	return 0;
}

static int get_header(struct message *m, uint16_t id, const struct dns_name *name, uint16_t type,
		      struct dns_answer *ret, uint16_t *ret_answers)
{
	uint16_t got_id, flags, questions, authority, extra, qtype, qclass;
	struct dns_name qname;

	if (get16(m, &got_id) < 0 || get16(m, &flags) < 0 || get16(m, &questions) < 0 ||
	    get16(m, ret_answers) < 0 || get16(m, &authority) < 0 || get16(m, &extra) < 0)
		return -1;
	if (got_id != id || !(flags & 0x8000) || (flags & 0x7800) || questions != 1)
		return -1;
	if (get_name(m, &qname) < 0 || get16(m, &qtype) < 0 || get16(m, &qclass) < 0 ||
	    !name_eq(&qname, name) || qtype != type || qclass != 1)
		return -1;
	ret->rcode = flags & 15;
	ret->truncated = flags & 0x0200;
	return 0;
}

int dns_read_answer(struct arena *a, struct str packet, uint16_t id, const struct dns_name *name,
		    uint16_t type, struct dns_answer *ret)
{
	struct message m = { (const unsigned char *)packet.ptr, packet.len, 0 };
	struct dns_answer got = { 0 };
	struct dns_name wanted = *name;
	uint16_t answers;

	if (arena_left(a) < 2 * packet.len + DNS_ANSWERS_MAX * sizeof(struct str) + KIB ||
	    get_header(&m, id, name, type, &got, &answers) < 0)
		return -1;
	/* A truncated message ends anywhere; it is asked again over TCP. "No such name" still tells
	 * the aliases that led to it. */
	if (got.truncated || (got.rcode != 0 && got.rcode != 3)) {
		*ret = got;
		return 0;
	}
	for (unsigned i = 0; i < answers && i < DNS_ANSWERS_MAX; i++) {
		struct record r;

		if (get_record(&m, &r) < 0)
			return -1;
		if (r.class != 1 || !name_eq(&r.owner, &wanted))
			continue;
		if (r.type == DNS_CNAME) {
			struct message data = { m.p, r.data + r.data_len, r.data };

			if (get_name(&data, &wanted) < 0 || add_record(a, &m, &r, &got.records) < 0)
				return -1;
		} else if (r.type == type) {
			bool addr = type == DNS_A || type == DNS_AAAA;

			if (type == DNS_TXT ? add_txt(a, &m, &r, &got.txt) < 0 :
			    addr	    ? add_addr(&m, &r, &got.addrs) < 0 :
					      add_record(a, &m, &r, &got.records) < 0)
				return -1;
		}
	}
	*ret = got;
	return 0;
}
