/* From what a port said to facts: port, service, software, and hints at the system. */
#include "scan/asset/asset_private.h"

struct str asset_key(struct asset_run *r, uint16_t port)
{
	return arena_printf(r->arena, "tcp/%u", port);
}

void asset_emit(struct asset_run *r, const struct asset_fact *f, json_t *detail)
{
	_cleanup_json_ json_t *own = detail;
	_cleanup_buf_ struct buf text = BUF_INIT(LIMIT_ASSET_DETAIL);
	struct asset_fact copy = *f;

	if (own)
		json_write(&text, own);
	copy.detail = own && !text.overflow ? buf_view(&text) : STR("{}");
	if (!copy.host.ptr)
		copy.host = r->o->host;
	r->sum.facts++;
	if (r->events->fact)
		r->events->fact(r->events->ctx, &copy);
}

static struct str shown_name(struct asset_run *r, const struct service_match *m)
{
	return m->version.len ? arena_printf(r->arena, "%.*s %.*s", STR_ARG(m->product), STR_ARG(m->version)) : m->product;
}

static void software(struct asset_run *r, const struct asset_port *p, const struct service_match *m)
{
	char key[200];
	json_t *d = json_object();

	if (!m->product.len) {
		json_decref(d);
		return;
	}
	snprintf(key, sizeof(key), "%.*s@%u", (int)(m->product.len > 150 ? 150 : m->product.len), m->product.ptr,
		 p->number);
	for (char *c = key; *c; c++)
		*c = *c == ' ' ? '-' : ascii_lower(*c);
	json_put(d, "from", json_c("banner"));
	json_put(d, "rule", json_c(m->rule->id));
	if (m->info.len)
		json_put(d, "info", json_str(m->info));
	asset_emit(r, &(struct asset_fact){ .kind = STR("software"), .key = str_c(key), .title = shown_name(r, m),
					    .port = p->number, .product = m->product, .version = m->version, .cpe = m->cpe,
					    .confidence = m->rule->generic ? 60 : 90 },
		   d);
}

/* Names of systems as banners give them, in the words of one list. */
static void system_hint(struct asset_run *r, const struct asset_port *p, const struct service_match *m)
{
	static const struct {
		const char *word, *name;
		unsigned weight;
	} table[] = {
		{ "ubuntu", "Ubuntu Linux", 90 },   { "debian", "Debian Linux", 90 },	{ "centos", "CentOS Linux", 90 },
		{ "red hat", "Red Hat Linux", 85 }, { "alma", "AlmaLinux", 85 },	{ "freebsd", "FreeBSD", 90 },
		{ "windows", "Windows", 80 },	    { "win32", "Windows", 85 },		{ "win64", "Windows", 85 },
		{ "microsoft", "Windows", 75 },	    { "comware", "H3C Comware", 90 },	{ "huawei", "Huawei VRP", 90 },
		{ "rgos", "Ruijie RGOS", 90 },	    { "cisco", "Cisco IOS", 85 },	{ "routeros", "MikroTik RouterOS", 90 },
		{ "esxi", "VMware ESXi", 90 },	    { "openeuler", "openEuler", 90 },	{ "kylin", "麒麟 Kylin Linux", 85 },
		{ "linux", "Linux", 60 },	    { "unix", "Unix", 30 },
	};

	for (size_t i = 0; m->os.len && i < sizeof(table) / sizeof(table[0]); i++) {
		if (!str_ihas(m->os, str_c(table[i].word)))
			continue;
		*vec_push(&r->systems) = (struct asset_system){
			str_c(table[i].name), arena_printf(r->arena, "tcp/%u %.*s", p->number, STR_ARG(shown_name(r, m))),
			table[i].weight };
		return;
	}
}

static void port_hint(struct asset_run *r, const struct asset_port *p)
{
	static const struct {
		uint16_t port;
		const char *name;
		unsigned weight;
	} table[] = { { 135, "Windows", 50 }, { 3389, "Windows", 40 }, { 5985, "Windows", 50 }, { 445, "Windows", 20 },
		      { 111, "Unix", 25 }, { 22, "Unix", 10 }, { 902, "VMware ESXi", 40 } };

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].port == p->number)
			*vec_push(&r->systems) = (struct asset_system){
				str_c(table[i].name), arena_printf(r->arena, "tcp/%u", p->number), table[i].weight };
}

void asset_port_facts(struct asset_run *r, const struct asset_port *p)
{
	const struct service_match *m = &p->match;
	struct str key = asset_key(r, p->number), name = m->rule ? m->service : STR("unknown");
	json_t *port = json_object(), *service = json_object();

	if (p->tls)
		name = str_eq(name, STR("http")) ? STR("https") : arena_printf(r->arena, "%.*s (TLS)", STR_ARG(name));
	json_put(port, "protocol", json_c("tcp"));
	json_put(port, "state", json_c("open"));
	json_put(port, "service", json_str(name));
	json_put(port, "tls", json_boolean(p->tls));
	int64_t tenths = p->rtt_us / 100;
	json_put(port, "rtt_ms", json_real((double)tenths / 10));
	asset_emit(r, &(struct asset_fact){ .kind = STR("port"), .key = key, .title = key, .port = p->number,
					    .product = name, .confidence = 100 },
		   port);
	json_put(service, "service", json_str(name));
	json_put(service, "tls", json_boolean(p->tls));
	json_put(service, "http", json_boolean(p->http));
	if (m->info.len)
		json_put(service, "info", json_str(m->info));
	if (m->os.len)
		json_put(service, "os", json_str(m->os));
	if (p->banner.len)
		json_put(service, "banner", json_str(p->banner));
	if (m->rule)
		json_put(service, "rule", json_c(m->rule->id));
	asset_emit(r, &(struct asset_fact){
			      .kind = STR("service"), .key = key, .port = p->number, .product = m->product,
			      .title = m->product.len ? arena_printf(r->arena, "%.*s · %.*s", STR_ARG(name), STR_ARG(shown_name(r, m))) :
							name,
			      .version = m->version, .cpe = m->cpe,
			      .confidence = !m->rule ? 0 : m->rule->generic ? 70 : 95 },
		   service);
	if (m->rule)
		software(r, p, m);
	for (size_t i = 0; i < p->also_len; i++)
		software(r, p, &p->also[i]);
	system_hint(r, p, m);
	for (size_t i = 0; i < p->also_len; i++)
		system_hint(r, p, &p->also[i]);
	port_hint(r, p);
}

/* "Linux" and "Unix" stand behind every name that is one of theirs. */
static bool supports(struct str hint, struct str name)
{
	if (str_eq(hint, name))
		return true;
	if (str_eq(hint, STR("Linux")))
		return str_ihas(name, STR("linux")) || str_eq(name, STR("openEuler"));
	return str_eq(hint, STR("Unix")) && !str_eq(name, STR("Windows"));
}

/* Independent hints add up: 1 - (1 - a)(1 - b); those against take away. */
void asset_system_fact(struct asset_run *r)
{
	double best = 0;
	struct str name = STR_NULL;
	json_t *d, *why;

	for (size_t i = 0; i < r->systems.len; i++) {
		double for_it = 1, against = 1;

		for (size_t j = 0; j < r->systems.len; j++) {
			double w = (double)r->systems.ptr[j].weight / 100;

			if (supports(r->systems.ptr[j].name, r->systems.ptr[i].name))
				for_it *= 1 - w;
			else if (!supports(r->systems.ptr[i].name, r->systems.ptr[j].name))
				against *= 1 - w;
		}
		if ((1 - for_it) * against > best) {
			best = (1 - for_it) * against;
			name = r->systems.ptr[i].name;
		}
	}
	if (!name.len)
		return;
	d = json_object();
	why = json_array();
	for (size_t i = 0; i < r->systems.len && i < 20; i++)
		if (supports(r->systems.ptr[i].name, name))
			json_array_append_new(why, json_str(r->systems.ptr[i].why));
	json_put(d, "evidence", why);
	asset_emit(r, &(struct asset_fact){ .kind = STR("system"), .key = STR("os"), .title = name, .product = name,
					    .confidence = (unsigned)(best * 99) },
		   d);
}
