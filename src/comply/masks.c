/* One table of words; a run of capitals is placeholders when it is cut into them without a rest. */
#include "comply/masks.h"

#define MASKS_LETTERS 32

/* Longer words first. */
static const struct {
	struct str word;
	uint8_t kind;
} masks[] = {
	{ STR_INIT("EMAILADDRESS"), MASK_ACCOUNT }, { STR_INIT("ORGANIZATION"), MASK_SOME },
	{ STR_INIT("PHONENUMBER"), MASK_PHONE }, { STR_INIT("CREDITCARD"), MASK_CARD },
	{ STR_INIT("PERCENTAGE"), MASK_DIGIT }, { STR_INIT("TELEPHONE"), MASK_PHONE }, { STR_INIT("CELLPHONE"), MASK_PHONE },
	{ STR_INIT("PHONENUM"), MASK_PHONE }, { STR_INIT("LANDLINE"), MASK_PHONE }, { STR_INIT("BANKCARD"), MASK_CARD },
	{ STR_INIT("USERNAME"), MASK_ACCOUNT }, { STR_INIT("PASSWORD"), MASK_CODE }, { STR_INIT("DISCOUNT"), MASK_DIGIT },
	{ STR_INIT("DATETIME"), MASK_DIGIT }, { STR_INIT("QUANTITY"), MASK_DIGIT }, { STR_INIT("CARDINAL"), MASK_DIGIT },
	{ STR_INIT("LOCATION"), MASK_SOME }, { STR_INIT("PROVINCE"), MASK_SOME }, { STR_INIT("DISTRICT"), MASK_SOME },
	{ STR_INIT("HOSPITAL"), MASK_SOME }, { STR_INIT("ACCOUNT"), MASK_CARD }, { STR_INIT("CARDNUM"), MASK_CARD },
	{ STR_INIT("WEBSITE"), MASK_URL }, { STR_INIT("PERCENT"), MASK_DIGIT }, { STR_INIT("ORDINAL"), MASK_DIGIT },
	{ STR_INIT("ADDRESS"), MASK_SOME }, { STR_INIT("COMPANY"), MASK_SOME }, { STR_INIT("PRODUCT"), MASK_SOME },
	{ STR_INIT("MOBILE"), MASK_PHONE }, { STR_INIT("IDCARD"), MASK_CARD }, { STR_INIT("DOMAIN"), MASK_URL },
	{ STR_INIT("WEBURL"), MASK_URL }, { STR_INIT("WECHAT"), MASK_ACCOUNT }, { STR_INIT("NUMBER"), MASK_DIGIT },
	{ STR_INIT("DIGITS"), MASK_DIGIT }, { STR_INIT("AMOUNT"), MASK_DIGIT }, { STR_INIT("PERSON"), MASK_SOME },
	{ STR_INIT("STREET"), MASK_SOME }, { STR_INIT("SCHOOL"), MASK_SOME }, { STR_INIT("PHONE"), MASK_PHONE },
	{ STR_INIT("EMAIL"), MASK_ACCOUNT }, { STR_INIT("DIGIT"), MASK_DIGIT }, { STR_INIT("MONEY"), MASK_DIGIT },
	{ STR_INIT("PRICE"), MASK_DIGIT }, { STR_INIT("MONTH"), MASK_DIGIT }, { STR_INIT("TOKEN"), MASK_SOME },
	{ STR_INIT("PLACE"), MASK_SOME }, { STR_INIT("BRAND"), MASK_SOME }, { STR_INIT("STORE"), MASK_SOME },
	{ STR_INIT("HOTEL"), MASK_SOME }, { STR_INIT("EVENT"), MASK_SOME }, { STR_INIT("CARD"), MASK_CARD },
	{ STR_INIT("IBAN"), MASK_CARD }, { STR_INIT("LINK"), MASK_URL }, { STR_INIT("MAIL"), MASK_ACCOUNT },
	{ STR_INIT("CODE"), MASK_CODE }, { STR_INIT("DATE"), MASK_DIGIT }, { STR_INIT("TIME"), MASK_DIGIT },
	{ STR_INIT("YEAR"), MASK_DIGIT }, { STR_INIT("HOUR"), MASK_DIGIT }, { STR_INIT("NAME"), MASK_SOME },
	{ STR_INIT("ADDR"), MASK_SOME }, { STR_INIT("CITY"), MASK_SOME }, { STR_INIT("ROAD"), MASK_SOME },
	{ STR_INIT("BANK"), MASK_SOME }, { STR_INIT("SHOP"), MASK_SOME }, { STR_INIT("USER"), MASK_SOME },
	{ STR_INIT("TEL"), MASK_PHONE }, { STR_INIT("URL"), MASK_URL }, { STR_INIT("NUM"), MASK_DIGIT },
	{ STR_INIT("DAY"), MASK_DIGIT }, { STR_INIT("PER"), MASK_SOME }, { STR_INIT("LOC"), MASK_SOME },
	{ STR_INIT("GPE"), MASK_SOME }, { STR_INIT("FAC"), MASK_SOME }, { STR_INIT("ORG"), MASK_SOME },
};

static size_t mask_at(struct str s, uint8_t *ret_kind)
{
	for (size_t i = 0; i < sizeof(masks) / sizeof(*masks); i++)
		if (str_starts(s, masks[i].word)) {
			*ret_kind = masks[i].kind;
			return masks[i].word.len;
		}
	return 0;
}

size_t masks_read(const struct fold_text *t, size_t from, size_t to, uint8_t *ret_kinds, size_t max)
{
	char text[MASKS_LETTERS];
	size_t n = 0, len = to - from;
	if (len < 3 || len > MASKS_LETTERS)
		return 0;
	for (size_t i = 0; i < len; i++) {
		unsigned letter = t->sym[from + i] - LANG_SYM_LETTER;
		char c = t->source.ptr[t->from[from + i]]; /* wide and look-alike capitals begin with other bytes */
		if (letter >= 26 || (c >= 'a' && c <= 'z'))
			return 0;
		text[i] = (char)('A' + letter);
	}
	for (size_t i = 0, take; i < len; i += take)
		if (n == max || (take = mask_at(str_make(text + i, len - i), &ret_kinds[n++])) == 0)
			return 0;
	return n;
}
