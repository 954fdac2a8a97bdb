import { CONTAINER } from './container.ts';
import { FOREIGN } from './foreign.ts';
import { UNIT } from './unit.ts';

/** A file that was put in place in the very second in which its process started was there before it. */
const START_SLACK_S = 1;
/** So many files that a release does not have are listed, and looked for no longer than this. */
const EXTRAS = 200;
const EXTRAS_LIMIT_S = 30;

/**
 * Compares what the units of a service that Onward has not started run with an artifact: every file's sha256, every link, and that nothing of it
 * has changed since its process started; of a container its image. Changes nothing. Needs UNIT, IMAGE (by digest; empty for files), PROGRAMS,
 * MANIFEST, PATHS and LINKS (`./path -> target`), the last four one a line.
 */
export const OBSERVE_FOREIGN = `
base=$FOLDER/$DEPLOYMENT
${UNIT}${CONTAINER}${FOREIGN}
started_at() { # <pid>: seconds since the epoch
  ticks=$(sed 's/^.*) //' "/proc/$1/stat" | cut -d ' ' -f 20)
  awk -v now="$(date +%s.%N)" -v ticks="$ticks" -v hz="$(getconf CLK_TCK)" '{ printf "%.2f", now - $1 + ticks / hz + ${START_SLACK_S} }' /proc/uptime
}
links_to() { # <path>: the links on the way to it
  path=$1
  while [ "\${path%/*}" != "$path" ] && [ -n "$path" ]; do
    if [ -L "$path" ]; then printf '%s\\n' "$path"; fi
    path=\${path%/*}
  done
}
show_starters() { # <unit>: what starts it again although it was stopped, or disabled
  for other in $(systemctl show --property TriggeredBy --value "$1"); do printf 'starter %s\\n' "$other"; done
  case $UNIT in *@.service) ;; *) return ;; esac
  for other in $(systemctl show --property WantedBy,RequiredBy,UpheldBy --value "$1"); do
    if ! ls "/etc/systemd/system/$other".*/"$1" >/dev/null 2>&1; then printf 'starter %s\\n' "$other"; fi
  done
}
show_files() { # <unit>
  show_ports $(processes_of "$1")
  find_running "$1" "$PROGRAMS" || return
  printf 'root %s\\n' "$root"
  cd "/proc/$pid/root$root" || return
  if [ -n "$MANIFEST" ]; then sha256sum --check --quiet --strict "$scratch/manifest" 2>/dev/null | sed -n 's/: FAILED.*$//; s/^/differs /p'; fi
  find . -type l -printf '%p -> %l\\n' >"$scratch/links"
  if [ -n "$LINKS" ]; then printf '%s\\n' "$LINKS" | grep -vxFf "$scratch/links" | sed 's/^/differs /; s/ -> .*//'; fi
  since=$(started_at "$pid")
  changed_after "$since" "$PATHS" | sed 's/^/late /'
  changed_after "$since" "$(links_to "$called")" | sed 's/^/late /'
  timeout ${EXTRAS_LIMIT_S} find . -name .git -prune -o '(' -type f -o -type l ')' -printf '%p\\n' |
    grep -vxFf "$scratch/paths" | head -n ${EXTRAS} | sed 's/^/extra /'
}
show_container() { # <unit>
  if ! timeout 10 docker version >/dev/null 2>&1; then echo 'silent docker'; return; fi
  name=$(container_running "$1")
  if [ -z "$name" ]; then return; fi
  image=$(timeout 10 docker container inspect --format '{{.Image}}' "$name" 2>/dev/null) || return
  printf 'container %s\\nimage %s\\n' "$name" "$image"
  timeout 10 docker image inspect --format '{{range .RepoDigests}}{{printf "digest %s\\n" .}}{{end}}' "$image"
  timeout 10 docker container inspect --format '{{range $all := .HostConfig.PortBindings}}{{range $all}}{{printf "port %s\\n" .HostPort}}{{end}}{{end}}' "$name"
  if [ "$(timeout 10 docker container inspect --format '{{.HostConfig.NetworkMode}}' "$name")" = host ]; then
    show_ports $(timeout 10 docker top "$name" -eo pid 2>/dev/null | tail -n +2)
  fi
}
main() {
  scratch=$(mktemp -d) || exit 1
  trap 'rm -rf "$scratch"' EXIT
  printf '%s\\n' "$MANIFEST" >"$scratch/manifest"
  { printf '%s\\n' "$PATHS"; printf '%s\\n' "$LINKS" | sed 's/ -> .*//'; } >"$scratch/paths"
  printf 'now %s\\n' "$(date +%s.%N)"
  for unit in $(list_foreign); do
    printf 'unit %s %s\\n' "$unit" "$(state_of "$unit")"
    show_starters "$unit"
    if [ -n "$IMAGE" ]; then show_container "$unit"; else (show_files "$unit"); fi
  done
}`;
