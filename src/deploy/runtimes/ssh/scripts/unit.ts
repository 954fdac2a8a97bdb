/**
 * What scripts know of the unit of an instance. Needs `locked.ts`, and UNIT (`search.service` or `search@.service`) where a name is asked for.
 * Of a plain unit there is one for all instances; which of them it is says its drop-in. An instance with a file `taken` is a unit that the operator
 * has started, whose name stands in there: the unit is that instance while it has no drop-in.
 */
export const UNIT = `
drop_in=50-onward.conf
unit_of() { # <id>
  for taken in "$base/instances"/*/"$1"/taken; do
    if [ -s "$taken" ]; then cat "$taken"; return; fi
  done
  case $UNIT in *@.service) printf '%s' "\${UNIT%@.service}@$1.service" ;; *) printf '%s' "$UNIT" ;; esac
}
drop_in_of() { printf '%s' "/etc/systemd/system/$1.d/$drop_in"; } # <unit>
held_by() { # <unit>: the instance that its drop-in makes of it
  if [ ! -r "/etc/systemd/system/$1.d/$drop_in" ]; then return; fi
  while IFS= read -r line; do
    case $line in X-Onward-Instance=*) printf '%s' "\${line#*=}"; return ;; esac
  done <"/etc/systemd/system/$1.d/$drop_in"
}
state_of() { systemctl show --property ActiveState --value "$1"; } # <unit>
is_down() { # <unit>
  case $(state_of "$1") in inactive | failed) return 0 ;; *) return 1 ;; esac
}
list_foreign() { # units that run without a drop-in of Onward
  case $UNIT in
    *@.service) all=$(systemctl list-units --all --plain --no-legend --full "\${UNIT%.service}*.service" | cut -d ' ' -f 1) ;;
    *) all=$UNIT ;;
  esac
  for each in $all; do
    if [ -z "$(held_by "$each")" ] && ! is_down "$each"; then printf '%s\\n' "$each"; fi
  done
}
find_instance() { # <id>: its folder, or nothing
  for found in "$base/instances"/*/"$1"; do
    if [ -d "$found" ]; then printf '%s' "$found"; return; fi
  done
}
is_its_own() { # <id> <unit>: false when the unit is another instance by now
  if [ -s "$(find_instance "$1")/taken" ]; then [ -z "$(held_by "$2")" ]; return; fi
  case $UNIT in *@.service) return 0 ;; *) [ "$(held_by "$2")" = "$1" ] ;; esac
}
`;
