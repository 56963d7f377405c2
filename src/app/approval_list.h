/* Kinds of action that ask for two people, one line each: X(const struct name). */
#define APP_APPROVALS(X) X(app_approval_site_delete)
