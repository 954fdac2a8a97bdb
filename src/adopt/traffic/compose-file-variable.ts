const LINE = /^[ \t]*(?:export[ \t]+)?COMPOSE_FILE[ \t]*=[ \t]*(.*)$/m;

/** The files that `COMPOSE_FILE` names in an env file; `undefined` where it does not. */
export function readComposeFiles(text: string): readonly string[] | undefined {
  const value = LINE.exec(text)?.[1]
    ?.replace(/^(["'])(.*)\1.*$/, '$2')
    .replace(/\s+#.*$/, '')
    .trim();
  const separator = /^[ \t]*COMPOSE_PATH_SEPARATOR[ \t]*=[ \t]*["']?([^"'\s]+)/m.exec(text)?.[1] ?? ':';
  return value === undefined || value === '' ? undefined : value.split(separator);
}

/** The env file with `COMPOSE_FILE` naming these files, everything else as it was. */
export function writeComposeFiles(text: string, files: readonly string[]): string {
  const separator = /^[ \t]*COMPOSE_PATH_SEPARATOR[ \t]*=[ \t]*["']?([^"'\s]+)/m.exec(text)?.[1] ?? ':';
  const line = `COMPOSE_FILE=${files.join(separator)}`;
  if (LINE.test(text)) return text.replace(LINE, () => line);
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${line}\n`;
}
