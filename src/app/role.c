/* The permission matrix as data, and lookups in it. */
#include "app/role.h"

#include "base/check.h"

static const struct app_role_info roles[] = {
#define X(name, code, zh, en) { code, zh, en },
	APP_ROLES(X)
#undef X
};

static const struct app_permission_info permissions[] = {
	{ "", "", "", 0 },
#define X(name, code, who, zh, en) { code, zh, en, who },
	APP_PERMISSIONS(X)
#undef X
};

const struct app_role_info *app_role_info(enum app_role r)
{
	check(r >= 0 && r < ROLE_COUNT);
	return &roles[r];
}

const struct app_permission_info *app_permission_info(enum app_permission p)
{
	check(p < PERM_COUNT);
	return &permissions[p];
}

enum app_role app_role_find(struct str code)
{
	for (int r = 0; r < ROLE_COUNT; r++)
		if (str_eq(str_c(roles[r].code), code))
			return (enum app_role)r;
	return ROLE_NONE;
}

enum app_permission app_permission_find(struct str code)
{
	for (unsigned p = PERM_NONE + 1; p < PERM_COUNT; p++)
		if (str_eq(str_c(permissions[p].code), code))
			return (enum app_permission)p;
	return PERM_COUNT;
}

uint64_t app_role_permissions(enum app_role r)
{
	uint64_t bits = 0;
	if (r < 0)
		return 0;
	for (unsigned p = PERM_NONE + 1; p < PERM_COUNT; p++)
		if (permissions[p].roles & (1u << r))
			bits |= app_permission_bit((enum app_permission)p);
	return bits;
}

uint64_t app_grant_permissions(void)
{
	uint64_t bits = 0;
	for (unsigned p = PERM_NONE + 1; p < PERM_COUNT; p++)
		if (str_ends(str_c(permissions[p].code), STR(":read")))
			bits |= app_permission_bit((enum app_permission)p);
	return bits;
}
