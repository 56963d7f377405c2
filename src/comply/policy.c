/* What a hit means where: one table per scene. A row names a column or a leaf; later rows win over
 * earlier ones, the caller's rules over all. Thresholds are scores of the model, which is calibrated
 * for texts of which four in ten are unlawful. Those that hold everywhere are where
 * all classes together cost less than two false alarms in a hundred held-out innocent chats, reviews, posts and news, none of
 * them more than half a one. Below the gate of the neural model (net.h) the linear one would decide alone. */
#include "base/check.h"
#include "comply/check_private.h"

#define P COMPLY_PASS
#define R COMPLY_REVIEW
#define B COMPLY_BLOCK

struct row {
	struct str label;
	uint8_t on_block, on_review, on_weak;
	float review_at, block_at; /* above 1: the model does not decide */
	bool if_advert, weak_counts, unless_report;
};
#define NEVER 2.0f

/* What holds everywhere unless a scene says otherwise. */
static const struct row common[] = {
	{ STR_INIT("*"), B, R, R, .60f, .95f, false },
	{ STR_INIT("abuse"), B, R, R, .55f, .95f, false },
	{ STR_INIT("porn"), B, R, R, .50f, .95f, false },
	{ STR_INIT("violence"), B, R, R, .40f, .95f, false },
	{ STR_INIT("porn.veiled"), R, R, P, .70f, NEVER, false },
	{ STR_INIT("porn.vulgar"), R, R, P, .70f, NEVER, false },
	{ STR_INIT("contraband"), B, R, R, .40f, .95f, false, false, true },
	{ STR_INIT("abuse.xinhua"), R, P, P, NEVER, NEVER, false },
	{ STR_INIT("adlaw"), B, R, R, .80f, NEVER, true },
	{ STR_INIT("adlaw.fraud"), B, R, R, .40f, .95f, false, false, true },
	{ STR_INIT("other.clickbait"), R, P, P, NEVER, NEVER, true },
	{ STR_INIT("other.trademark"), R, R, P, NEVER, NEVER, true },
	{ STR_INIT("other.tutoring"), R, R, P, NEVER, NEVER, true },
	{ STR_INIT("correct"), P, P, P, NEVER, NEVER, false },
	{ STR_INIT("correct.territory"), B, R, P, NEVER, NEVER, false },
	{ STR_INIT("correct.organ"), R, R, P, NEVER, NEVER, false },
	{ STR_INIT("correct.post"), R, R, P, NEVER, NEVER, false },
	{ STR_INIT("sensitive.religion"), R, R, P, NEVER, NEVER, false },
	{ STR_INIT("flood"), R, R, P, NEVER, NEVER, false },
	{ STR_INIT("ad"), B, R, R, .40f, .985f, false, false, true },
};
/* News tells of what others do: clues decide nothing, the model must be sure; names must be right. */
static const struct row news[] = {
	{ STR_INIT("*"), B, R, P, .85f, NEVER, false },
	{ STR_INIT("correct"), R, R, P, NEVER, NEVER, false },
	{ STR_INIT("abuse.xinhua"), R, R, P, NEVER, NEVER, false },
	{ STR_INIT("other.clickbait"), R, R, P, NEVER, NEVER, false },
};
/* Adverts of a shop: the advertising law holds for every word. */
static const struct row ad[] = {
	{ STR_INIT("adlaw"), B, R, R, .55f, .95f, false, true },
	{ STR_INIT("other"), B, R, R, .70f, NEVER, false, true },
	{ STR_INIT("ad"), R, P, P, NEVER, NEVER, false },
	{ STR_INIT("ad.loan"), B, R, R, .70f, .95f, false },
	{ STR_INIT("ad.film"), B, R, R, .70f, .95f, false },
	{ STR_INIT("ad.diversion"), B, R, R, .70f, .95f, false },
};
/* Comments and chat: strangers to each other; contacts, abuse and flooding weigh more. */
static const struct row comment[] = {
	{ STR_INIT("abuse"), B, R, R, .60f, .93f, false },
	{ STR_INIT("porn"), B, R, R, .60f, .93f, false },
	{ STR_INIT("ad"), B, R, R, .60f, .95f, false },
	{ STR_INIT("flood"), B, R, R, NEVER, NEVER, false },
	{ STR_INIT("abuse.xinhua"), P, P, P, NEVER, NEVER, false },
	{ STR_INIT("correct"), P, P, P, NEVER, NEVER, false },
	{ STR_INIT("correct.territory"), B, R, P, NEVER, NEVER, false },
	{ STR_INIT("adlaw"), P, P, P, NEVER, NEVER, true },
	{ STR_INIT("adlaw.fraud"), B, R, R, .60f, .95f, false },
};
/* An organisation's own site: its contacts are meant to be there. */
static const struct row site[] = {
	{ STR_INIT("*"), B, R, P, .70f, .97f, false },
	{ STR_INIT("correct"), R, R, P, NEVER, NEVER, false },
	{ STR_INIT("abuse.xinhua"), R, R, P, NEVER, NEVER, false },
	{ STR_INIT("ad.contact"), P, P, P, NEVER, NEVER, false },
	{ STR_INIT("ad.url"), P, P, P, NEVER, NEVER, false },
};
/* Games: threats among players are the game; contacts, trade and abuse are not. */
static const struct row game[] = {
	{ STR_INIT("abuse"), B, R, R, .60f, .93f, false },
	{ STR_INIT("porn"), B, R, R, .60f, .93f, false },
	{ STR_INIT("ad"), B, R, R, .60f, .93f, false },
	{ STR_INIT("violence.speech"), R, P, P, NEVER, NEVER, false },
	{ STR_INIT("contraband.weapon"), R, P, P, NEVER, NEVER, false },
	{ STR_INIT("flood"), B, R, R, NEVER, NEVER, false },
	{ STR_INIT("adlaw"), P, P, P, NEVER, NEVER, true },
	{ STR_INIT("correct"), P, P, P, NEVER, NEVER, false },
	{ STR_INIT("correct.territory"), B, R, P, NEVER, NEVER, false },
};

static const struct {
	struct str name;
	const struct row *rows;
	size_t len;
} scenes[SCENES] = {
	[SCENE_NEUTRAL] = { STR_INIT(""), NULL, 0 },
	[SCENE_NEWS] = { STR_INIT("news"), news, ARRAY_SIZE(news) },
	[SCENE_AD] = { STR_INIT("ad"), ad, ARRAY_SIZE(ad) },
	[SCENE_COMMENT] = { STR_INIT("comment"), comment, ARRAY_SIZE(comment) },
	[SCENE_SITE] = { STR_INIT("site"), site, ARRAY_SIZE(site) },
	[SCENE_GAME] = { STR_INIT("game"), game, ARRAY_SIZE(game) },
};

int scene_parse(struct str s, enum scene *ret)
{
	for (size_t i = 0; i < SCENES; i++)
		if (str_eq(s, scenes[i].name)) {
			*ret = (enum scene)i;
			return 0;
		}
	return -1;
}

bool comply_scene_known(struct str scene)
{
	enum scene s;
	return scene_parse(scene, &s) == 0;
}

/* "*", the column of a leaf, or the label itself. */
static bool names(struct str rule, struct str label)
{
	return str_eq(rule, STR("*")) || str_eq(rule, label) ||
	       (str_starts(label, rule) && label.len > rule.len && label.ptr[rule.len] == '.');
}

static void apply(struct policy_cell *cell, struct str label, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (names(rows[i].label, label))
			*cell = (struct policy_cell){ .on_block = rows[i].on_block, .on_review = rows[i].on_review,
						      .on_weak = rows[i].on_weak, .if_advert = rows[i].if_advert,
						      .weak_counts = rows[i].weak_counts, .unless_report = rows[i].unless_report,
						      .review_at = rows[i].review_at, .block_at = rows[i].block_at };
}

static struct policy_cell cell_of(enum scene s, struct str label)
{
	struct policy_cell cell = { 0 };
	size_t stars = scenes[s].len && str_eq(scenes[s].rows[0].label, STR("*")) ? 1 : 0;
	const struct row *star = stars ? scenes[s].rows : common;
	apply(&cell, label, common, ARRAY_SIZE(common));
	if (stars) {
		/* no label is judged more strictly than the scene's "*" says */
		cell.review_at = cell.review_at > star->review_at ? cell.review_at : star->review_at;
		cell.block_at = cell.block_at > star->block_at ? cell.block_at : star->block_at;
		cell.on_weak = cell.on_weak < star->on_weak ? cell.on_weak : star->on_weak;
	}
	if (scenes[s].len)
		apply(&cell, label, scenes[s].rows + stars, scenes[s].len - stars);
	return cell;
}

void policy_fill(struct comply *c)
{
	for (size_t s = 0; s < SCENES; s++)
		for (size_t i = 0; i < c->labels_len; i++)
			c->scenes[s * c->labels_len + i] = cell_of((enum scene)s, c->labels[i].code);
}

static void apply_rules(const struct check *k, struct policy_cell *cell, struct str label)
{
	for (size_t i = 0; i < k->o->rules_len; i++) {
		const struct comply_rule *r = &k->o->rules[i];
		if (!names(r->label, label))
			continue;
		cell->on_block = cell->on_review = (uint8_t)r->action;
		cell->on_weak = r->action == COMPLY_PASS ? COMPLY_PASS : cell->on_weak;
		cell->if_advert = cell->unless_report = false;
		cell->off = r->off;
		if (r->review_at > 0)
			cell->review_at = (float)r->review_at;
		if (r->block_at > 0)
			cell->block_at = (float)r->block_at;
		if (r->action == COMPLY_PASS && r->review_at <= 0 && r->block_at <= 0)
			cell->review_at = cell->block_at = NEVER;
	}
}

const struct policy_cell *policy_cells(struct check *k)
{
	const struct policy_cell *own = k->c->scenes + (size_t)k->scene * k->c->labels_len;
	if (k->o->rules_len == 0)
		return own;
	struct policy_cell *copy = arena_array(k->a, k->c->labels_len, sizeof(*copy));
	memcpy(copy, own, k->c->labels_len * sizeof(*copy));
	for (size_t i = 0; i < k->c->labels_len; i++)
		apply_rules(k, &copy[i], k->c->labels[i].code);
	return copy;
}

struct policy_cell policy_custom(const struct check *k, struct str label)
{
	struct policy_cell cell = cell_of(SCENE_NEUTRAL, label);
	apply_rules(k, &cell, label);
	return cell;
}
