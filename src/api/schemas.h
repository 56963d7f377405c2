/* Schemas that several resources share. */
#ifndef API_SCHEMAS_H
#define API_SCHEMAS_H
#include "api/schema.h"

extern const struct api_schema api_schema_person; /* {id, name} */
extern const struct api_schema api_schema_reason; /* {reason?} as a request */
extern const struct api_schema api_schema_state_query; /* ?state= */
extern const struct api_schema api_schema_site_settings;
extern const struct api_schema api_schema_counts; /* by level */
extern const struct api_schema api_schema_error;  /* {code, detail, detail_en} as data */
extern const struct api_schema api_schema_scan_short;
extern const struct api_schema api_schema_scan;
#endif
