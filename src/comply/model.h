/* The linear model of text classes: hashed character 1–4-grams of folded symbols (and of their
 * pinyin), one-vs-rest logistic regression, int8 weights, calibrated scores. Read-only, mapped,
 * shared. Trained by tools/train/. The labels it knows are in its file. */
#ifndef COMPLY_MODEL_H
#define COMPLY_MODEL_H
#include "lang/fold.h"

struct comply_model;

int comply_model_open(const struct lang *l, struct str path, struct comply_model **ret, struct error *e);
void comply_model_close(struct comply_model *m);
struct str comply_model_version(const struct comply_model *m);
/* Classes by name: "porn", "gambling", "abuse", "fraud", "blackad", "ad", "violence", "clean" … and
 * the leaf each one is reported under. */
size_t comply_model_classes(const struct comply_model *m);
struct str comply_model_class(const struct comply_model *m, size_t i);
struct str comply_model_leaf(const struct comply_model *m, size_t i); /* "" for clean */
/* Calibrated probabilities into out[classes] for symbols [from, to) of the text. */
void comply_model_score(const struct comply_model *m, const struct fold_text *t, size_t from,
			size_t to, float *out);
#endif
