import { ScriptExit } from '../script.ts';
import { CONTAINER } from './container.ts';
import { LOCKED } from './locked.ts';
import { UNIT } from './unit.ts';

/** Commands of a service keep what they are made of in `commands/<unit>`; its `listener` is locked while the tool reads what they write. */
const COMMANDS = `
up_in() { systemctl list-units --all --plain --no-legend --full "$1" | cut -d ' ' -f 1; } # <pattern>
is_heard() { ! flock -n "$base/commands/$1/listener" true 2>/dev/null; } # <unit>
`;

/**
 * Runs a program as a transient unit, as the user whom the unit of the service has, until it ends or standard input does. In a slot it waits
 * until whatever ran there has ended, and then goes ahead in the same locked section. An input that ends without the word STOP is that of a tool
 * which is gone: nobody will ask how the command ended. Needs NAME, SLOT_PATTERN (may be empty), UNIT, SERVICE, ENVIRONMENT, ARTIFACT, PROGRAM,
 * ARGV (quoted), GRACE_MS, STOP.
 */
export const RUN_COMMAND = `${LOCKED}${UNIT}${CONTAINER}${COMMANDS}
claim() {
  if [ -z "$SLOT_PATTERN" ]; then make_base; return; fi
  enter
  while [ -n "$(up_in "$SLOT_PATTERN")" ]; do
    systemctl stop --no-block $(up_in "$SLOT_PATTERN") 2>/dev/null
    leave
    sleep 0.1
    enter
  done
}
find_program() {
  if is_image "$ARTIFACT"; then find_docker "$ARTIFACT"; return; fi
  program=$PROGRAM
  if [ "$program" = node ]; then program=$(command -v node) || fail ${ScriptExit.noProgram} node; fi
  if [ ! -d "$ARTIFACT" ]; then fail ${ScriptExit.noProgram} "$ARTIFACT"; fi
  if [ ! -x "$program" ]; then fail ${ScriptExit.noProgram} "$program"; fi
}
identity() { # The properties by which a unit says who runs it, as options.
  systemctl show --property User,Group,DynamicUser "$(unit_of onward)" | sed -n 's/^\\(User\\|Group\\)=\\(..*\\)$/--property=\\1=\\2/p; s/^DynamicUser=yes$/--property=DynamicUser=yes/p'
}
main() {
  find_program
  exec 3<&0
  claim
  dir=$base/commands/$NAME
  mkdir -p -m 0700 "$base/commands" "$dir" || exit 1
  exec 8>"$dir/listener" || exit 1
  flock 8
  write "$dir/environment" "$ENVIRONMENT"
  eval "set -- $ARGV"
  if is_image "$ARTIFACT"; then
    unit=$(unit_of onward)
    set -- "$program" $(run_options "$NAME") $(own_options "$unit") "$@"
    set -- --property=Environment="$(systemctl show --property Environment --value "$unit")" -- "$@"
    set -- --property=ExecStop="-$quiet $program $(stop_options "$NAME" "$GRACE_MS")" --property=TimeoutStopSec="$(stop_limit "$GRACE_MS")" "$@"
    set -- --property=ExecStopPost="-$quiet $program rm --force $(container_of "$NAME")" "$@"
  else
    set -- --working-directory="$ARTIFACT" --property=TimeoutStopSec="\${GRACE_MS}ms" $(identity) -- "$program" "$@"
  fi
  systemd-run --quiet --wait --pipe --collect --service-type=exec --unit="$NAME" --property=EnvironmentFile="$dir/environment" \\
    --property=ExecStopPost="+/bin/sh -c 'echo \\$\\$EXIT_CODE \\$\\$EXIT_STATUS >$dir/exit.tmp; mv -f $dir/exit.tmp $dir/exit'" \\
    "$@" 3<&- 8>&- 9>&- &
  runner=$!
  while kill -0 "$runner" 2>/dev/null && [ -z "$(up_in "$NAME")" ] && [ ! -e "$dir/exit" ]; do sleep 0.02; done
  leave
  {
    last=
    while read -r line <&3; do last=$line; done
    if [ "$last" != "$STOP" ]; then : >"$dir/abandoned"; fi
    systemctl stop "$NAME"
  } >/dev/null 2>&1 8>&- &
  watcher=$!
  wait "$runner"
  kill "$watcher" 2>/dev/null
  if [ -e "$dir/abandoned" ]; then rm -rf "$dir"; fi
  exit 0
}`;

/** How a command ended, as systemd said; then nothing of it is left on disk. Needs NAME. */
export const END_OF_COMMAND = `
main() {
  dir=$FOLDER/$DEPLOYMENT/commands/$NAME
  if [ -s "$dir/exit" ]; then cat "$dir/exit"; fi
  rm -rf "$dir"
}`;

/** Ends commands of a service: with WHICH `slots` those in a slot and those that nobody listens to, else the latter. Needs PREFIX, WHICH. */
export const END_COMMANDS = `${LOCKED}${UNIT}${COMMANDS}
is_meant() { # <unit>
  case $1 in "$PREFIX"s.*) if [ "$WHICH" = slots ]; then return 0; fi ;; esac
  ! is_heard "$1"
}
main() {
  if [ "$WHICH" = slots ]; then enter; leave; fi
  for unit in $(up_in "$PREFIX*"); do
    if is_meant "$unit"; then systemctl stop "$unit" 2>/dev/null; fi
  done
  for dir in "$base/commands/$PREFIX"*; do
    unit=\${dir##*/}
    # Whoever listened asks how it ended, right after.
    if [ -n "$(find "$dir" -maxdepth 0 -mmin +1 2>/dev/null)" ] && [ -z "$(up_in "$unit")" ]; then rm -rf "$dir"; fi
  done
}`;
