import { snapData } from '../layout.ts';
import { fields, flags, folders, growing } from '../references.ts';

function table(name: string, rows: Iterable<readonly [string, string]>): string {
  return [...rows].map(([key, value]) => `${name}["${key}"] = "${value}"`).join('; ');
}

const entries = [...folders].map(
  ([name, below]) => [name, below.map((entry) => `${entry.holds} ${entry.entries}`).join('|')] as const,
);

/**
 * What a file names, redacted before, or the arguments of a process, a line each: `kind path` as the collector will
 * want it. `kind` is what the file holds and `path`, in the environment, where it is; the tables are the collector's own.
 */
export const namesAwk = String.raw`
BEGIN {
  ${table('flag', flags)}
  ${table('field', fields)}
  ${table('below', entries)}
  ${table('grows', growing)}
}
function want(k, p) {
  sub(/^unix:(\/\/)?/, "", p)
  if (p !~ /^\// || length(p) > 4096) return
  print k " " p
  wanted[++n_wanted] = k " " p
}
function entriesOf(name, p,   n, each, i, e) {
  if (name == "audit-log-path") sub(/\.[^.\/]*$/, "", p)
  n = split(below[name], each, "|")
  for (i = 1; i <= n; i++) { e = index(each[i], " "); want(substr(each[i], 1, e - 1), p substr(each[i], e + 1)) }
}
function named(name, value, isField,   k, f) {
  sub(/^ETCD_/, "", name); if (name !~ /[a-z]/) name = tolower(name)
  if (!isField) { gsub(/_/, "-", name) }
  if (name == "tls-sni-cert-key") { sub(/:.*/, "", value); f = split(value, pair, ","); for (k = 1; k <= f; k++) want("pem", pair[k]); return }
  sub(/,$/, "", value)
  if (isField && (name in field || name in below) && value !~ /^\// && value !~ /:\/\// && value != "") value = folder "/" value
  sub(/^unix:(\/\/)?/, "", value)
  if (value !~ /^\//) return
  if (name in grows) { f = value; if (grows[name] == "folder") sub(/\/[^\/]*$/, "", f); want("space", f) }
  if (name in below) { want("none", value); entriesOf(name, value); return }
  k = isField ? field[name] : flag[name]
  if (k == "yaml" && value ~ /\.toml$/) k = "toml"
  want(k == "" || k == "manifest" ? "none" : k, value)
}
# Words of a line, quotes and brackets taken away; what stands before a value is kept for the next line.
function words(s, isField,   n, w, i, name, value, e) {
  gsub(/=["']/, "=", s); gsub(/[]["'{}]/, " ", s); gsub(/: /, " : ", s); sub(/:$/, " :", s); gsub(/, /, " ", s)
  n = split(s, w, /[ \t\r]+/)
  for (i = 1; i <= n; i++) {
    if (w[i] == "" || w[i] == "-") continue
    if (w[i] == ":") { last = before; lastField = 1; continue }
    if (w[i] ~ /^--?[A-Za-z]/) {
      name = w[i]; sub(/^--?/, "", name); e = index(name, "=")
      if (e) { named(substr(name, 1, e - 1), substr(name, e + 1), 0); last = "" } else { last = name; lastField = 0 }
    } else if (w[i] ~ /^[A-Za-z_][A-Za-z0-9_]*=/) {
      e = index(w[i], "="); name = substr(w[i], 1, e - 1); value = substr(w[i], e + 1)
      if (name == "EnvironmentFile") { sub(/^-/, "", value); want("variables", value) }
      else if (value ~ /^--?[A-Za-z]/ || value ~ /^[A-Za-z_][A-Za-z0-9_]*=/) words(value, isField)
      else named(name, value, 0)
      last = ""
    } else if (last != "") {
      if (lastField && isField) named(last, w[i], 1)
      else if (!lastField) named(last, w[i], 0)
      else if (w[i] ~ /^\//) want("none", w[i])
      last = ""
    } else if (w[i] ~ /^\//) want("none", w[i])
    before = w[i]
  }
}
# Where a static pod's folders are on the node: mountPath and name, path and name, in items of two lists.
function flush() {
  if (mountPath != "" && itemName != "") { mounts++; inside[mounts] = mountPath; volume[mounts] = itemName; beneath[mounts] = subPath }
  else if (hostPath != "" && itemName != "") source[itemName] = hostPath
  mountPath = ""; itemName = ""; hostPath = ""; subPath = ""
}
function pod(s,   i, n) {
  if (s ~ /^[ ]*- /) { if (match(s, /^[ ]*/) && (RLENGTH <= itemAt || itemAt < 0)) { flush(); itemAt = RLENGTH } sub(/- /, "  ", s) }
  else if (match(s, /^[ ]*/) && RLENGTH <= itemAt && s !~ /^[ ]*$/) { flush(); itemAt = -1 }
  if (s ~ /[{]/) {
    gsub(/hostPath:[ ]*|[{}]/, "", s); n = split(s, flow, /,[ ]*/)
    for (i = 1; i <= n; i++) part(flow[i])
  } else part(s)
}
function part(s,   k, v) {
  if (!match(s, /^[ ]*[A-Za-z]+:[ ]*/)) return
  k = s; sub(/^[ ]*/, "", k); sub(/:.*/, "", k); v = substr(s, RLENGTH + 1); gsub(/["' \r]/, "", v)
  if (k == "mountPath") mountPath = v
  else if (k == "name") itemName = v
  else if (k == "path") hostPath = v
  else if (k == "subPath") subPath = v
}
function mapped(   i, j, k, p, m, best, at, n) {
  n = n_wanted
  for (i = 1; i <= n; i++) {
    k = wanted[i]; sub(/ .*/, "", k); p = substr(wanted[i], length(k) + 2); best = 0
    for (j = 1; j <= mounts; j++) {
      m = inside[j]; sub(/\/+$/, "", m)
      if ((p == m || index(p, m "/") == 1) && (!best || length(m) > length(inside[best])) && (volume[j] in source)) best = j
    }
    if (!best) continue
    m = inside[best]; sub(/\/+$/, "", m); at = source[volume[best]]; sub(/\/+$/, "", at)
    if (beneath[best] != "") at = at "/" beneath[best]
    want(k, at substr(p, length(m) + 1))
  }
}
BEGIN { itemAt = -1; folder = ENVIRON["path"]; sub(/\/[^\/]*$/, "", folder) }
kind == "argv" { if (/^--?[A-Za-z]/ || last != "") { words($0, 0) } next }
kind == "environ" { words($0, 0); last = ""; next }
kind == "sshd" {
  k = tolower($1); sub(/=.*/, "", k); s = $0; sub(/^[ \t]*[A-Za-z0-9]*[ \t]*=?[ \t]*/, "", s); gsub(/["\r]/, "", s); n = split(s, w, /[ \t]+/)
  for (i = 1; i <= n && w[i] !~ /^#/; i++) {
    if (k == "include" && w[i] != "") print "sshd " (w[i] ~ /^\// ? "" : "/etc/ssh/") w[i]
    if (k == "authorizedkeysfile" && w[i] != "") print "patterns " w[i]
  }
  next
}
kind == "sudoers" {
  if ($1 !~ /^[@#]include(dir)?$/) next
  s = $0; sub(/^[ \t]*[@#]include(dir)?[ \t]+/, "", s); gsub(/["\r]/, "", s); sub(/[ \t]+$/, "", s)
  if (s !~ /^\//) s = folder "/" s
  sub(/\/+$/, "", s)
  print "sudoers " s ($1 ~ /dir$/ ? "/*" : "")
  next
}
kind == "accounts" { next }
kind == "toml" && /^[ \t]*root[ \t]*=[ \t]*["']/ { s = $0; sub(/^[^"']*["']/, "", s); sub(/["'].*$/, "", s); want("space", s); want("none", s) }
kind == "arguments" { gsub(/[$][{]SNAP_DATA[}]/, "${snapData}") }
kind == "manifest" { pod($0) }
/^[ \t]*#/ { next }
{
  if (kind == "yaml" && /^["']?kind["']?: *["']?(Pod|Policy|Secret|ConfigMap)/) exit
  words($0, kind == "yaml")
  if (kind != "manifest" && kind != "yaml") { if ($0 !~ /\\\r?$/) last = "" }
}
END { if (kind == "manifest") { flush(); mapped() } }
`;
