/* Structural detectors: what has a form rather than a word - numbers, accounts, addresses, flooding. */
#include "comply/check_private.h"

void structure_prepare(struct comply *c)
{
	(void)c;
}

void check_structure(struct check *k)
{
	(void)k;
}
