import { ScriptExit } from '../script.ts';
import { CONTAINER } from './container.ts';
import { LOCKED } from './locked.ts';
import { UNIT } from './unit.ts';

/** How long a stop of what held a plain unit before, and the appearance of a process, may take; tenths of a second. */
const START_TENTHS = 150;

/** How a process ended is on disk whenever it has: systemd forgets it. The folder is the shell's $0; systemd expands nothing but %%. */
const RECORD_END = 'echo $EXIT_CODE $EXIT_STATUS $(date +%%s) >$0/exit.tmp; mv -f $0/exit.tmp $0/exit';

/**
 * Makes the unit of an instance this instance, and starts it: a drop-in, put in place whole, while the unit is down. Ends when there is a
 * process, or has been one. Needs ID, UNIT, PORTS (separated by spaces; may be empty).
 */
export const START = `${LOCKED}${UNIT}${CONTAINER}
is_taken() { # <port>: whether something listens on it
  grep -qs "^ *[0-9]*: [0-9A-F]*:$(printf %04X "$1") [0-9A-F]*:[0-9A-F]* 0A " /proc/net/tcp /proc/net/tcp6
}
is_promised() { # <port>: whether another instance of Onward is meant to run there; those of a plain unit take turns
  case $UNIT in *@.service) ;; *) return 1 ;; esac
  for address in "$base/instances"/*/*/address; do
    other=\${address%/address}
    if [ "$other" = "$dir" ] || [ ! -e "$address" ]; then continue; fi
    if grep -qs '^running$' "$other/desired" && grep -qs "^PORT=$1$" "$address"; then return 0; fi
  done
  return 1
}
choose_port() {
  before=$(sed -n 's/^PORT=//p' "$dir/address" 2>/dev/null)
  for port in $PORTS; do
    if [ "$port" = "$before" ] && ! is_promised "$port" && ! is_taken "$port"; then printf '%s' "$port"; return; fi
  done
  for port in $PORTS; do
    if ! is_promised "$port" && ! is_taken "$port"; then printf '%s' "$port"; return; fi
  done
}
find_program() {
  if is_image "$artifact"; then
    find_docker "$artifact"
    remove_container "$unit"
    write "$dir/image-id" "$(docker image inspect --format '{{.Id}}' "$artifact")"
    return
  fi
  program=$(cat "$dir/program")
  if [ "$program" = node ]; then program=$(command -v node) || fail ${ScriptExit.noProgram} node; fi
  if [ ! -d "$artifact" ]; then fail ${ScriptExit.noProgram} "$artifact"; fi
  if [ ! -x "$program" ]; then fail ${ScriptExit.noProgram} "$program"; fi
}
escape() { printf '%s' "$1" | sed 's/%/%%/g'; }
quote_word() { printf '"%s"' "$(escape "$1" | sed 's/["\\\\]/\\\\&/g')"; }
render() {
  printf '# Written by Onward. It goes when another instance takes its place.\\n[Unit]\\nX-Onward-Instance=%s\\n' "$ID"
  if is_image "$artifact"; then printf 'After=docker.service\\n'; fi
  printf '\\n[Service]\\n'
  if [ "$(cat "$dir/kind")" = one-shot ]; then printf 'Type=oneshot\\nRestart=no\\nRemainAfterExit=no\\nTimeoutStartSec=infinity\\n'; fi
  if is_image "$artifact"; then render_container; else render_program; fi
  printf 'ExecStopPost=+:/bin/sh -c "%s" %s\\n' '${RECORD_END}' "$(quote_word "$dir")"
  printf 'EnvironmentFile=%s\\nEnvironmentFile=%s\\n' "$(escape "$dir/environment")" "$(escape "$dir/address")"
}
render_program() {
  printf 'ExecStart=\\nExecStart=:%s %s\\n' "$(quote_word "$program")" "$(cat "$dir/words")"
  printf 'WorkingDirectory=%s\\nTimeoutStopSec=%sms\\n' "$(escape "$artifact")" "$(cat "$dir/grace-ms")"
}
render_container() { # The engine runs it, as root is asked to: the user and the limits of the unit are not the container's.
  grace=$(cat "$dir/grace-ms")
  docker=$(quote_word "$program")
  printf 'ExecStart=\\nExecStart=+%s %s %s %s\\n' "$docker" "$(run_options "$unit")" "$(own_options "$unit")" "$(cat "$dir/words")"
  printf 'ExecStartPre=-+%s rm --force %s\\n' "$quiet $docker" "$(container_of "$unit")"
  printf 'ExecStop=-+%s %s\\n' "$quiet $docker" "$(stop_options "$unit" "$grace")"
  printf 'ExecStopPost=-+%s rm --force %s\\n' "$quiet $docker" "$(container_of "$unit")"
  printf 'WorkingDirectory=/\\nTimeoutStopSec=%s\\n' "$(stop_limit "$grace")"
}
is_up() { # A container takes longer than the call that runs it.
  if is_image "$artifact"; then
    [ "$(docker container inspect --format '{{.State.Running}}' "$(container_of "$unit")" 2>/dev/null)" = true ]
  else
    case $(systemctl show --property MainPID --value "$unit") in 0 | '') return 1 ;; esac
  fi
}
is_held() { # <unit>: by this instance; one that was taken over has no drop-in
  if [ -s "$dir/taken" ]; then [ -z "$(held_by "$1")" ]; else [ "$(held_by "$1")" = "$ID" ]; fi
}
await_down() { # <unit>
  tries=0
  while ! is_down "$1"; do
    tries=$((tries + 1))
    if [ "$tries" -gt ${START_TENTHS} ]; then exit ${ScriptExit.busy}; fi
    sleep 0.1
  done
}
start_taken() { # As it was before Onward came: without the drop-in.
  if [ -e "$(drop_in_of "$unit")" ]; then
    rm -f "$(drop_in_of "$unit")"
    rmdir "/etc/systemd/system/$unit.d" 2>/dev/null || :
  fi
  date +%s >"$dir/since" || exit 1
  write "$dir/desired" running
  systemctl reset-failed "$unit" 2>/dev/null || :
  if [ -e "$dir/was-enabled" ]; then systemctl enable --quiet --no-reload "$unit" 2>/dev/null || :; fi
  systemctl daemon-reload || exit 1
  systemctl start --no-block "$unit" || exit 1
  leave
  tries=0
  while [ "$tries" -lt ${START_TENTHS} ]; do
    case $(state_of "$unit") in active | failed) exit 0 ;; esac
    tries=$((tries + 1))
    sleep 0.1
  done
}
main() {
  enter
  dir=$(find_instance "$ID")
  [ -n "$dir" ] || exit ${ScriptExit.noInstance}
  artifact=$(cat "$dir/artifact")
  unit=$(unit_of "$ID")
  if ! is_down "$unit"; then
    if is_held "$unit" && [ "$(state_of "$unit")" != deactivating ]; then
      write "$dir/desired" running
      exit 0
    fi
    systemctl stop "$unit" || exit 1
    await_down "$unit"
  fi
  if [ -s "$dir/taken" ]; then start_taken; exit 0; fi
  if [ "$(systemctl show --property LoadState --value "$unit")" = not-found ]; then fail ${ScriptExit.noUnit} "$unit"; fi
  find_program
  port=
  if [ -n "$PORTS" ]; then
    port=$(choose_port)
    [ -n "$port" ] || exit ${ScriptExit.noPort}
    write "$dir/address" "PORT=$port"
  else
    : >"$dir/address" || exit 1
  fi
  rm -f "$dir/exit"
  mkdir -p -m 0755 "/etc/systemd/system/$unit.d" || exit 1
  (umask 022; write "$(drop_in_of "$unit")" "$(render)") || exit 1
  date +%s >"$dir/since" || exit 1
  write "$dir/desired" running
  systemctl reset-failed "$unit" 2>/dev/null || :
  if [ "$(cat "$dir/kind")" = service ]; then systemctl enable --quiet --no-reload "$unit" 2>/dev/null || :; fi
  systemctl daemon-reload || exit 1
  systemctl start --no-block "$unit" || exit 1
  leave
  tries=0
  while [ "$tries" -lt ${START_TENTHS} ] && [ ! -e "$dir/exit" ]; do
    if is_up; then exit 0; fi
    case $(state_of "$unit") in
      failed) exit 0 ;;
      active) if ! is_image "$artifact"; then exit 0; fi ;;
    esac
    tries=$((tries + 1))
    sleep 0.1
  done
}`;
