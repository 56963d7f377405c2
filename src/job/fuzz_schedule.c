/* Any bytes as a schedule's JSON: refused with a reason, or a schedule whose runs
 * come one after the other, that has words, and that survives its own JSON form. */
#include <stdint.h>

#include "base/check.h"
#include "base/json.h"
#include "base/limits.h"
#include "job/schedule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_json_ json_t *v = NULL;
	_cleanup_buf_ struct buf words = BUF_INIT(16 * KIB);
	struct job_schedule s, again;
	struct error e = { 0 };
	int64_t at = 1767571200000;

	if (size > 4096)
		return 0;
	if (job_schedule_parse_text(str_make(data, size), &s, &e) < 0) {
		check(e.code[0] && e.zh[0] && e.en[0]);
		return 0;
	}
	for (int i = 0; i < 5; i++) {
		int64_t next;

		if (job_schedule_next(&s, STR("id"), at, &next, &e) < 0) {
			check(i == 0 && error_is(&e, "schedule.never"));
			break;
		}
		check(next > at && job_windows_open(&s.windows, next));
		at = next;
	}
	job_schedule_text(&s, false, &words);
	job_schedule_text(&s, true, &words);
	check(words.len && !words.overflow);
	v = job_schedule_json(&s);
	check(job_schedule_parse(v, &again, &e) == 0);
	check(again.kind == s.kind && again.minute == s.minute && again.windows.n == s.windows.n);
	return 0;
}
