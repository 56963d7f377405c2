/* Steps of the checklist in their order; each line stands for
 * `const struct app_guide_step app_guide_NAME`. */
#define APP_GUIDE_STEPS(X) \
	X(add_site)        \
	X(verify)          \
	X(scan)            \
	X(schedule)        \
	X(invite)
