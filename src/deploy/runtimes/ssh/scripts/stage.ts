import { ScriptExit } from '../script.ts';
import { LOCKED } from './locked.ts';

/**
 * Whether the files of a folder are exactly those of a manifest. Nothing in it is new to the host: every file's sha256, and how many files, links
 * and programs there are. Needs FILES, LINKS, EXECUTABLES.
 */
const VERIFY = `
is_intact() { # <folder> <manifest>
  if [ ! -d "$1" ]; then return 1; fi
  if [ "$(find "$1" -type f -printf x | wc -c)" != "$FILES" ]; then return 1; fi
  if [ "$(find "$1" -type l -printf x | wc -c)" != "$LINKS" ]; then return 1; fi
  if [ "$(find "$1" -type f -perm -u+x -printf x | wc -c)" != "$EXECUTABLES" ]; then return 1; fi
  if [ "$FILES" = 0 ]; then return 0; fi
  (cd "$1" && sha256sum --check --quiet --strict "$2" >/dev/null 2>&1)
}
`;

/** Whatever was being sent a day ago was cut off. */
const CUT_OFF_MINUTES = 1_440;

/** Looks whether an artifact is there, whole, and whether there is room for it. Needs HEX, MANIFEST, FILES, LINKS, EXECUTABLES. */
export const LOOK_FOR_ARTIFACT = `${LOCKED}${VERIFY}
main() {
  enter
  leave
  find "$base/artifacts" -mindepth 1 -maxdepth 1 -name '*.tmp-*' -cmin +${CUT_OFF_MINUTES} -exec rm -rf {} +
  list=$(mktemp) || exit 1
  printf '%s' "$MANIFEST" >"$list" || exit 1
  if is_intact "$base/artifacts/$HEX" "$list"; then touch "$base/artifacts/$HEX"; echo present; else echo absent; fi
  rm -f "$list"
  df --block-size=1 --output=avail "$base/artifacts" | tail -n 1
}`;

/**
 * Receives an archive on standard input, unpacks it beside its place, compares it with the manifest, and puts it in place: there whole, or not
 * at all. Needs HEX, IDENTITY, SHA256, MANIFEST, FILES, LINKS, EXECUTABLES.
 */
export const RECEIVE_ARTIFACT = `${LOCKED}${VERIFY}
main() {
  enter
  leave
  target=$base/artifacts/$HEX
  umask 022
  new=$(mktemp -d "$target.tmp-XXXXXX") || exit 1
  chmod 0755 "$new"
  trap 'rm -rf "$new" "$new.tar.gz" "$new.manifest"' EXIT
  cat >"$new.tar.gz" || exit 1
  if [ "$(sha256sum <"$new.tar.gz")" != "$SHA256  -" ]; then fail ${ScriptExit.wrongArtifact} 'the archive has another sha256'; fi
  tar --extract --gzip --no-same-owner --directory "$new" --file "$new.tar.gz" || exit 1
  printf '%s' "$MANIFEST" >"$new.manifest" || exit 1
  is_intact "$new" "$new.manifest" || fail ${ScriptExit.wrongArtifact} 'its files are not those of the manifest'
  sync -f "$new" || exit 1
  ACTION="$ACTION, in place"
  enter
  if [ -e "$target" ]; then
    if is_intact "$target" "$new.manifest"; then exit 0; fi
    mv "$target" "$target.changed-$(date +%s)" || exit 1
  fi
  # The archive gives the folder a time of its own; the newest ones are kept.
  touch "$new"
  mv -f "$new.manifest" "$target.manifest" && mv -T "$new" "$target" || exit 1
  write "$target.staged" "$IDENTITY archive sha256:$SHA256"
}`;
