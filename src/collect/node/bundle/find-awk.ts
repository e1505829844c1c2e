/**
 * Walks the wanted paths name by name over what has been looked at so far, links as the kernel follows them, and says
 * what is to be looked at next, until nothing is: the shell runs it in rounds. Reads, each named before by `in=`:
 * `stat` (`mode uid gid size seconds time|path`), `links` (a line the link, a line where it leads), `missing`
 * (`A path`), `listed` (`D folder` and `N path` of each entry), `kept` (`kind path`) and `want` (`kind path`, with `*` in
 * the path as in the layout). Prints `S path` to look at, `L path` to list, `T kind size path` for a file whose
 * text is wanted (`B path` where it has more than `max` bytes), `Q path` for one whose access list is, and `G path` for a folder whose space is.
 */
export const findAwk = String.raw`
function need(p) { if (!(p in needed)) { needed[p] = 1; print "S " p } }
function list(p) { if (!(p in toList)) { toList[p] = 1; print "L " p } }
function walk(path,   left, at, name, i, p, hops) {
  left = path; at = ""; hops = 0
  if (!("/" in type)) { need("/"); return "" }
  while (1) {
    sub(/^\/+/, "", left)
    if (left == "") return at == "" ? "/" : at
    if (type[at == "" ? "/" : at] != "4") return ""
    i = index(left, "/"); name = i ? substr(left, 1, i - 1) : left; left = i ? substr(left, i) : ""
    if (name == ".") continue
    if (name == "..") { sub(/\/[^\/]*$/, "", at); continue }
    p = at "/" name
    if (p in gone) return ""
    if (!(p in type)) { need(p); return "" }
    if (type[p] != "a") { at = p; continue }
    if (++hops > 40 || !(p in target)) return ""
    if (target[p] ~ /^\//) at = ""
    left = target[p] left
  }
}
function add(path, kind,   c, k) {
  c = walk(path)
  if (c == "") return
  if (kind == "space") { if (!((kind, c) in told)) { told[kind, c] = 1; print "G " c } return }
  if (kind == "folder") {
    if (type[c] != "4") return
    if (!(c in listed)) { list(c); return }
    for (k = 1; k <= listed[c]; k++) walk(child[c, k])
    return
  }
  if (type[c] != "8") return
  if (kind == "token" || kind == "password") { if (!(c in denied)) { denied[c] = 1; print "Q " c } return }
  if (kind == "none" || (c in text)) return
  text[c] = kind; order[++texts] = c
}
function expand(pattern, kind,   star, i, folder, name, tail, c, k, n, before, after) {
  star = index(pattern, "*")
  if (!star) { add(pattern, kind); return }
  folder = substr(pattern, 1, star - 1); sub(/\/[^\/]*$/, "", folder)
  name = substr(pattern, length(folder) + 2); i = index(name, "/"); tail = ""
  if (i) { tail = substr(name, i); name = substr(name, 1, i - 1) }
  c = walk(folder == "" ? "/" : folder)
  if (c == "" || type[c] != "4") return
  if (!(c in listed)) { list(c); return }
  if (name == "**") { below(c, kind, 0); return }
  i = index(name, "*"); before = substr(name, 1, i - 1); after = substr(name, i + 1)
  for (k = 1; k <= listed[c]; k++) {
    n = child[c, k]; sub(/^.*\//, "", n)
    if (n ~ /^\./ || substr(n, 1, length(before)) != before || substr(n, length(n) - length(after) + 1) != after) continue
    expand(child[c, k] tail, kind)
  }
}
function below(c, kind, depth,   k, p) {
  if (depth > 12) return
  if (!(c in listed)) { list(c); return }
  for (k = 1; k <= listed[c]; k++) {
    p = child[c, k]
    if (p in gone) continue
    if (!(p in type)) { need(p); continue }
    if (type[p] == "4") below(p, kind, depth + 1)
    else add(p, kind)
  }
}
in_ == "stat" { i = index($0, "|"); p = substr($0, i + 1); type[p] = substr($1, 1, 1); size[p] = $4; next }
in_ == "links" { if (isTarget) target[link] = $0; else link = $0; isTarget = !isTarget; next }
in_ == "missing" { gone[substr($0, 3)] = 1; next }
in_ == "listed" { if (/^D /) { at = substr($0, 3); listed[at] = 0 } else if (/^N /) child[at, ++listed[at]] = substr($0, 3); next }
in_ == "kept" { i = index($0, " "); kept[substr($0, i + 1)] = 1; next }
in_ == "want" { i = index($0, " "); expand(substr($0, i + 1), substr($0, 1, i - 1)) }
END {
  for (i = 1; i <= texts; i++) {
    p = order[i]
    if ((p in kept) || (p in denied)) continue
    if (size[p] + 0 > max) print "B " p
    else print "T " text[p] " " size[p] " " p
  }
}
`;
