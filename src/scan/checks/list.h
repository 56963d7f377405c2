/* Every check of the engine, one a line; expanded by checks.c and by the tests.
 * SCAN_CHECK(x) stands for `const struct scan_check check_x`. Keep each family
 * together and in alphabetical order; the source file goes into meson.build. */

/* passive */
SCAN_CHECK(cookie_no_httponly)
SCAN_CHECK(missing_x_content_type_options)
SCAN_CHECK(server_version)

/* active */
