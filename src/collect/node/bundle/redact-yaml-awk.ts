/**
 * The part of `redact-awk.ts` that reads YAML and JSON, line by line with the indentation of each field: block and flow
 * style, scalars over several lines, items of lists. What `redact-yaml.ts` keeps or takes out it does too. Anchors, tags
 * and escapes beside words that name credentials are beyond it: such a file is withheld.
 */
export const redactYamlAwk = String.raw`# Fields that a flow mapping of credentials may have; any other may be a misspelt one.
function known(s,   m) {
  while (match(s, /["']?[A-Za-z_][A-Za-z0-9_.-]*["']?[ \t]*:([ \t"'{[]|$)/)) {
    m = substr(s, RSTART, RLENGTH); s = substr(s, RSTART + RLENGTH)
    gsub(/["' \t:{[]/, "", m)
    if (m !~ /^(kind|apiVersion|preferences|clusters?|server|certificate-authority(-data)?|insecure-skip-tls-verify|tls-server-name|proxy-url|disable-compression|contexts?|namespace|users?|name|current-context|client-certificate(-data)?|client-key(-data)?|tokenFile|token|username|password|resources|providers|identity|aescbc|aesgcm|secretbox|kms|keys|secret|endpoint|cachesize|timeout)$/) return 0
  }
  return 1
}

# How many brackets of a flow mapping or list a line leaves open.
function depth(s,   n, from, at, c, q) {
  n = 0; from = 1
  while (match(substr(s, from), /[]["'{}#]/)) {
    at = from + RSTART - 1; c = substr(s, at, 1); from = at + 1
    if (c == "{" || c == "[") n++
    else if (c == "}" || c == "]") n--
    else if (c == "#") { if (at > 1 && substr(s, at - 1, 1) ~ /[ \t]/) return n }
    else if (at == 1 || substr(s, at - 1, 1) ~ /[ \t:,[{]/) { q = closing(s, at); if (q == 0) return n; from = q + 1 }
  }
  return n
}

function redactline(i, col,   v) {
  v = value[i]
  if (v == "" || blank(v) || done[i]) return
  found = 1; done[i] = 1
  out[i] = substr(out[i], 1, start[i] - 1) "REDACTED" substr(L[i], start[i] + length(v))
  drop = col
}

function yaml(   i, s, col, at, k, v, d, parent, isitem, rest, all, pend, cut, n, m, c, q, block, blocksecret, open, openq, flagval, ended) {
  sort = "plain"; first = ""
  for (i = 1; i <= NR; i++) {
    s = L[i]; n = tolower(s)
    if (length(s) > 200000 && s !~ /^ *[A-Za-z-]+: [A-Za-z0-9+\/=]+\r?$/) withhold()
    if (first == "" && match(s, /[^ \t\r]/)) first = substr(s, RSTART, 1)
    if (n ~ /token|passw|secret|key-data|auth/) mentions = 1
    if (s ~ /(^|[ \t,[{:])&[^ \t&]/ || s ~ /(^|[ \t,[{])["']?<<["']?[ \t]*:/) odd = 1
    if (s ~ /^[ \t]*([-] )*[?]([ \t]|$)/ || s ~ /(: *|^[ -]*)!/ || s ~ /"[^"]*\\[^"]*"[ \t]*:/) odd = 1
    if (s ~ /(^|[{,])[ \t]*["']?kind["']?[ \t]*:[ \t]*["']?Secret(List)?["']?[ \t\r]*([,}#]|$)/) withhold()
    if (s ~ /(^|[{,])[ \t]*["']?kind["']?[ \t]*:[ \t]*["']?Config["']?[ \t\r]*([,}#]|$)/ || s ~ /(^|[{,])[ \t]*["']?(users|clusters)["']?[ \t]*:/) sort = "kubeconfig"
    if (s ~ /(^|[{,])[ \t]*["']?kind["']?[ \t]*:[ \t]*["']?Encryption/) encryption = 2
    if (s ~ /staticPodURLHeader/) headers = 1
    if (s ~ /["']?resources["']?[ \t]*:/ && encryption < 2) encryption += encryption == 0 ? 1 : 0
    if (s ~ /["']?providers["']?[ \t]*:/ && encryption == 1) encryption = 2
  }
  if (odd && mentions) withhold()
  if (encryption == 2) sort = "encryption"
  if (headers && (first == "{" || first == "[")) withhold()
  json = first == "{" || first == "["
  if (json && sort != "plain") for (i = 1; i <= NR; i++) if (!known(L[i])) withhold()
  d = 0; drop = -1; all = -1; pend = -1; block = -1; open = 0; flow = 0; carry = ""; flagval = 0; ended = 0
  for (i = 1; i <= NR; i++) {
    s = L[i]; col = indentof(s)
    if (ended) { if (s ~ /^---/) ended = 0; else { out[i] = ""; continue } }
    if (s ~ /^\.\.\.([ \t\r]|$)/) { ended = 1; out[i] = ""; continue }
    if (block >= 0) {
      if (s ~ /^[ \t\r]*$/ || col > block) {
        plain[i] = 1; out[i] = blocksecret ? "" : keys(urls(s)); continue
      }
      block = -1
    }
    if (open) {
      plain[i] = 1; out[i] = open == 2 ? "" : keys(urls(s))
      q = closing(openq s, 1)
      if (q > 0) open = 0
      continue
    }
    out[i] = s
    if (s ~ /^[ \t\r]*$/ || s ~ /^[ \t]*#/) continue
    if (drop >= 0) { if (col > drop) { out[i] = ""; plain[i] = 1; continue } drop = -1 }
    if (json) { out[i] = keys(urls(pairs(s))); continue }
    if (flow > 0) {
      if (sort != "plain" && !known(s)) withhold()
      flow += depth(s); out[i] = keys(urls(pairs(s))); if (flow <= 0) carry = ""
      continue
    }
    if (col == 0 && s !~ /^(---|%|- |-$|[]{}["']|[A-Za-z_][A-Za-z0-9_.\/+-]*[ \t]*:([ \t\r]|$))/) withhold()
    if (s ~ /^---/ && s !~ /^---[ \t\r]*(#|$)/) withhold()
    # Items: "- " moves the place where a field begins.
    isitem = 0; rest = substr(s, col + 1); at = col
    while (rest ~ /^-([ \t]|$)/) {
      match(rest, /^-[ \t]*/); isitem = 1; cut = at; at += RLENGTH; rest = substr(rest, RLENGTH + 1)
    }
    if (all >= 0 && !(at > all || (isitem && cut >= all))) all = -1
    c = comment(rest); if (c > 0) rest = substr(rest, 1, c - 1)
    sub(/[ \t\r]+$/, "", rest)
    if (match(rest, /^("[^"]*"|'[^']*'|[A-Za-z_][A-Za-z0-9_.\/+-]*)[ \t]*:([ \t]+|$)/)) {
      k = substr(rest, 1, RLENGTH); v = substr(rest, RLENGTH + 1)
      start[i] = at + RLENGTH + 1; value[i] = v
      sub(/[ \t]*:[ \t]*$/, "", k); k = unquote(k)
      while (d > 0 && kcol[d] >= at) d--
      parent = d > 0 ? kname[d] : ""
      d++; kcol[d] = at; kname[d] = k
      if (isitem) { iname[at] = 0; ival[at] = 0 }
      n = secret(k) || all >= 0
      if (k == "staticPodURLHeader") n = 2
      if (sort == "kubeconfig" && parent == "user" && k !~ /^(client-certificate|client-certificate-data|client-key|tokenFile|username|as|as-uid|as-groups|as-user-extra|exec|auth-provider)$/) n = 2
      if (sort == "encryption" && parent == "keys" && k != "name") n = 2
      if (sort == "kubeconfig" && ((parent == "exec" && k == "env") || (parent == "auth-provider" && k == "config"))) n = 2
      if (k == "name") { iname[at] = secret(unquote(v)); if (iname[at] && ival[at] > 0) redactline(ival[at], at) }
      if (k == "value") { ival[at] = i; if (iname[at]) n = 1 }
      flagval = 0; pend = -1
    } else {
      # A field's name with spaces is beyond the pattern above.
      if (rest ~ /:([ \t]|$)/ && rest !~ /^["'{[]/ && (sort != "plain" || tolower(rest) ~ /token|passw|secret|key/)) withhold()
      k = ""; v = rest; start[i] = at + 1; value[i] = v
      n = all >= 0 || flagval || (pend >= 0 && (at > pend || isitem)) || (d > 0 && isitem && secret(kname[d]) && cut >= kcol[d])
      if (!isitem) pend = -1
      flagval = 0
      if (!n && v ~ /^["']?--?[A-Za-z]/) {
        m = unquote(v); sub(/^--?/, "", m)
        if (m !~ /=/ && secret(m)) flagval = 1
      }
      if (!isitem && d > 0) at = kcol[d]
      else if (isitem) at = cut
    }
    if (v ~ /^[|>]/) { block = at; blocksecret = n; if (n) { found = 1; out[i] = substr(out[i], 1, start[i] - 1) "REDACTED" } continue }
    if (v ~ /^["']/ && closing(v, 1) == 0) {
      open = n ? 2 : 1; openq = substr(v, 1, 1)
      if (n) { found = 1; out[i] = substr(out[i], 1, start[i] - 1) "REDACTED" }
      else out[i] = keys(urls(s))
      continue
    }
    if (v ~ /^[{[]/) {
      if (n && v !~ /^(\{[ \t]*\}|\[[ \t]*\])$/) withhold()
      if (sort != "plain" && !known(v)) withhold()
      flow = depth(v); out[i] = keys(urls(pairs(s))); if (flow <= 0) carry = ""
      continue
    }
    if (v == "") { if (n == 2 || (n && all >= 0)) { if (all < 0) all = at } else if (n) pend = at; continue }
    if (n) { redactline(i, at); continue }
    # Of a flag that is an item of its own the value goes to the end of the line.
    if (match(v, /^--?[A-Za-z][A-Za-z0-9_.-]*=/)) {
      m = substr(v, 1, RLENGTH - 1); sub(/^--?/, "", m); n = RLENGTH
      if (secret(m) && !blank(substr(v, n + 1))) { start[i] += n; value[i] = substr(v, n + 1); redactline(i, at); continue }
    }
    if (v ~ /[{[]/ || v ~ /^["']?--?[A-Za-z]/ || v ~ / --?[A-Za-z]/) out[i] = pairsin(s, at)
    out[i] = keys(urls(out[i]))
  }
  for (i = 1; i <= NR; i++) {
    s = out[i]
    if (!plain[i] && index(s, "#") > 0) {
      c = comment(s)
      if (c > 0 && (found || tolower(substr(s, c)) ~ /(token|passw|secret|key-data|credential)[a-z0-9_"' -]*[:=]/)) s = substr(s, 1, c - 1) "# REDACTED" (s ~ /\r$/ ? "\r" : "")
    }
    emit(s)
  }
}
# Of a line of YAML only what follows the dashes and the field's name.
function pairsin(s, at,   head) { head = substr(s, 1, at); return head pairs(substr(s, at + 1)) }
`;
