/* What to tell about a template that says little itself: by its CWE and its product. */
#ifndef SCAN_TEMPLATE_ADVICE_H
#define SCAN_TEMPLATE_ADVICE_H
#include "scan/scan.h"
#include "scan/template/template.h"

/* "A03:2021", or "" when the weakness belongs to no class. */
const char *template_owasp(unsigned cwe);
/* Fills in what is empty; Chinese first, also where the template speaks English only. */
void template_advice_fill(struct arena *a, const struct template *t, struct scan_texts *x);
#endif
