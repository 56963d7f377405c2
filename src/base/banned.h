/* Forced on every file by the build: functions that have no safe use here. */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H
/* The system headers that declare them come first, so that only our uses fail. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef __clang__
#pragma GCC system_header /* some of them are macros there, which it would warn about */
#endif
#ifndef __cplusplus
#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok gets atoi atol atof
#pragma GCC poison localtime gmtime ctime asctime tmpnam mktemp
#endif
#endif
