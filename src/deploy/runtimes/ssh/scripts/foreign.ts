/**
 * What scripts know of units that the operator has started, without Onward's drop-in: what their processes run, which is compared with what a
 * release ships. Paths are read as the process itself sees them. Needs `unit.ts` and `container.ts`.
 */
export const FOREIGN = `
processes_of() { # <unit>: all of its control group
  group=$(systemctl show --property ControlGroup --value "$1")
  if [ -z "$group" ]; then return; fi
  find "/sys/fs/cgroup$group" "/sys/fs/cgroup/systemd$group" -name cgroup.procs -exec cat {} + 2>/dev/null
}
words_of() { { readlink "/proc/$1/exe"; tr '\\000' '\\n' <"/proc/$1/cmdline"; } 2>/dev/null; } # <pid>
program_of() { # <pid> <programs of a folder, one a line>: the folder of which it runs one, and as what it was called
  cwd=$(readlink "/proc/$1/cwd") || return
  if [ -z "$2" ]; then printf '%s\\n%s\\n' "$cwd" "$cwd"; return; fi
  words_of "$1" | while IFS= read -r word; do
    case $word in /*) ;; '' | -*) continue ;; *) word=$cwd/$word ;; esac
    real=$(readlink -e "$word") || continue
    printf '%s\\n' "$2" | while IFS= read -r program; do
      case $real in */"$program") printf '%s\\n%s\\n' "\${real%/"$program"}" "$word" ;; esac
    done
  done | head -n 2
}
find_running() { # <unit> <programs>: sets pid, root and called; fails when none of its processes runs one
  for pid in $(processes_of "$1"); do
    found=$(program_of "$pid" "$2")
    root=\${found%%
*}
    called=\${found#*
}
    if [ -n "$root" ]; then return 0; fi
  done
  return 1
}
container_running() { # <unit>: name of the container that its "docker run" waits for; nothing when it cannot be told
  for pid in $(processes_of "$1"); do
    words=$(words_of "$pid")
    case $words in */docker*) ;; *) continue ;; esac
    name=$(printf '%s\\n' "$words" | awk 'next_is { print; exit } $0 == "--name" { next_is = 1 } /^--name=/ { print substr($0, 8); exit }')
    if [ -n "$name" ]; then printf '%s' "$name"; return; fi
    set -- "$1" $(timeout 10 docker ps --format '{{.Names}} {{.Image}}' 2>/dev/null |
      while read -r name image; do if printf '%s\\n' "$words" | grep -qxF "$image"; then printf '%s\\n' "$name"; fi; done)
    if [ $# = 2 ]; then printf '%s' "$2"; fi
    return
  done
}
show_ports() { # <processes>: what they listen on; the first one tells the network
  if [ $# = 0 ]; then return; fi
  sockets=$(for each in "$@"; do find "/proc/$each/fd" -lname 'socket:*' -printf '%l\\n' 2>/dev/null; done | tr -dc '0-9\\n' | sort -u)
  cat "/proc/$1/net/tcp" "/proc/$1/net/tcp6" 2>/dev/null | while read -r line local remote state q w r u t inode rest; do
    if [ "$state" = 0A ] && printf '%s\\n' "$sockets" | grep -qx "$inode"; then printf 'port %d\\n' "0x\${local##*:}"; fi
  done | sort -u
}
changed_after() { # <seconds since the epoch> <paths, one a line>: those that have changed since, or are gone
  if [ -z "$2" ]; then return; fi
  printf '%s\\n' "$2" | xargs -d '\\n' stat --format '%.3Z %n' 2>/dev/null |
    awk -v limit="$1" -v all="$(printf '%s\\n' "$2" | wc -l)" \
      '$1 > limit { sub(/^[^ ]* /, ""); print } END { if (NR < all) print "one that is gone" }'
}
`;
