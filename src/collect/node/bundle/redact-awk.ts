import { publicNames, secretEndings } from '../redact-words.ts';
import { redactYamlAwk } from './redact-yaml-awk.ts';

/** Pieces of the base64 of `PRIVATE KEY`, one for each place that it may begin at. */
function encodedPieces(text: string): string[] {
  return [0, 1, 2].map((shift) => {
    const encoded = Buffer.from('\0'.repeat(shift) + text).toString('base64');
    // The first and the last characters also hold bits of what stands beside.
    return encoded.slice(shift === 0 ? 0 : shift + 1, Math.floor(((shift + text.length) * 8) / 6));
  });
}

/**
 * Takes secrets out of a file on the node, line for line, as `redact-file.ts` does on reading; `kind` is what the file
 * holds. It knows less than a parser, so that it takes out more, and what it cannot be sure of it withholds: exit 3.
 * awk of POSIX, without intervals, which old mawk does not have.
 */
export const redactAwk = String.raw`
function secret(n) {
  sub(/^ETCD_/, "", n); gsub(/_/, "-", n); n = tolower(n)
  if (n == "auth") return 1
  if (n ~ /^(${[...publicNames].join('|')})$/) return 0
  return n ~ /(${secretEndings.join('|')})$/
}
function withhold() { exit 3 }
function blank(v) { return v ~ /^(""|''|null|~|true|false)?$/ }
function unquote(v) { if (v ~ /^".*"$/ || v ~ /^'.*'$/) return substr(v, 2, length(v) - 2); return v }
function indentof(s) { match(s, /^ */); return RLENGTH }

# Where a comment begins: after white space, outside of quotes. 0 where there is none.
function comment(s,   at, c, before, from, q) {
  from = 1
  while (match(substr(s, from), /["'#]/)) {
    at = from + RSTART - 1; c = substr(s, at, 1); before = at == 1 ? " " : substr(s, at - 1, 1)
    from = at + 1
    if (c == "#") { if (before ~ /[ \t]/) return at; continue }
    if (before !~ /[ \t:,[{]/) continue
    q = closing(s, at)
    if (q == 0) return 0
    from = q + 1
  }
  return 0
}

# Where the quote that opens at "at" closes; 0 where it does not on this line.
function closing(s, at,   q, i, c) {
  q = substr(s, at, 1)
  for (i = at + 1; i <= length(s); i++) {
    c = substr(s, i, 1)
    if (c == "\\" && q == "\"") { i++; continue }
    if (c != q) continue
    if (q == "'" && substr(s, i + 1, 1) == "'") { i++; continue }
    return i
  }
  return 0
}

# Credentials inside other text: scheme://user:password@host, and what stands behind Bearer and Basic.
function urls(s,   out, m, c) {
  if (s ~ /[Bb][EeAa][AaSs][RrIi][EeCc][Rr]?[ \t]/) s = schemes(s)
  if (s !~ /:\/\/[^ \t\/@"']*@/) return s
  out = ""
  while (match(s, /:\/\/[^ \t\/@:"']*:[^ \t\/"']*@/)) {
    m = substr(s, RSTART, RLENGTH); c = index(substr(m, 4), ":")
    out = out substr(s, 1, RSTART - 1) substr(m, 1, 3 + c) "REDACTED@"
    s = substr(s, RSTART + RLENGTH)
  }
  return out s
}

function schemes(s,   out, n, m) {
  out = ""
  while (match(s, /([Bb][Ee][Aa][Rr][Ee][Rr]|[Bb][Aa][Ss][Ii][Cc])[ \t]+[A-Za-z0-9+\/._~=-]+/)) {
    m = substr(s, RSTART, RLENGTH); out = out substr(s, 1, RSTART - 1); s = substr(s, RSTART + RLENGTH)
    match(m, /[ \t]+/); n = RSTART + RLENGTH
    if (length(m) - n >= 7 && substr(m, n) ~ /[0-9=]/) { found = 1; m = substr(m, 1, n - 1) "REDACTED" }
    out = out m
  }
  return out s
}

# Private keys, as PEM over several lines or in one, or as base64 of it.
function keys(s,   out, run, at) {
  if (inkey) {
    if (s ~ /-----END /) { inkey = 0; at = index(s, "-----END "); return redactwords(substr(s, 1, at - 1)) substr(s, at) }
    return redactwords(s)
  }
  if (match(s, /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/)) {
    found = 1; out = substr(s, 1, RSTART + RLENGTH - 1); s = substr(s, RSTART + RLENGTH)
    if (match(s, /-----END [A-Z0-9 ]*PRIVATE KEY-----/)) return out "REDACTED" keys(substr(s, RSTART))
    inkey = 1
    return out redactwords(s)
  }
  if (inbase && s ~ /^[ \t]*[A-Za-z0-9+\/=]+[ \t]*$/) return ""
  inbase = 0; out = ""
  while (match(s, /LS0tLS1CRUdJTi[A-Za-z0-9+\/=]*/)) {
    run = substr(s, RSTART, RLENGTH)
    if (run !~ /^LS0tLS1CRUdJTiBDRVJUSUZJQ0FUR/ || run ~ /${encodedPieces('PRIVATE KEY').join('|')}/) {
      found = 1; run = "REDACTED"; inbase = (RSTART + RLENGTH > length(s))
    }
    out = out substr(s, 1, RSTART - 1) run; s = substr(s, RSTART + RLENGTH)
  }
  return out s
}
function redactwords(s) { gsub(/[^ \t\r]+/, "REDACTED", s); return s }

# name=value, name: value and --name value anywhere in a line.
function pairs(s,   out, m, name, from, rest, n, q, before) {
  out = ""
  # The rest of a secret that began on a line before.
  if (carry == ",") { if (!match(s, /[],}]/)) return ""; s = substr(s, RSTART); carry = "" }
  else if (carry == "]") { if (!match(s, /\]/)) return ""; s = substr(s, RSTART + 1); carry = "" }
  else if (carry != "") { q = closing(carry s, 1); if (q == 0) return ""; s = substr(s, q); carry = "" }
  while (match(s, /(--?)?[A-Za-z_][A-Za-z0-9_.-]*(["']?[ \t]*[:=][ \t]*|[ \t]+)/)) {
    m = substr(s, RSTART, RLENGTH); from = RSTART + RLENGTH; rest = substr(s, from)
    name = m; sub(/["']?[ \t]*[:=]?[ \t]*$/, "", name); before = RSTART > 1 ? substr(s, RSTART - 1, 1) : ""
    if (substr(s, 1, RSTART - 1) ~ /[{]/) opened()
    # A word before white space is a name only as a flag.
    if (m !~ /[:=]/ && name !~ /^-/) { out = out substr(s, 1, from - 1); s = rest; continue }
    sub(/^--?/, "", name); n = 0
    if (isyaml && name == "name") {
      q = rest; sub(/^["']/, "", q); sub(/[] \t,}"'].*$/, "", q); nameis = secret(q)
      if (nameis && valued) withhold()
    }
    if (isyaml && name == "value") valued = 1
    if (secret(name) || (isyaml && name == "value" && nameis)) {
      if (isyaml && rest ~ /^[{]/) n = 0
      else if (isyaml && rest ~ /^\[/) { n = index(rest, "]"); if (n == 0) { n = length(rest); carry = "]" } }
      else if (m !~ /:/ && before ~ /["']/) { n = index(rest, before) - 1; if (n < 0) { n = length(rest); if (isyaml) carry = before } }
      else if (rest ~ /^["']/) { q = closing(rest, 1); n = q == 0 ? length(rest) : q; if (q == 0) carry = substr(rest, 1, 1) }
      else if (isyaml && m ~ /:/) { match(rest, /^[^],{}[]*/); n = RLENGTH; if (n == length(rest)) carry = "," }
      else if (match(rest, /^[^] \t,}"']+/)) n = RLENGTH
      if (n > 0 && (blank(substr(rest, 1, n)) || (m !~ /[:=]/ && rest ~ /^-/))) n = 0
    }
    out = out substr(s, 1, from - 1)
    if (n > 0 || (carry != "" && rest == "")) { found = 1; out = out (json ? "\"REDACTED\"" : "REDACTED") }
    s = substr(rest, n + 1)
  }
  if (s ~ /[{]/) opened()
  return out s
}
# Of a mapping that begins: whether its name is a secret's, and whether its value came first.
function opened() { nameis = 0; valued = 0 }

${redactYamlAwk}
function pem(   i, s, label, from, body, j) {
  label = ""
  for (i = 1; i <= NR; i++) {
    s = L[i]; sub(/[ \t\r]+$/, "", s)
    if (s ~ /^-----BEGIN [A-Z0-9 ]+-----$/) {
      out[i] = s; label = substr(s, 12, length(s) - 16); from = i; continue
    }
    if (label == "") { out[i] = ""; continue }
    if (s ~ /^-----END [A-Z0-9 ]+-----$/) {
      # A certificate is a SEQUENCE that begins with another, both of more than 127 bytes; a key begins with a number.
      if (label !~ /CERTIFICATE$/ || L[from + 1] !~ /^MII[A-Za-z0-9+\/][A-Za-z0-9+\/][DTjz]C[BC]/) for (j = from + 1; j < i; j++) if (L[j] ~ /[^ \t\r]/) out[j] = "REDACTED"
      out[i] = s; label = ""; continue
    }
    out[i] = label ~ /CERTIFICATE$/ && s ~ /^[A-Za-z0-9+\/=]*$/ ? L[i] : (s == "" ? "" : "REDACTED")
  }
  # A block that does not end may be anything.
  if (label != "") for (j = from + 1; j <= NR; j++) if (out[j] != "") out[j] = "REDACTED"
  for (i = 1; i <= NR; i++) emit(out[i])
}

function unit(   i, s, more, cutting) {
  for (i = 1; i <= NR; i++) {
    s = L[i]
    if (cutting) { emit((s ~ /\\\r?$/ ? "\\" : "")); if (s !~ /\\\r?$/) { cutting = 0; more = 0 } continue }
    if (!more && s !~ /^[ \t]*($|\r|[#;[]|(export[ \t]+)?[A-Za-z_][A-Za-z0-9_.-]*[ \t]*=)/) { emit(""); continue }
    more = s ~ /\\\r?$/
    # A secret whose value ends on a later line.
    if (more && s ~ /(=|[ \t])\\\r?$/) { m = s; sub(/[= \t]*\\\r?$/, "", m); sub(/^.*[ \t"'=]/, "", m); sub(/^-*/, "", m); if (secret(m)) cutting = 1 }
    if (more && pairs(s) != s && s ~ /=["'][^"']*\\\r?$/) { cutting = 1 }
    emit(keys(urls(pairs(assigned(s)))))
  }
}
# NAME=value over a whole line: the value may hold anything.
function assigned(s,   name) {
  if (!match(s, /^[ \t]*(export[ \t]+)?[#;]?[ \t]*[A-Za-z_][A-Za-z0-9_.-]*[ \t]*=[ \t]*/)) return s
  name = substr(s, 1, RLENGTH); sub(/[ \t]*=[ \t]*$/, "", name); sub(/^.*[ \t#;]/, "", name)
  if (!secret(name) || blank(substr(s, RLENGTH + 1))) return s
  found = 1
  return substr(s, 1, RLENGTH) "REDACTED" (s ~ /\\$/ ? "\\" : "")
}

function toml(   i, s, v, head, until, headers) {
  until = ""; headers = 0
  for (i = 1; i <= NR; i++) {
    s = L[i]
    if (until != "") { if (index(s, until) > 0) until = ""; emit(""); continue }
    if (s ~ /^[ \t]*\[\[?[^=]*\]\]?[ \t]*(#.*)?\r?$/) { headers = s ~ /(^|[.[ \t])["']?header["']?[ \t]*\]/; emit(keys(urls(s))); continue }
    # Any header of HTTP may be a credential.
    if (headers || s ~ /(^|[ \t,{.])["']?header["']?[ \t]*[.=]/) {
      n = index(s, "="); if (n == 0) { emit(""); continue }
      v = substr(s, n + 1); if (v ~ /\[/ && v !~ /\]/) until = "]"
      emit(substr(s, 1, n) " \"REDACTED\""); continue
    }
    if (match(tolower(s), /(^|[ \t,{.])["']?([a-z0-9_-]*(passw(or)?d|token|secret)|auth|authorization)["']?[ \t]*=[ \t]*/)) {
      head = substr(s, 1, RSTART + RLENGTH - 1); v = substr(s, RSTART + RLENGTH)
      if (v !~ /^(""([^"]|$)|''([^']|$)|\[[ \t]*\])/) {
        if (v ~ /^("""|''')/) { until = substr(v, 1, 3); if (index(substr(v, 4), until) > 0) until = "" }
        else if (v ~ /^\[/ && v !~ /\]/) until = "]"
        if (v ~ /^"[^"\\]*"/) { match(v, /^"[^"\\]*"/); v = substr(v, RLENGTH + 1) } else v = ""
        s = head "\"REDACTED\"" (v ~ /[=]/ ? "" : v)
      }
    }
    emit(keys(urls(s)))
  }
}

function argv(   i, s, n, isvalue) {
  for (i = 1; i <= NR; i++) {
    s = L[i]
    if (match(s, /^--?[A-Za-z][A-Za-z0-9_.-]*/)) {
      n = substr(s, 1, RLENGTH); sub(/^--?/, "", n)
      if (substr(s, RLENGTH + 1, 1) == "=") { if (secret(n)) s = substr(s, 1, RLENGTH) "=REDACTED"; isvalue = 0 }
      else isvalue = RLENGTH == length(s) && secret(n)
      emit(keys(urls(s))); continue
    }
    if (s ~ /^[A-Z][A-Z0-9_]*=/ && kind == "environ") { n = s; sub(/=.*/, "", n); if (secret(n) && s !~ /=$/) s = n "=REDACTED" }
    emit(isvalue ? "REDACTED" : keys(urls(s))); isvalue = 0
  }
}

# --name=value over a whole line: the value may hold anything.
function argument(s,   name) {
  if (!match(s, /^[ \t]*--?[A-Za-z][A-Za-z0-9_.-]*=/)) return s
  name = substr(s, 1, RLENGTH - 1); sub(/^[ \t]*--?/, "", name)
  if (!secret(name) || blank(substr(s, RLENGTH + 1))) return s
  found = 1
  return substr(s, 1, RLENGTH) "REDACTED"
}

function lines(   i, s) {
  for (i = 1; i <= NR; i++) {
    s = L[i]
    if (kind == "accounts") { n = split(s, F, ":"); if (n >= 7) s = F[1] ":x:" F[3] ":" F[4] "::" F[6] ":"; else if (n == 4) s = F[1] ":x:" F[3] ":" F[4]; else s = "" }
    else if (kind == "keys") s = s ~ /^[ \t]*[^ \t#\r]/ ? "key" : ""
    else if (kind == "arguments") s = s ~ /^[ \t]*(-|#|$)/ ? keys(urls(pairs(argument(s)))) : ""
    else if (kind == "policy") { if (s !~ /^[ \t]*\{.*\}[ \t\r]*$/) s = ""; else s = keys(urls(pairs(s))) }
    else if (kind == "selinux") { if (s !~ /^[ \t]*SELINUX(TYPE)?[ \t]*=/) s = "" }
    else if (kind == "sudoers") { if (s ~ /^[ \t]*#/ && s !~ /^[ \t]*#(include|[0-9])/) s = "" }
    else if (kind == "sshd") { if (s !~ /^[ \t]*[A-Za-z][A-Za-z0-9]*([ \t]*=|[ \t])/) s = "" }
    emit(s)
  }
}

# The last line ends as it does in the file, whose size tells.
function emit(s) { if (emitted++) s = "\n" s; print s }
BEGIN { ORS = "" }
{ L[NR] = $0; bytes += length($0) + 1 }
END {
  isyaml = kind == "yaml" || kind == "manifest"
  if (kind == "pem") pem()
  else if (isyaml) yaml()
  else if (kind == "unit" || kind == "variables") unit()
  else if (kind == "toml") toml()
  else if (kind == "argv" || kind == "environ") argv()
  else if (kind == "name") { if (NR > 20) exit 3; for (i = 1; i <= NR; i++) if (L[i] !~ /^[ \t]*(#.*|[A-Za-z0-9.-]*)[ \t\r]*$/) exit 3; for (i = 1; i <= NR; i++) emit(L[i]) }
  else lines()
  if (NR > 0 && bytes != size + 1) print "\n"
}
`;
