/* The models of text classes, calibrated together: a linear one (hashed 1–3-grams of folded characters
 * and of their pinyin, multinomial logistic regression) reads everything, a small neural one (net.h) what
 * the linear one does not find clean. Signed bytes as weights; read-only, mapped, shared by all
 * threads. Trained by tools/train/comply.sh. The labels they know are in their file. */
#ifndef COMPLY_MODEL_H
#define COMPLY_MODEL_H
#include "lang/fold.h"

struct comply_model;

/* The pack's numbering is read here; texts scored later must be folded with the same pack. "model.damaged", "os.enoent" … */
int comply_model_open(const struct lang *l, struct str path, struct comply_model **ret, struct error *e);
/* The same over bytes that stay where they are while the model lives (64-byte aligned). */
int comply_model_open_bytes(const struct lang *l, struct str file, struct comply_model **ret, struct error *e);
void comply_model_close(struct comply_model *m);
struct str comply_model_version(const struct comply_model *m);
/* Classes by name: "porn", "gambling", "abuse", "hate", "fraud", "blackad", "ad", "violence", and
 * "clean" as the last one; and the leaf (or, for "ad", the column) each one is reported under. */
size_t comply_model_classes(const struct comply_model *m);
struct str comply_model_class(const struct comply_model *m, size_t i);
struct str comply_model_leaf(const struct comply_model *m, size_t i); /* "" for clean */
/* Calibrated probabilities into out[classes] for symbols [from, to) of the text: their sum is 1, what
 * is not clean is 1 - out[last]. Made for a sentence or a short message (8 to 140 symbols); score long
 * texts piece by piece. The linear model takes text written backwards as forwards. */
void comply_model_score(const struct comply_model *m, const struct fold_text *t, size_t from,
			size_t to, float *out);
#endif
