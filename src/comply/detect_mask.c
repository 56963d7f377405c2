/* Ways to reach or pay somebody that were replaced by placeholders before the text came here (masks.h): it invites all the same. */
#include "comply/masks.h"
#include "comply/structure_private.h"

#define MASKS_MAX 8

static const struct hit_words words[] = {
	[MASK_PHONE] = { .term = STR_INIT("电话号码（占位符）"), .reason = STR_INIT("邀人联系的电话号码，属于站外导流；号码已用占位符代替"),
			 .advice = STR_INIT("删去号码，使用平台内的联系方式") },
	[MASK_CARD] = { .term = STR_INIT("账号（占位符）"), .reason = STR_INIT("邀人汇款或联系的账号；号码已用占位符代替"),
			.advice = STR_INIT("删去账号") },
	[MASK_URL] = { .term = STR_INIT("网址（占位符）"), .reason = STR_INIT("邀人访问的网址，属于站外导流；网址已用占位符代替"),
		       .advice = STR_INIT("删去网址") },
	[MASK_ACCOUNT] = { .term = STR_INIT("联系方式（占位符）"), .reason = STR_INIT("邀人联系的账号，属于站外导流；账号已用占位符代替"),
			   .advice = STR_INIT("删去账号，使用平台内的联系方式") },
};

static void on_token(struct check *k, size_t from, size_t to)
{
	uint8_t kind[MASKS_MAX];
	size_t n = masks_read(&k->t, from, to, kind, MASKS_MAX), i = 0;
	while (i < n && kind[i] >= sizeof(words) / sizeof(*words))
		i++;
	if (i < n)
		structure_contact(k, from, to, kind[i] == MASK_URL ? DETECT_URL : DETECT_CONTACT, &words[kind[i]]);
}

const struct detector detect_mask = { .name = "mask", .on_token = on_token };
