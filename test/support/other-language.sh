# A service in another language that speaks the data-migrations protocol: no library, no database, its state is a file of two lines:
# how many rows it has moved, and whether it is paused. BEHAVIOUR makes it a bad one.
command=$1
id=$2
state="$STATE/state"
moved=0
mode=pending
[ -e "$state" ] && { read -r moved && read -r mode; } <"$state"
write() { printf '%s\n%s\n' "$moved" "$mode" >"$state.$$" && mv "$state.$$" "$state"; }
echo "$*" >>"$STATE/asked"

[ "$id" = shout ] || { echo "there is no $id" >&2; exit 3; }
counters() { printf '"scanned":%d,"changed":%d,"batches":%d' "$moved" "$moved" "$((moved / 10))"; }

case "$BEHAVIOUR:$command" in
  garbage:run) echo "Moving rows ..."; sleep 60 ;;
  garbage-status:status) echo '{"id":"shout"'; exit 0 ;;
  other-id:status) echo '{"id":"other","status":"pending","scanned":0,"changed":0}'; exit 0 ;;
  fails:run) echo "no disk left" >&2; exit 1 ;;
  crashes:run) kill -KILL $$ ;;
  flood:run) head -c 104857600 /dev/zero | tr '\0' x; sleep 60 ;;
  flood-status:status) head -c 104857600 /dev/zero | tr '\0' x; sleep 60 ;;
  hangs:run) trap '' TERM; sleep 600 & echo $! >"$STATE/child"; while :; do sleep 600; done ;;
  quiet:run) # says nothing while it moves rows, which its status shows
    while [ "$moved" -lt 40 ]; do sleep 0.5; moved=$((moved + 10)); write; done ;;
  lies:verify) printf '{"id":"shout","remaining":3}\n'; exit 0 ;;
  silent:run) exit 0 ;;
esac

case "$command" in
  status)
    [ "$moved" -ge 40 ] && mode=completed
    printf '{"id":"shout","status":"%s",%s}\n' "$mode" "$(counters)" ;;
  verify) printf '{"id":"shout","remaining":%d}\n' "$((40 - moved))" ;;
  pause) mode=paused; write; printf '{"id":"shout","status":"paused"}\n' ;;
  resume) mode=pending; write; printf '{"id":"shout","status":"pending"}\n' ;;
  run)
    [ "$3" = --dry-run ] && { printf '{"type":"result","id":"shout","dryRun":true,"sampledRows":10,"oldRows":10}\n'; exit 0; }
    stopped=completed
    trap 'stopped=stopped' TERM
    while [ "$moved" -lt 40 ] && [ "$stopped" = completed ]; do
      sleep "${PAUSE:-0.02}"
      [ -e "$state" ] && { read -r moved && read -r mode; } <"$state"
      [ "$mode" = paused ] && { stopped=paused; break; }
      moved=$((moved + 10))
      write
      printf '{"type":"progress","id":"shout",%s}\n' "$(counters)"
    done
    printf '{"type":"result","id":"shout","status":"%s",%s}\n' "$stopped" "$(counters)" ;;
  *) exit 2 ;;
esac
