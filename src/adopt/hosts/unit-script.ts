/**
 * Lists the units that are not the distribution's (files of /etc/systemd/system that are no links), or those that UNITS names, with what
 * they are and listen on. Changes nothing. A password in a URL is taken out on the host; of other variables only names are told.
 */
export const UNIT_SCRIPT = `
main() {
  list=$UNITS
  if [ -z "$list" ]; then
    for file in /etc/systemd/system/*.service; do
      if [ -f "$file" ] && [ ! -L "$file" ]; then list="$list \${file##*/}"; fi
    done
  fi
  listening=$(ss -H -ltnp 2>/dev/null) || listening=
  for unit in $list; do
    case $unit in
      *@.service)
        for one in $(systemctl list-units --plain --no-legend --all "\${unit%.service}*.service" | cut -d ' ' -f 1); do show "$unit" "$one"; done ;;
      *) show "$unit" "$unit" ;;
    esac
  done
}
show() {
  printf 'unit %s %s\\n' "$1" "$2"
  systemctl show --property ActiveState,Type,ExecStart,EnvironmentFiles "$2"
  group=$(systemctl show --property ControlGroup --value "$2")
  for pid in $(cat "/sys/fs/cgroup$group/cgroup.procs" "/sys/fs/cgroup/systemd$group/cgroup.procs" 2>/dev/null); do
    printf '%s\\n' "$listening" | grep "pid=$pid," | awk '{ print "listen " $4 }'
  done
  variables "$2" | sed -n 's/^\\([A-Za-z_][A-Za-z0-9_]*\\)=.*/variable \\1/p'
  variables "$2" | sed -n -E 's#(://[^:/@]*):[^/]*@#\\1:***@#; /^[A-Z0-9_]*((DATABASE|DB|POSTGRES|PG)_?(URL|HOST|PORT|USER|DB|NAME|DATABASE))=/s/^/database /p'
}
variables() {
  systemctl show --property Environment --value "$1" | tr ' ' '\\n'
  systemctl show --property EnvironmentFiles --value "$1" | sed 's/ (.*//' | while read -r file; do
    if [ -r "$file" ]; then cat "$file"; echo; fi
  done
}`;
