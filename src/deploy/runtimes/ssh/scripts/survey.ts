import { CONTAINER } from './container.ts';
import { MEMORY } from './memory.ts';
import { UNIT } from './unit.ts';

/**
 * What a host has and is. Changes nothing. Needs UNITS (`service:unit`, separated by spaces), HEXES and IMAGES (artifacts, and images by digest,
 * that are looked for).
 */
export const SURVEY = `
base=$FOLDER/$DEPLOYMENT
${UNIT}${CONTAINER}${MEMORY}
survey_docker() { # In two calls at most, each of which an engine that hangs may hold up.
  command -v docker >/dev/null || return
  info=$(timeout 10 docker info --format '{{.ServerVersion}} {{.DockerRootDir}}' 2>/dev/null) || return
  root=\${info#* }
  if [ ! -d "$root" ]; then return; fi
  printf 'docker %s\\n' "\${info%% *}"
  printf 'docker-disk %s\\n' "$(df --block-size=1 --output=avail "$root" | tail -n 1)"
  if [ -z "$IMAGES" ]; then return; fi
  # Those that are not there are an error, and the others are printed.
  timeout 10 docker image inspect --format '{{range .RepoDigests}}image {{println .}}{{end}}' $IMAGES 2>/dev/null
}
survey_container() { # <service> <hex> <unit>
  case $containers in *'containers unknown') printf 'used %s %s unknown\\n' "$1" "$2"; return ;; esac
  printf '%s\\n' "$containers" | while read -r key unit status pid image; do
    if [ "$unit" != "$3" ] || [ "$pid" = 0 ]; then continue; fi
    bytes=$(memory_of "$pid")
    printf 'used %s %s %s\\n' "$1" "$2" "\${bytes:-unknown}"
  done
}
survey_taken() { # <service> <hex> <container>
  pid=$(timeout 10 docker container inspect --format '{{.State.Pid}}' "$3" 2>/dev/null) || pid=0
  bytes=$(memory_of "$pid")
  printf 'used %s %s %s\\n' "$1" "$2" "\${bytes:-unknown}"
}
survey_memory() {
  containers=
  if ls "$base/instances"/*/*/image-id >/dev/null 2>&1; then containers=$(list_containers); fi
  for pair in $UNITS; do
    service=\${pair%%:*}
    UNIT=\${pair#*:}
    for dir in "$base/instances/$service"/*/; do
      dir=\${dir%/}
      if [ ! -e "$dir/desired" ]; then continue; fi
      unit=$(unit_of "\${dir##*/}")
      artifact=$(cat "$dir/artifact")
      hex=\${artifact##*[/:]}
      if [ -s "$dir/taken" ]; then hex=taken; fi # Whatever it is, it is another instance than what comes.
      printf 'used %s %s %s\\n' "$service" "$hex" "$(systemctl show --property MemoryCurrent --value "$unit")"
      if [ -s "$dir/container" ]; then survey_taken "$service" "$hex" "$(cat "$dir/container")"; continue; fi
      if [ -s "$dir/image-id" ]; then survey_container "$service" "$hex" "$unit"; fi
    done
  done
}
survey_foreign() { # Those that are not on record: whoever has started them would have them beside, or in the place of, what Onward starts.
  for pair in $UNITS; do
    service=\${pair%%:*}
    UNIT=\${pair#*:}
    for unit in $(list_foreign); do
      if ! cat "$base/instances/$service"/*/taken 2>/dev/null | grep -qxF "$unit"; then printf 'foreign %s\\n' "$unit"; fi
    done
  done
}
main() {
  printf 'now %s\\n' "$(date +%s%3N)"
  printf 'systemd %s\\n' "$(systemctl --version | head -n 1)"
  printf 'machine %s %s %s\\n' "$(cat /etc/machine-id 2>/dev/null)" "$(cat /proc/sys/kernel/random/boot_id)" "$(stat -c %d:%i /)"
  if [ -r /etc/os-release ]; then (. /etc/os-release; printf 'system %s\\n' "\${PRETTY_NAME:-unknown}"); fi
  folder=$base
  while [ ! -d "$folder" ]; do folder=\${folder%/*}; folder=\${folder:-/}; done
  printf 'disk %s\\n' "$(df --block-size=1 --output=avail "$folder" | tail -n 1)"
  sed -n 's/^MemAvailable: *\\([0-9]*\\) kB$/memory \\1/p' /proc/meminfo
  for hex in $HEXES; do if [ -s "$base/artifacts/$hex.staged" ]; then printf 'artifact %s\\n' "$hex"; fi; done
  survey_docker
  survey_memory
  survey_foreign
}`;
