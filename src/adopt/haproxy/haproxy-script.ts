/**
 * Shows every HAProxy of a machine that is in no container: its unit, its words, and the lines of its configuration that match KEEP. Changes
 * nothing. What is read is limited, and no other file than those that its words name.
 */
export const HAPROXY_SCRIPT = `
show_haproxies() {
  for dir in /proc/[0-9]*; do
    is_haproxy "$dir" || continue
    # One that has ended has no words.
    if [ -z "$(tr -d '\\0' <"$dir/cmdline" 2>/dev/null)" ]; then continue; fi
    parent=$(sed -n 's/^PPid:[[:space:]]*//p' "$dir/status" 2>/dev/null)
    if is_haproxy "/proc/$parent"; then continue; fi
    group=$(cat "$dir/cgroup" 2>/dev/null)
    case $group in *docker* | *containerd* | *libpod* | *kubepods* | *crio* | *lxc*) continue ;; esac
    unit=$(printf '%s\\n' "$group" | sed -n 's#^.*/\\([^/]*[.]service\\)$#\\1#p' | head -n 1)
    printf 'haproxy %s\\n' "\${unit:-process \${dir#/proc/}}"
    tr '\\0' '\\n' <"$dir/cmdline" | sed 's/^/word /'
    tr '\\0' '\\n' <"$dir/cmdline" | while IFS= read -r word; do
      if [ "$before" = -f ]; then show_files "$word"; fi
      before=$word
    done
  done
}
is_haproxy() { # <folder of a process>
  name=
  { read -r name <"$1/comm"; } 2>/dev/null
  [ "$name" = haproxy ]
}
show_files() { # <a file, or a folder of them>
  if [ -d "$1" ]; then
    for file in "$1"/*.cfg; do show_file "$file"; done
  else
    show_file "$1"
  fi
}
show_file() {
  if [ ! -f "$1" ] || [ ! -r "$1" ]; then return; fi
  printf 'file %s\\n' "$1"
  head -c 65536 "$1" | grep -E "$KEEP" | sed 's/^/text /'
}
`;
