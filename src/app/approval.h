/* Actions that ask for two people: delete a site, approve an exemption, restore.
 *
 * One administrator asks, another who may decide approves; then the action runs as
 * the approver's call. Where only one person could decide, a typed reason (at least
 * LIMIT_REASON_MIN characters) and the audit entry take the second person's place
 * and the action runs at once. Kinds are const structs listed in approval_list.h. */
#ifndef APP_APPROVAL_H
#define APP_APPROVAL_H
#include "app/context.h"

struct app_approval_kind {
	const char *name; /* "site.delete" */
	const char *zh, *en;
	enum app_permission decide; /* who may be the second person */
	bool platform; /* the second person is looked for in the platform tenant */
	/* Does it, inside a transaction; c->actor is whoever completed it. detail is what
	 * was asked with. Must audit its own action. */
	int (*execute)(struct app_call *c, struct str object_id, const json_t *detail,
		       struct error *e);
};

/* Asks for the action on an object of the actor's tenant. *ret_done true: it was
 * done at once; false: *ret is the pending approval (API form, caller's), or the
 * one already pending for this kind and object. Errors: "approval.reason-missing". */
int app_approval_ask(struct app_call *c, const struct app_approval_kind *k,
		     const char *object_type, struct str object_id, struct str object_name,
		     const json_t *detail, struct str reason, bool *ret_done, json_t **ret,
		     struct error *e);
/* {id, kind, title, title_en, object_type, object_id, object_name, reason, state,
 *  requested_by{id,name}, decided_by|null, decided, decision_reason, expires, created} */
int app_approval_list(struct app_call *c, struct str state, json_t **ret, struct error *e);
/* "approval.same-person" when the one who asked tries to decide. */
int app_approval_decide(struct app_call *c, struct str id, bool approve, struct str reason,
			json_t **ret, struct error *e);
#endif
