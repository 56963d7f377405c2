/* What makes probing pointless: of another kind of program than the one behind the request, or at
 * an input that does nothing. Only what was known when the crawl ended counts, and what the point's
 * own requests show: so a scan decides the same whatever order its answers come in. */
#include "scan/reaction.h"
#include "scan/scan_private.h"

/* Recognised products that say what a program is made of. */
static const struct {
	const char *tech;
	unsigned kind;
} languages[] = {
	{ "php", STACK_PHP },	       { "java", STACK_JAVA },	   { "apache-tomcat", STACK_JAVA }, { "tomcat", STACK_JAVA },
	{ "spring", STACK_JAVA },      { "spring-boot", STACK_JAVA }, { "jetty", STACK_JAVA },	    { "asp-net", STACK_DOTNET },
	{ "aspnet", STACK_DOTNET },    { "microsoft-asp-net", STACK_DOTNET }, { "iis", STACK_DOTNET }, { "python", STACK_OTHER },
	{ "ruby", STACK_OTHER },       { "nodejs", STACK_OTHER },  { "node-js", STACK_OTHER },	    { "express", STACK_OTHER },
	{ "perl", STACK_OTHER },       { "go", STACK_OTHER },	   { "ruby-on-rails", STACK_OTHER }, { "django", STACK_OTHER },
	{ "flask", STACK_OTHER },
};

/* By the name of the program: certain. 0: it does not say. */
static unsigned by_path(struct str path)
{
	static const struct {
		struct str end;
		unsigned kind;
	} ends[] = { { STR_INIT(".php"), STACK_PHP },	{ STR_INIT(".phtml"), STACK_PHP }, { STR_INIT(".jsp"), STACK_JAVA },
		     { STR_INIT(".jspx"), STACK_JAVA },	{ STR_INIT(".do"), STACK_JAVA },   { STR_INIT(".action"), STACK_JAVA },
		     { STR_INIT(".aspx"), STACK_DOTNET }, { STR_INIT(".ashx"), STACK_DOTNET }, { STR_INIT(".asp"), STACK_DOTNET } };
	struct str part;
	while (str_split(&path, '/', &part))
		for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
			if (str_iends(part, ends[i].end))
				return ends[i].kind;
	return 0;
}

/* A cookie or a header of one program says nothing of the programs beside it: what the site is made of
 * speaks for those without an extension only when a good part of the addresses say so, too. */
static unsigned shown_by_paths(struct run *r)
{
	static const unsigned kinds[] = { STACK_PHP, STACK_JAVA, STACK_DOTNET };
	struct map_iter it = { 0 };
	struct str url;
	void *spec;
	unsigned votes[ARRAY_SIZE(kinds)] = { 0 }, all = 0, shown = 0;
	while (map_next(r->attack.routes, &it, &url, &spec)) {
		unsigned kind = by_path(attack_path_of(url));
		all++;
		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
			votes[i] += kind == kinds[i];
	}
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (votes[i] > 0 && votes[i] * 4 >= all)
			shown |= kinds[i];
	return shown;
}

void gate_prepare(struct run *r)
{
	unsigned known = 0;
	for (size_t i = 0; i < ARRAY_SIZE(languages); i++)
		if (run_has_tech(r, str_c(languages[i].tech)))
			known |= languages[i].kind;
	r->stacks = known & (known - 1) ? 0 : known & shown_by_paths(r);
}

bool probe_stack(struct probe *p, unsigned kinds)
{
	const struct scan_exchange *x = p->point.base;
	if (!x || p->run->o.mode == SCAN_DEEP)
		return true;
	struct str by = scan_header_get(&x->headers, "x-powered-by");
	unsigned own = by_path(x->path);
	if (!own)
		own = str_istarts(by, STR("php/")) ? STACK_PHP : str_istarts(by, STR("asp.net")) ? STACK_DOTNET :
		      str_istarts(by, STR("servlet")) || str_istarts(by, STR("jsp")) ? STACK_JAVA : 0;
	if (!own)
		own = p->run->stacks;
	return !own || (own & kinds) != 0;
}

bool probe_inert(struct probe *p)
{
	if (p->run->o.mode == SCAN_DEEP || !probe_stable(p))
		return false;
	return !reaction(p, REACTION_VALUE) && !reaction(p, REACTION_SIGNS);
}
