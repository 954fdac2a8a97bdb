/**
 * What the container of a process has in memory, by the files of its cgroup: at once and in bytes, where `docker stats` takes two seconds and rounds.
 * The path of that cgroup has the container's id in it, whichever driver the engine uses.
 */
export const MEMORY = `
memory_in() { # <cgroup> <file> <key>: without the cache of files, which is given up when others need room
  if [ -r "$1/$2" ]; then printf '%s' "$(($(cat "$1/$2") - $(sed -n "s/^$3 //p" "$1/memory.stat")))"; fi
}
memory_of() { # <pid>: of its container, which its cgroup has the id of; nothing where the kernel does not count
  id='/.*[0-9a-f]\\{64\\}[^/]*'
  sed -n "s|^[0-9]*:memory:\\($id\\).*|/memory\\1|p; s|^0::\\($id\\).*|\\1|p" "/proc/$1/cgroup" 2>/dev/null |
    while IFS= read -r path; do
      memory_in "/sys/fs/cgroup$path" memory.usage_in_bytes total_inactive_file
      memory_in "/sys/fs/cgroup$path" memory.current inactive_file
    done
}
`;
