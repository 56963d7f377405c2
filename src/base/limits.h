/* Every limit of the product, with its reason. A limit that an operator may
 * change is a setting whose default stands here. Sizes are bytes, times are
 * milliseconds unless the name says otherwise. One section per room. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#define KIB ((size_t)1024)
#define MIB ((size_t)1024 * 1024)

/* base */
#define LIMIT_LOG_LINE (16 * KIB)  /* one write(2) stays atomic enough and lines readable */
#define LIMIT_LOG_FIELD (2 * KIB)  /* a URL or an error fits, a body does not */
#define LIMIT_JSON_DEPTH 64	   /* deeper documents are an attack, not data */

/* os */
#define LIMIT_SPAWN_ARG (64 * KIB)	    /* options of one task; more goes over the channel */
#define LIMIT_SPAWN_FDS 16		    /* channel, broker, journal and some to spare */
#define LIMIT_SPAWN_READY_MS 30000	    /* closing a jail takes 1 ms; a machine may swap */
#define LIMIT_CHILD_STDERR (16 * KIB)	    /* an assertion or a sanitizer's first words */
#define LIMIT_PROCESS_OUTPUT (1 * MIB)	    /* of foreign programs, unless asked otherwise */
#define LIMIT_PROCESS_STDERR (64 * KIB)
#define LIMIT_PROCESS_FILES 1024	    /* descriptors */
#define LIMIT_PROCESS_FILE_SIZE (1024 * MIB)
#define LIMIT_REMOVE_ENTRIES 100000	    /* a working folder; a Chromium profile holds hundreds */
#define LIMIT_REMOVE_DEPTH 64		    /* deeper is not ours; each level holds a descriptor */

/* lang */
#define LIMIT_PACK_SECTIONS 256 /* a pack holds a dozen */
#define LIMIT_READING_SYMBOLS 262144 /* of one other reading: what is disguised is short */

/* net */
#define LIMIT_URL (16 * KIB)		  /* twice what common servers take */
#define LIMIT_URL_PAIRS 1000		  /* PHP's max_input_vars */
#define LIMIT_NET_CONNECT_MS 10000	  /* three SYNs */
#define LIMIT_NET_DNS_MS 5000		  /* one question, all retries */
#define LIMIT_NET_DNS_CACHE_S 60	  /* re-pointed names are noticed within a minute */
#define LIMIT_NET_DNS_CACHE 1024	  /* names */
#define LIMIT_NET_HOST 255		  /* RFC 1035 */
#define LIMIT_NET_BROKER_PER_S 500	  /* above what a fast scan without keep-alive opens */
#define LIMIT_NET_BROKER_TOTAL 5000000	  /* connections of one scan */
#define LIMIT_HTTP_TIMEOUT_MS 30000	  /* whole request */
#define LIMIT_HTTP_LOW_SPEED_BPS 64	  /* slower than this for LIMIT_HTTP_LOW_SPEED_S is a drip */
#define LIMIT_HTTP_LOW_SPEED_S 15
#define LIMIT_HTTP_BODY (8 * MIB)	  /* decoded; larger pages hold no more links */
#define LIMIT_HTTP_HEAD (256 * KIB)	  /* all header bytes of a response */
#define LIMIT_HTTP_HEADERS 512		  /* header lines of a response */
#define LIMIT_HTTP_REQUEST (4 * MIB)	  /* one request with its body */
#define LIMIT_HTTP_PARALLEL 256		  /* requests in flight of one client */
#define LIMIT_COOKIE 4096		  /* name and value, RFC 6265bis */
#define LIMIT_COOKIES_PER_HOST 180	  /* as browsers */
#define LIMIT_COOKIES 3000
#define LIMIT_HTML_ATTRS 256		  /* per tag; more is an attack on quadratic parsers */
#define LIMIT_HTML_DEPTH 512		  /* as browsers cap the tree */

/* scan */
#define LIMIT_ENDPOINTS 20000 /* methods and paths whose speed is remembered: some MB */
#define LIMIT_JAIL_SILENT_MS 120000 /* the engine says how far it is four times a second */
#define LIMIT_JAIL_STOP_MS 60000    /* ending means: requests under way fail, records are written */
#define LIMIT_JAIL_LATE_MS 120000   /* past its time limit, which it keeps itself */
#define LIMIT_YAML_BYTES (4 * MIB)  /* one template; the largest known has 334 KB */
#define LIMIT_YAML_DEPTH 48	    /* templates need 8 */
#define LIMIT_YAML_NODES 400000	    /* memory of one file while it is loaded: some 30 MB */
#define LIMIT_TEMPLATES 60000	    /* five times what the public collections hold together */
#define LIMIT_TEMPLATE_BUNDLE (192 * MIB) /* all files of the packs of one scan */
#define LIMIT_TEMPLATE_FILE (8 * MIB)	  /* one payload list */
#define LIMIT_TEMPLATE_REQUESTS 100	  /* of one block, before payloads */
#define LIMIT_TEMPLATE_PAYLOADS 200000	  /* values of one list */
#define LIMIT_TEMPLATE_SENDS 20000	  /* requests of one template in one run */
/* assets */
#define LIMIT_ASSET_RATE 300	     /* connections per second when nobody says: below what any firewall minds */
#define LIMIT_ASSET_PARALLEL 100     /* half-open connections at once */
#define LIMIT_ASSET_PARALLEL_MAX 200
#define LIMIT_ASSET_DIALOGUES 16     /* ports spoken to at once */
#define LIMIT_ASSET_RANGES 256	     /* in one --ports */
#define LIMIT_ASSET_SECONDS 3600     /* all 65,535 ports at the default rate take 4 minutes */
#define LIMIT_ASSET_OPEN_MS 4000     /* connecting, and once more for TLS */
#define LIMIT_ASSET_ANSWER_MS 4000   /* from the first byte on: ends endless and dripping greetings */
#define LIMIT_ASSET_QUIET_MS 250     /* no further byte for so long: the answer is whole */
#define LIMIT_ASSET_ANSWER (64 * KIB)
#define LIMIT_ASSET_CHECKPOINT (64 * KIB) /* 2,000 open and 2,000 silent ports fit */
#define LIMIT_ASSET_PORT_MS 30000    /* all questions to one port */
#define LIMIT_ASSET_SERVICES 200     /* ports whose service is asked for; more is a tarpit */
#define LIMIT_ASSET_PAGES 50	     /* start pages looked at for technologies */
#define LIMIT_ASSET_TLS 16	     /* ports whose TLS is examined */
#define LIMIT_SCAN_DNS 500	    /* questions of one scan's templates */
#define LIMIT_LITERAL_HITS 8 /* places of one fixed string shown to its check per answer */

#define LIMIT_EXPR_SOURCE (256 * KIB) /* one expression; the longest in use carries a class file */
#define LIMIT_EXPR_TEXT (1 * MIB)    /* one text with placeholders: a request with an upload */
#define LIMIT_EXPR_DEPTH 64	     /* nested brackets and calls; people write 6 */
#define LIMIT_EXPR_STEPS 200000	     /* nodes visited in one evaluation, milliseconds */
#define LIMIT_EXPR_VALUE (8 * MIB)   /* one value: a page, decompressed data, repeat() */
#define LIMIT_REGEX_SOURCE (32 * KIB) /* the longest in use has 3 KiB */
#define LIMIT_REGEX_STEPS 1000000    /* PCRE2 match limit: some 10 ms of backtracking */
#define LIMIT_REGEX_HEAP_KIB 8192    /* PCRE2 heap limit when there is no JIT */
#define LIMIT_EXTRACT_NODES 200000   /* of a tree made from an answer, or visits of a query */
#define LIMIT_EXTRACT_RESULTS 1024   /* results of one extractor and answer */

/* browser and reports */
#define LIMIT_BROWSER_MS 90000		 /* a page that takes longer will not come */
#define LIMIT_BROWSER_FILE (1024 * MIB)	 /* any one file Chromium writes (RLIMIT_FSIZE) */
#define LIMIT_BROWSER_ENTRIES 100000	 /* files in its folder when that is removed */
#define LIMIT_BROWSER_MESSAGE (96 * MIB) /* one protocol message; Chromium itself takes 100 MB */
#define LIMIT_BROWSER_EVENTS 256	 /* events kept for a later wait */
#define LIMIT_BROWSER_SHOT_PX 16384	 /* highest picture its compositor draws in one piece */
#define LIMIT_BROWSER_CHUNK (4 * MIB)	 /* one piece of a streamed PDF */
#define LIMIT_REPORT_PRINT_MS 120000	 /* 1,000 findings print in a third of it */
#define LIMIT_REPORT_FILE (256 * MIB)	 /* more than any mail or reader takes */
#define LIMIT_REPORT_FINDINGS 20000	 /* what a document still opens with; the rest is counted */
#define LIMIT_REPORT_EVIDENCE (4 * KIB)	 /* printed of one request or response, around its proof */
#define LIMIT_REPORT_MEMORY (1024 * MIB)	 /* what 20,000 findings need, many times over */
#define LIMIT_REPORT_PAGES 2000		 /* listed in a document; JSON has all */
/* store */
#define LIMIT_STORE_SQL (32 * KIB)	  /* one statement; ours are a tenth of it */
#define LIMIT_STORE_RESULT (256 * MIB)	  /* one answer is held in memory */
#define LIMIT_SHOT (200 * KIB)		  /* one screenshot: enough to recognise a page */
#define LIMIT_BLOB (64 * MIB)		  /* one blob is held in memory; the largest upload */
#define LIMIT_EVENT_DATA (16 * KIB)	  /* a hint for the console, not a document */
/* api */
#define LIMIT_API_BODY (256 * KIB)	  /* a JSON document a person or a form made */
#define LIMIT_API_BODY_FILE (24 * MIB)	  /* uploads of letters and the like, as base64 */
#define LIMIT_API_DEPTH 16		  /* of a request's JSON; ours need 6 */
#define LIMIT_API_PAGE 200		  /* rows of one page */
#define LIMIT_API_URL 8192		  /* path and query of a request */
#define LIMIT_API_QUERY 64		  /* query parameters */
#define LIMIT_API_ARENA (256 * MIB)	  /* memory of one request; beyond it is a bug */
#define LIMIT_API_IDEMPOTENCY_KEY 128
#define LIMIT_API_IDEMPOTENCY_MS (24 * 3600 * 1000LL)
#define LIMIT_API_REPLAY (1 * MIB)	  /* of a saved response */
#define LIMIT_HTTP_CONN_MEMORY (32 * KIB) /* head of a request and of its response */
#define LIMIT_HTTP_DRAIN (1 * MIB)	  /* of an unwanted body, read so that the answer arrives */
#define LIMIT_HTTP_SPOOL (256 * KIB)	  /* larger bodies go to a file */
#define LIMIT_HTTP_STREAM_BUFFER (256 * KIB) /* a slower reader reconnects */
#define LIMIT_STREAMS 512		  /* live streams of this process */
#define LIMIT_STREAMS_PER_USER 16	  /* tabs of one person */

/* accounts */
#define LIMIT_PASSWORD_MIN 10		  /* code points; long beats complicated */
#define LIMIT_PASSWORD_MAX 256
#define LIMIT_PASSWORD_HASHES 2		  /* argon2id at once: 64 MiB each */
#define LIMIT_PASSWORD_WAITERS 4	  /* fewer than the web process has job threads */
#define LIMIT_SESSION_IDLE_MS (12 * 3600 * 1000LL)
#define LIMIT_SESSION_MS (7 * 24 * 3600 * 1000LL)
#define LIMIT_SESSIONS_PER_USER 20
#define LIMIT_LOGIN_FREE 5		  /* wrong tries before waiting begins */
#define LIMIT_LOGIN_WAIT_MS (15 * 60 * 1000LL)
#define LIMIT_API_KEYS 50		  /* per tenant */
#define LIMIT_REASON_MIN 2		  /* code points: "误报" is a reason, "." is not */
#define LIMIT_APPROVAL_MS (7 * 24 * 3600 * 1000LL)
#define LIMIT_GRANT_HOURS 24

/* sites, scans, findings, notices */
#define LIMIT_PAGE_DEFAULT 50	       /* rows of a list when nobody says how many */
#define LIMIT_APP_DOCUMENT (1 * MIB)   /* one JSON document in a column */
#define LIMIT_SITE_NAME 64	       /* code points; fits a table cell */
#define LIMIT_SITE_EXCLUDES 50	       /* patterns tried on every URL of a scan */
#define LIMIT_SITE_HEADERS 20	       /* sent with every request */
#define LIMIT_SITE_WINDOWS 16	       /* as many as a schedule takes */
#define LIMIT_SITE_PAGES 100000	       /* pages one scan may be told to visit */
#define LIMIT_SITE_MINUTES (7 * 24 * 60) /* a scan that needs more than a week is stuck */
#define LIMIT_SITE_INCREMENTAL 100     /* scans in a row of which one is full */
#define LIMIT_SITE_CONCURRENCY 64      /* requests in flight at one site */
#define LIMIT_SITE_DEPTH 100	       /* links away from the start; deeper is a trap */
#define LIMIT_SITE_SKIPS 300	       /* checks left out; more than there are */
#define LIMIT_SITE_DOCUMENTS 16	       /* interface documents of a site: as many as a scan takes */
#define LIMIT_SITE_DOCUMENT_BYTES (2 * MIB) /* together: they go into the jail as JSON strings in one frame of 8 MiB */
#define LIMIT_JS_LIBRARIES (1 * MIB)   /* the platform's list; the public one has 400 KiB */
#define LIMIT_SITE_RATE 1000	       /* requests per second a person may allow */
#define LIMIT_VERIFY_BODY KIB	       /* a proof is one token; more is some other page */
#define LIMIT_VERIFY_PAGE (512 * KIB)  /* head of a home page, where the meta tag stands */
#define LIMIT_VERIFY_MS 20000	       /* one attempt with its redirects */
#define LIMIT_VERIFY_PENDING_DAYS 7    /* a token nobody used is forgotten */
#define LIMIT_VERIFY_FAILURES 3	       /* failed daily checks until a proof has expired */
#define LIMIT_LETTER (5 * MIB)	       /* scanned letters are smaller */
#define LIMIT_LETTER_RANGES 64
#define LIMIT_SCAN_TREE 20000	       /* pages in one directory tree */
#define LIMIT_EVIDENCE (64 * KIB)      /* of one request or response, around its proof */
#define LIMIT_EXPORT_PAGES 500	       /* of 200 rows: 100,000 findings in one file */
#define LIMIT_EXPORT (64 * MIB)
#define LIMIT_DECISION_DAYS 365	       /* a decision nobody renews is looked at again */
#define LIMIT_BATCH 500		       /* findings decided in one request */
#define LIMIT_RECONCILE 50000	       /* live findings of one origin */
#define LIMIT_SCAN_SEEDS 500	       /* places of known findings visited again */
#define LIMIT_SEND_MS 15000	       /* one notice to one receiver */
#define LIMIT_MAIL_TO 50	       /* recipients of one channel */
#define LIMIT_SEND_ATTEMPTS 8	       /* with growing pauses: about a day */
#define LIMIT_RULES 100		       /* notification rules looked through per event */
#define LIMIT_MONITOR_SITES 200	       /* sites of one monitoring task */
#define LIMIT_ASSET_TITLE 300	       /* bytes of one fact's name */
#define LIMIT_ASSET_DETAIL (64 * KIB)  /* a certificate chain with a hundred names fits */
#define LIMIT_ASSET_FACTS 5000	       /* facts of one site */
#define LIMIT_FETCH_FRAME (256 * KIB)  /* what a jailed fetch may say */

/* text compliance */
#define LIMIT_COMPLY_TEXT (8 * MIB)	 /* one text; folding takes 13 bytes a character beside it */
#define LIMIT_COMPLY_HITS 20000		 /* more marks than a person looks at */
#define LIMIT_COMPLY_SENTENCE 200	 /* symbols each way that a condition looks */
#define LIMIT_COMPLY_CLUES_NEAR 60	 /* symbols between clues that gather */
#define LIMIT_COMPLY_SIGNALS 20000	 /* signals and allowed phrases noted of one text */
#define LIMIT_COMPLY_WORK 20000000	 /* comparisons of rules and conditions beyond 200 a symbol: no text of
					  * people comes near */
#define LIMIT_COMPLY_RESTORED 200	 /* passages of one text that are looked at without their disguise */
#define LIMIT_COMPLY_REGEX_HITS 1000	 /* of one pattern in one text */
#define LIMIT_COMPLY_TELL .30f		 /* model scores below are not worth telling */
#define LIMIT_LEXICON_ENTRIES 200000	 /* of one own lexicon: a second to compile */
#define LIMIT_LEXICON_LABELS 200	 /* own labels of one lexicon */
#define LIMIT_LEXICON_CELL 2000		 /* bytes of a reason, an advice, a replacement */
#define LIMIT_LEXICON_CONTEXT (8 * KIB) /* conditions of one entry, its sets written out; ours have 1 KiB */
#define LIMIT_LEXICON_FILE (64 * MIB)
#define LIMIT_LEXICON_STRINGS (256 * MIB)
#define LIMIT_LEXICON_MEMORY (1024 * MIB) /* while compiling */
#define LIMIT_LEXICON_PACK (1024 * MIB)
#define LIMIT_LEXICON_REGEX 2000	 /* bytes of a pattern */
#define LIMIT_LEXICON_REGEX_STEPS 100000 /* PCRE2 match limit: a millisecond */

/* documents: foreign packages of XML, read in the jail */
#define LIMIT_DOC_PARTS 10000		 /* files in the archive; a book with a thousand pictures has 2,000 */
#define LIMIT_DOC_PART_NAME 512
#define LIMIT_DOC_INFLATED (256 * MIB)	 /* all that is unpacked of one document; a second of work */
#define LIMIT_DOC_RELATIONS 10000
#define LIMIT_DOC_XML_DEPTH 256		 /* nested tables in text boxes reach 60 */
#define LIMIT_DOC_XML_ATTRIBUTES 256	 /* of one element; drawings have 40 */
#define LIMIT_DOC_XML_TAG (1 * MIB)	 /* one tag; the parser reads it again with every piece */
#define LIMIT_SHEET_ROWS 1048576	 /* the format's own */
#define LIMIT_SHEET_COLUMNS 16384	 /* the format's own */
#define LIMIT_SHEET_CELLS 5000000	 /* cells, gaps between them included; shared strings */
#define LIMIT_SHEET_CELL (256 * KIB)	 /* the format takes 32,767 characters */
#define LIMIT_SHEET_ROW (4 * MIB)	 /* texts of one row */
#define LIMIT_SHEET_TEXT (64 * MIB)	 /* texts of a sheet */
#define LIMIT_SHEET_FORMATS 65536	 /* cell formats; the format's own is 65,490 */
#define LIMIT_SHEET_DATE_FORMATS 1024	 /* own formats that show dates; the format's own is about 250 */

/* texts, lexicons, policies */
#define LIMIT_TEXT_CHARS 10000	       /* code points of one text checked at once; the console says so */
#define LIMIT_TEXT_BATCH 100	       /* texts of one request */
#define LIMIT_TEXT_BATCH_BODY (5 * MIB) /* 100 texts of 10,000 characters as JSON */
#define LIMIT_TEXT_TASK (30 * MIB)     /* bytes of one task's texts: a book has 2 */
#define LIMIT_TEXT_TASK_BODY (42 * MIB) /* the same in Base64 or JSON */
#define LIMIT_TEXT_TASK_TEXTS 10000
#define LIMIT_TEXT_CONTEXT (64 * MIB)  /* arena of one check: 13 bytes a symbol, hits and their texts */
#define LIMIT_TEXT_FRESH_MS 1000       /* state and keys are used without a look for so long */
#define LIMIT_TEXT_STALE_MS 2000       /* and by nobody after this */
#define LIMIT_TEXT_KEYS 2048	       /* API keys remembered */
#define LIMIT_TEXT_QUEUE 5000	       /* texts waiting to be written; more are not kept, and counted */
#define LIMIT_TEXT_QUEUE_BYTES (64 * MIB)
#define LIMIT_TEXT_BATCH_ROWS 500      /* written in one transaction */
#define LIMIT_TEXT_COUNTERS 20000      /* different counters of one second */
#define LIMIT_TEXT_RETENTION_DAYS 3650
#define LIMIT_TEXT_COUNT_DAYS 800      /* trends reach back two years */
#define LIMIT_TEXT_TREND_DAYS 400      /* of one question */
#define LIMIT_TEXT_RATE 100000	       /* requests a second a tenant may set */
#define LIMIT_LEXICONS 50	       /* of a tenant, and of a person */
#define LIMIT_OWN_ENTRIES 100000       /* of one list that people edit; all of a tenant: LIMIT_LEXICON_ENTRIES */
#define LIMIT_LEXICON_EDIT 500	       /* entries changed in one request; imports take more */
#define LIMIT_OWN_FILE (16 * MIB)      /* one file to import */
#define LIMIT_POLICIES 100	       /* of a tenant */
#define LIMIT_POLICY_RULES 200	       /* of one policy */

/* rule packs */
#define LIMIT_PACK_UPLOAD (17 * MIB)	 /* an archive; fits LIMIT_API_BODY_FILE as base64. The largest
					  * public collection takes 12 */
#define LIMIT_PACK_UNPACKED (56 * MIB)	 /* all its files; one blob holds them. That collection: 35 */
#define LIMIT_PACK_FILES 40000		 /* entries of an archive; that collection: 12,000 */
#define LIMIT_PACK_FILE (4 * MIB)	 /* one template or word list */
#define LIMIT_PACK_RATIO 200		 /* unpacked to packed above 1 MiB; text reaches 20 */
#define LIMIT_PACK_PATH 400		 /* bytes; the longest public one has 150 */
#define LIMIT_PACK_DEPTH 16		 /* folders in a path */
#define LIMIT_PACKS 20			 /* of one tenant */
#define LIMIT_PACK_VERSIONS 10		 /* kept of one pack; the oldest go first */
#define LIMIT_PACK_MS 120000		 /* reading one; 12,000 templates take 2 s */
#define LIMIT_PACK_OFF 10000		 /* single templates switched off by one tenant: every scan carries the list */
#define LIMIT_PACK_SWITCHES 500		 /* templates switched by name in one request */

#endif
