/* What the trainer of the linear model and the fitting of both models together share. */
#ifndef COMPLY_TRAIN_H
#define COMPLY_TRAIN_H
#include "base/vec.h"
#include "comply/model_private.h"

#define HELD_SHARE 10 /* one group in so many */
enum { CLEAN = MODEL_ROW, CLASSES, BAD = CLASSES /* one of the classes, the source does not say which */ };

/* Calibration: one heat a model and a shift a class, on held-out texts, at a stated share of clean ones. */
enum { LINEAR, NEURAL, PIECE, MODELS };
struct sample {
	float z[MODELS][MODEL_ROW]; /* log odds against clean */
	float weight;
	uint8_t label;
};

struct fit {
	VEC(struct sample) samples;
	double heat[MODELS], shift[MODEL_ROW];
};

extern double prior_clean; /* the share of clean texts that is assumed */

void die(const char *what, const struct error *e) __attribute__((noreturn));
int class_of(struct str name); /* -1: none */
void softmax(float z[CLASSES]);
void calibrate(struct fit *f, size_t models);
/* argv: the linear model, the neural section, the data, the file to write. */
void join(const struct lang *l, char **argv);
void held(const char *path);
#endif
