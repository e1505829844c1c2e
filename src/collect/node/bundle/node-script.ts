import { programNames } from '../../../semantics/node/components.ts';
import { maxEntries } from '../file-reader.ts';
import { maxFileBytes } from '../file-store.ts';
import { kernelFiles, sysctlPath, sysctls } from '../kernel.ts';
import { layout } from '../layout.ts';
import { socketTables } from '../listeners.ts';
import { growingFolders } from '../references.ts';
import { findAwk } from './find-awk.ts';
import { namesAwk } from './names-awk.ts';
import { redactAwk } from './redact-awk.ts';

/** Version of what is in a bundle; a reader refuses others. */
export const bundleVersion = 'bulwark-node 1';

const quoted = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(' ');

/**
 * A POSIX shell script that collects what `collectNode` reads, on a node that has no Bulwark: it needs sh, awk, find or
 * ls, stat, readlink, sed, xargs, tar and gzip, as coreutils or busybox have them. Its lists are generated from the
 * collector's own. It writes one tar.gz to the file named first, or to standard output; a second word names the root of
 * a mounted node. With a third word, `live`, that root is where a container that shares the host's process ids sees the
 * files of the running host: processes and kernel are read too. It changes nothing on the node but a temporary folder,
 * which it removes.
 */
export function nodeScript(): string {
  const programs = programNames.flatMap((name) => [`${name}`, `'${name} (deleted)'`]).join('|');
  return `#!/bin/sh
# Collects how Kubernetes is set up on this node, for "bulwark scan --node-bundle FILE" elsewhere. Run it as root:
#   sh collect-node.sh node.tar.gz            this machine
#   sh collect-node.sh node.tar.gz /mnt/node  a mounted node
#   sh collect-node.sh node.tar.gz /host live the host of this container, which shares its process ids
# It reads only. Private keys, tokens and passwords are taken out here and never leave the node; certificates do.
set -u
LC_ALL=C; TZ=UTC; export LC_ALL TZ
PATH=$PATH:/usr/sbin:/usr/bin:/sbin:/bin; export PATH
umask 077
usage() {
  echo "usage: sh collect-node.sh [FILE.tar.gz|-] [ROOT [live]]"
  echo "Collects how Kubernetes is set up on this node, or below ROOT, into FILE or to standard output."
  echo "It reads only, and takes private keys, tokens and passwords out. Run it as root."
}
target=-; [ $# -ge 1 ] && target=$1
case $target in
-h|--help) usage; exit 0 ;;
-) ;;
-*) usage >&2; exit 2 ;;
esac
if [ $# -gt 3 ] || { [ $# -eq 3 ] && [ "$3" != live ]; }; then usage >&2; exit 2; fi
root=; [ $# -ge 2 ] && [ "$2" != / ] && root=$(cd "$2" && pwd -P)
# Whether a system runs there, and the process that stands for it.
live=; init=self
[ -z "$root" ] && live=yes
[ -n "$root" ] && [ "\${3-}" = live ] && { live=yes; init=1; }
say() { echo "collect-node: $*" >&2; }
if [ $# -ge 2 ] && [ "$2" != / ] && [ -z "$root" ]; then say "$2 is no folder"; exit 2; fi
if [ "$target" = - ] && [ -t 1 ]; then say "name a file to write: sh collect-node.sh node.tar.gz"; exit 2; fi
if [ "$target" != - ] && { [ -e "$target" ] || [ -h "$target" ]; }; then say "$target exists"; exit 2; fi
for tool in awk stat readlink sed xargs tar gzip tr od; do
  command -v $tool >/dev/null 2>&1 || { say "this node has no $tool"; exit 2; }
done
[ "$(id -u)" = 0 ] || say "not root: what may not be read will be missing"

tmp=$(mktemp -d 2>/dev/null) || { tmp=/tmp/bulwark-node.$$; mkdir "$tmp" || exit 2; }
trap 'rm -rf "$tmp"' 0
trap 'exit 129' 1; trap 'exit 130' 2; trap 'exit 141' 13; trap 'exit 143' 15
mkdir "$tmp/b" "$tmp/w"
bundle=$tmp/b; work=$tmp/w
newline='
'

cat >"$work/redact.awk" <<'END_OF_AWK'${redactAwk}END_OF_AWK
cat >"$work/find.awk" <<'END_OF_AWK'${findAwk}END_OF_AWK
cat >"$work/names.awk" <<'END_OF_AWK'${namesAwk}END_OF_AWK
cat >"$work/layout" <<'END_OF_LAYOUT'
${layout.map(({ path, holds }) => `${holds} ${path}`).join('\n')}
${growingFolders.map((path) => `space ${path}`).join('\n')}
END_OF_LAYOUT

# What is at the paths of the file $1, as lstat sees it.
look() {
  awk '{ print ENVIRON["prefix"] $0 }' "$1" | tr '\\012' '\\000' |
    xargs -0 stat -c '%f %u %g %s %Y %y|%n' -- 2>/dev/null |
    awk '{ i = index($0, "|"); p = substr($0, i + 1 + length(ENVIRON["prefix"])); print substr($0, 1, i) (p == "" ? "/" : p) }' >"$work/looked"
  cat "$work/looked" >>"$store/stat"
  awk -v in_=1 'in_ == 1 { i = index($0, "|"); have[substr($0, i + 1)] = 1; next } !($0 in have)' "$work/looked" in_=2 "$1" |
    while IFS= read -r path; do
      if [ -x "$prefix$(dirname "$path")" ]; then printf 'A %s\\n' "$path"; else printf 'E %s\\n' "$path"; fi
    done >>"$store/missing"
  sed -n 's/^a[^|]*|//p' "$work/looked" | while IFS= read -r path; do
    to=$(readlink "$prefix$path") || continue
    case $to in *"$newline"*) continue ;; esac
    printf '%s\\n%s\\n' "$path" "$to"
  done >>"$store/links"
}

# The names in the folders of the file $1.
list() {
  while IFS= read -r folder; do
    at=$prefix$folder; [ "$folder" = / ] && at=$prefix
    if ! [ -r "$prefix$folder" ]; then printf 'D %s\\nE\\n' "$folder"; continue; fi
    printf 'D %s\\n' "$folder"
    entries=0
    for entry in "$at"/* "$at"/.[!.]* "$at"/..?*; do
      [ -e "$entry" ] || [ -h "$entry" ] || continue
      case $entry in *"$newline"*) printf 'X\\n'; continue ;; esac
      entries=$((entries + 1))
      [ $entries -gt ${maxEntries} ] && { printf 'M\\n'; break; }
      printf 'N %s\\n' "$entry"
    done | awk '/^N / { print "N " substr($0, 3 + length(ENVIRON["prefix"])); next } { print }'
  done <"$1" >>"$store/listed"
}

# The text of the files of the file $1 ("kind size path"), redacted, and what they name.
keep() {
  while IFS=' ' read -r kind size path; do
    printf '%s %s\\n' "$kind" "$path" >>"$work/kept"
    number=$((number + 1))
    file=$prefix$path
    # Looked at again: it may be another by now.
    if ! [ -f "$file" ] || [ -h "$file" ]; then printf 'A %s %s\\n' $number "$path" >>"$store/texts"; continue; fi
    if ! [ -r "$file" ]; then printf 'E %s %s\\n' $number "$path" >>"$store/texts"; continue; fi
    if awk -v kind="$kind" -v size="$size" -f "$work/redact.awk" <"$file" >"$store/text/$number"; then
      printf 'T %s %s\\n' $number "$path" >>"$store/texts"
      case $kind in pem | name | keys | selinux | policy) continue ;; esac
      awk -v kind="$kind" -f "$work/names.awk" "$store/text/$number" >>"$work/want"
      case $path in */passwd) [ "$kind" = accounts ] && cat "$store/text/$number" >>"$work/passwd" ;; esac
    else
      rm -f "$store/text/$number"
      printf 'W %s %s\\n' $number "$path" >>"$store/texts"
    fi
  done <"$1"
}

# Kubeconfigs and keys in the home folders.
homes() {
  sed -n 's/^patterns //p' "$work/want" | awk '!seen[$0]++' >"$work/patterns"
  awk -F: -v in_=1 'in_ == 1 { pattern[++n] = $0; next }
    $6 !~ /^\\/./ { next }
    {
      print "yaml " $6 "/.kube/config"
      if (n == 0) { print "keys " $6 "/.ssh/authorized_keys"; print "keys " $6 "/.ssh/authorized_keys2" }
      for (i = 1; i <= n; i++) {
        s = pattern[i]; o = ""
        while ((at = index(s, "%")) > 0) {
          c = substr(s, at + 1, 1); o = o substr(s, 1, at - 1) (c == "h" ? $6 : c == "u" ? $1 : c == "U" ? $3 : c == "%" ? "%" : "%" c); s = substr(s, at + 2)
        }
        s = o s
        print "keys " (s ~ /^\\// ? "" : $6 "/") s
      }
    }' "$work/patterns" in_=2 "$work/passwd" >>"$work/want"
}

# Everything that "want" names below the prefix, and what that names in turn.
collect() {
  store=$bundle/$1; prefix=$2; path=/; export prefix path
  mkdir -p "$store/text"
  : >"$work/kept"; : >"$work/passwd"; : >"$work/acls"; : >"$work/spaces"
  for name in stat links missing listed texts; do : >"$store/$name"; done
  round=0
  while [ $round -lt 400 ]; do
    round=$((round + 1))
    [ -s "$work/passwd" ] && homes
    grep -v '^patterns ' "$work/want" | awk '!seen[$0]++' >"$work/wanted"
    awk -v max=${maxFileBytes} -f "$work/find.awk" in_=stat "$store/stat" in_=links "$store/links" in_=missing "$store/missing" \\
      in_=listed "$store/listed" in_=kept "$work/kept" in_=want "$work/wanted" >"$work/plan"
    sed -n 's/^Q //p' "$work/plan" >"$work/denied"; sed -n 's/^G //p' "$work/plan" >"$work/spaces"
    sed -n 's/^B //p' "$work/plan" >"$work/large"
    for step in S L T; do sed -n "s/^$step //p" "$work/plan" >"$work/$step"; done
    [ -s "$work/S" ] || [ -s "$work/L" ] || [ -s "$work/T" ] || break
    [ -s "$work/S" ] && look "$work/S"
    [ -s "$work/L" ] && list "$work/L"
    [ -s "$work/T" ] && keep "$work/T"
  done
  sed 's/^/D 0 /' "$work/denied" >>"$store/texts"
  sed 's/^/B 0 /' "$work/large" >>"$store/texts"
  { sed 's/^[a-z]* //' "$work/kept"; cat "$work/denied"; } >"$work/acls"
  if [ -s "$work/acls" ] && command -v getfacl >/dev/null 2>&1; then
    awk '{ print ENVIRON["prefix"] $0 }' "$work/acls" | tr '\\012' '\\000' | xargs -0 getfacl -n -p -P -- 2>/dev/null |
      awk 'index($0, "# file: " ENVIRON["prefix"]) == 1 { print "# file: " substr($0, 9 + length(ENVIRON["prefix"])); next } { print }' >"$store/acl"
  fi
  if [ -n "$live" ] && [ -s "$work/spaces" ]; then
    awk '{ print ENVIRON["prefix"] $0 }' "$work/spaces" | tr '\\012' '\\000' |
      xargs -0 stat -f -c '%S %b %a|%n' -- 2>/dev/null |
      awk '{ i = index($0, "|"); print substr($0, 1, i) substr($0, i + 1 + length(ENVIRON["prefix"])) }' >"$store/space"
  fi
}

# One process: its arguments and the variables that configure etcd, redacted.
process() {
  from=/proc/$1; to=$bundle/process/$1
  mkdir -p "$to"
  tr '\\000\\012' '\\012\\001' <"$from/cmdline" | awk -v kind=argv -f "$work/redact.awk" >"$to/cmdline"
  printf '%s\\n' "$2" >"$to/exe"
  cat "$from/cgroup" >"$to/cgroup"
  cat "$from/stat" >"$to/stat"
  sed -n '/^Uid:/p' "$from/status" >"$to/status"
  if [ -r "$from/environ" ]; then
    tr '\\000\\012' '\\012\\001' <"$from/environ" | awk '/^ETCD_/' | awk -v kind=environ -f "$work/redact.awk" >"$to/environ"
  fi
  files=unknown
  if [ -n "$(readlink "$from/ns/mnt")" ]; then
    files=own
    if [ -n "$hostMounts" ]; then
      [ "$(readlink "$from/ns/mnt")" = "$hostMounts" ] && [ "$(readlink "$from/root")" = / ] && files=host
    elif [ "$(stat -c '%d %i' "$from/root/.")" = "$(stat -c '%d %i' "$root/.")" ]; then
      files=host
    fi
  fi
  printf '%s\\n' $files >"$to/files"
  wants=$work/want.$1; [ $files = host ] && wants=$work/want.host
  [ $files = unknown ] && return
  awk -v kind=argv -f "$work/names.awk" "$to/cmdline" >>"$wants"
  [ -f "$to/environ" ] && awk -v kind=environ -f "$work/names.awk" "$to/environ" >>"$wants"
}

processes() {
  hostMounts=$(readlink /proc/$init/ns/mnt 2>/dev/null)
  for folder in /proc/[1-9]*; do
    [ -r "$folder/cmdline" ] || continue
    exe=$(readlink "$folder/exe" 2>/dev/null)
    name=$exe
    [ -n "$name" ] || name=$(tr '\\000' '\\012' <"$folder/cmdline" 2>/dev/null | sed 1q)
    case $name in */*) name=$(printf '%s\\n' "$name" | sed 's|.*/||') ;; esac
    case $name in ${programs}) ;; *) continue ;; esac
    [ -n "$(tr -d '\\000' <"$folder/cmdline" 2>/dev/null)" ] || continue
    case $name in
      kubectl*) tr '\\000' '\\012' <"$folder/cmdline" | grep -q -x -e proxy -e port-forward || continue ;;
    esac
    process "$(printf '%s\\n' "$folder" | sed 's|.*/||')" "$exe" 2>/dev/null
  done
}

system() {
  for path in ${quoted([...new Set([...Object.values(kernelFiles), ...sysctls.map(sysctlPath)])].filter((path) => path !== kernelFiles.status))}; do
    # What a container reads there is of its own network.
    case $path in /proc/sys/net/*) [ -z "$root" ] || continue ;; esac
    place=$root$path; [ -r "$place" ] || place=$path
    [ -r "$place" ] || continue
    mkdir -p "$bundle/system$(dirname "$path")"
    cat "$place" >"$bundle/system$path" 2>/dev/null || rm -f "$bundle/system$path"
  done
  mkdir -p "$bundle/system/proc/self" "$bundle/system/proc/net"
  sed -n '/^Seccomp:/p' /proc/self/status >"$bundle/system/proc/self/status"
  for path in ${quoted(socketTables)}; do
    place=/proc/$init/\${path#/proc/}
    [ -r "$place" ] && awk 'NR == 1 || $4 == "0A"' "$place" >"$bundle/system$path"
  done
  ls -l /proc/[1-9]*/fd 2>/dev/null | awk -v in_=1 'in_ == 1 { if ($4 == "0A") want[$10] = 1; next }
    /^\\/proc\\/[0-9]+\\/fd:$/ { split($0, part, "/"); pid = part[3] + 0; next }
    match($0, /socket:\\[[0-9]+\\]$/) { s = substr($0, RSTART + 8, RLENGTH - 9); if ((s in want) && (!(s in owner) || pid < owner[s])) owner[s] = pid }
    END { for (s in owner) print s " " owner[s] }' ${socketTables.map((path) => `"$bundle/system${path}"`).join(' ')} in_=2 - >"$bundle/sockets"
}

{
  echo '${bundleVersion}'
  if [ -n "$live" ]; then echo 'from host'; else echo 'from root'; fi
  if [ -n "$root" ]; then echo "name $(basename "$root")"; else echo "name $(hostname 2>/dev/null || uname -n)"; fi
  echo "uid $(id -u)"
  [ "$(printf '\\001\\000' | od -A n -t d2 | tr -d ' ')" = 256 ] && echo 'order big'
} >"$bundle/bundle"
number=0
: >"$work/want.host"
if [ -n "$live" ]; then
  system
  processes
fi
cat "$work/layout" "$work/want.host" >"$work/want"
collect host "$root"
for wants in "$work"/want.[0-9]*; do
  [ -e "$wants" ] || continue
  pid=$(printf '%s\\n' "$wants" | sed 's|.*\\.||')
  { echo 'none /'; cat "$wants"; } >"$work/want"
  collect "$pid" "/proc/$pid/root"
done
if [ "$target" = - ]; then
  (cd "$bundle" && tar cf - *) | gzip -c
else
  set -C
  (cd "$bundle" && tar cf - *) | gzip -c >"$target" || { say "could not write $target"; exit 2; }
fi
`;
}
