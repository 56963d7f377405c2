/* Options and facts as bytes, for the channel between the keeper and the jailed child. */
#include "scan/asset/asset_private.h"

static void put_ranges(struct buf *out, const struct asset_range *list, size_t n)
{
	buf_u32(out, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		buf_u32(out, (uint32_t)list[i].from << 16 | list[i].to);
}

static int get_ranges(struct reader *r, struct arena *a, const struct asset_range **ret, size_t *ret_n)
{
	uint32_t n, both;

	if (reader_u32(r, &n) < 0 || n > LIMIT_ASSET_RANGES)
		return -1;
	struct asset_range *list = arena_array(a, n + 1, sizeof(*list));

	for (uint32_t i = 0; i < n; i++) {
		if (reader_u32(r, &both) < 0)
			return -1;
		list[i] = (struct asset_range){ (uint16_t)(both >> 16), (uint16_t)both };
	}
	*ret = list;
	*ret_n = n;
	return 0;
}

void asset_options_encode(const struct asset_options *o, struct buf *out)
{
	buf_blob(out, o->host);
	buf_blob(out, o->address);
	buf_u32(out, o->site_port);
	buf_u32(out, o->rate);
	buf_u32(out, o->concurrency);
	buf_u32(out, o->max_seconds);
	buf_u32(out, (uint32_t)o->no_services | (uint32_t)o->udp << 1);
	buf_u64(out, (uint64_t)o->now_ms);
	put_ranges(out, o->ports, o->ports_len);
	put_ranges(out, o->more, o->more_len);
	buf_u32(out, (uint32_t)o->servers_len);
	for (size_t i = 0; i < o->servers_len; i++)
		buf_blob(out, o->servers[i]);
	buf_blob(out, o->resume);
}

int asset_options_decode(struct str bytes, struct arena *a, struct asset_options *ret)
{
	struct reader r = reader_of(bytes);
	struct asset_options o = { 0 };
	uint32_t site, none, servers;
	uint64_t now;

	if (reader_blob(&r, &o.host) < 0 || reader_blob(&r, &o.address) < 0 || reader_u32(&r, &site) < 0 ||
	    reader_u32(&r, &o.rate) < 0 || reader_u32(&r, &o.concurrency) < 0 || reader_u32(&r, &o.max_seconds) < 0 ||
	    reader_u32(&r, &none) < 0 || reader_u64(&r, &now) < 0 || get_ranges(&r, a, &o.ports, &o.ports_len) < 0 ||
	    get_ranges(&r, a, &o.more, &o.more_len) < 0)
		return -1;
	if (reader_u32(&r, &servers) < 0 || servers > LIMIT_ASSET_TLS)
		return -1;
	struct str *names = arena_array(a, servers + 1, sizeof(*names));

	for (uint32_t i = 0; i < servers; i++) {
		if (reader_blob(&r, &names[i]) < 0)
			return -1;
		names[i] = arena_str(a, names[i]);
	}
	if (reader_blob(&r, &o.resume) < 0 || o.resume.len > LIMIT_ASSET_CHECKPOINT)
		return -1;
	o.resume = arena_str(a, o.resume);
	o.host = arena_str(a, o.host);
	o.address = arena_str(a, o.address);
	o.site_port = (uint16_t)site;
	o.no_services = none & 1;
	o.udp = none & 2;
	o.now_ms = (int64_t)now;
	o.servers = names;
	o.servers_len = servers;
	*ret = o;
	return 0;
}

void asset_fact_encode(const struct asset_fact *f, struct buf *out)
{
	const struct str texts[] = { f->kind, f->key, f->title, f->host, f->product, f->version, f->cpe, f->detail };

	buf_u32(out, f->port);
	buf_u32(out, f->confidence);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		buf_blob(out, texts[i]);
}

int asset_fact_decode(struct str bytes, struct asset_fact *ret)
{
	struct reader r = reader_of(bytes);
	struct asset_fact f = { 0 };
	struct str *texts[] = { &f.kind, &f.key, &f.title, &f.host, &f.product, &f.version, &f.cpe, &f.detail };
	uint32_t port;

	if (reader_u32(&r, &port) < 0 || reader_u32(&r, &f.confidence) < 0 || port > 65535 || f.confidence > 100)
		return -1;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (reader_blob(&r, texts[i]) < 0)
			return -1;
	f.port = (uint16_t)port;
	if (!f.kind.len || !f.key.len)
		return -1;
	*ret = f;
	return 0;
}
