"""Which checks count for which class: a finding of a check whose id begins so."""
CHECKS = {
    "xss-reflected": ["xss-reflected", "xss"], "xss-stored": ["xss-stored", "xss"], "xss-dom": ["xss-dom"],
    "sqli-error": ["sqli"], "sqli-boolean": ["sqli"], "sqli-time": ["sqli"], "sqli-union": ["sqli"],
    "nosql": ["nosql"], "command": ["command"], "code": ["code", "ssti", "el-"], "ssti": ["ssti", "code", "el-"],
    "traversal": ["path-traversal", "file-inclusion", "lfi", "rfi"], "ssrf": ["ssrf", "rfi"],
    "xxe": ["xxe"], "xpath": ["xpath"], "ldap": ["ldap"], "crlf": ["crlf"], "redirect": ["open-redirect"],
    "host-header": ["host-header"], "cors": ["cors"], "idor": ["idor", "access"], "access-control": ["access", "idor"],
    "bypass-403": ["bypass-403", "403", "forbidden"], "csrf": ["csrf"], "cache-poisoning": ["cache-poisoning"],
    "cache-deception": ["cache-deception"], "upload": ["upload", "file-upload"], "jwt": ["jwt"], "graphql": ["graphql"],
    "websocket": ["websocket"], "backup": ["backup"], "directory-listing": ["directory-listing"],
    "deserialization": ["unsafe-deserialization"],
    "session-id": ["session-id"], "session-fixation": ["session-fixation"],
    "default-login": ["default-login", "weak-login", "default-credentials", "weak"],
}
