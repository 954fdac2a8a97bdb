/** The lines that divide a tool's file into what runs forward and what takes it back. */
export interface Marks {
  readonly up: RegExp;
  readonly down: RegExp;
  /** A line that says that the file must not run in a transaction. */
  readonly noTransaction?: RegExp;
  /** A line that ends a statement, which may have no semicolon then. */
  readonly statementEnd?: RegExp;
}

export interface Sections {
  readonly forward: string;
  /** Empty when there is nothing but comments in it. */
  readonly down: string;
}

/** Whether all tools agree on what the marks of a file divide. They differ on a second mark, and on what stands before the first one. */
export function areMarksClear(text: string, { up, down }: Marks): boolean {
  const lines = text.replace(/\/\*.*?\*\//gs, '').split('\n');
  const first = lines.findIndex((line) => up.test(line) || down.test(line));
  const isBlank = (line: string) => /^\uFEFF?\s*(--.*)?$/.test(line.trimEnd());
  return (
    lines.filter((line) => up.test(line)).length === 1 &&
    lines.filter((line) => down.test(line)).length <= 1 &&
    lines.slice(0, first).every(isBlank)
  );
}

/** Divides a file that holds both ways. What stands before the first mark belongs to the way forward. */
export function splitSections(text: string, marks: Marks): Sections {
  const forward: string[] = [];
  const down: string[] = [];
  let isDown = false;
  for (const line of text.split('\n')) {
    const part = isDown ? down : forward;
    if (marks.up.test(line)) isDown = false;
    else if (marks.down.test(line)) isDown = true;
    else if (marks.statementEnd?.test(line) && !isEnded(part)) part.push(';', line);
    else part.push(line);
  }
  const hasDown = down.some((line) => line.trim() !== '' && !line.trim().startsWith('--'));
  return { forward: `${forward.join('\n').trimEnd()}\n`, down: hasDown ? down.join('\n') : '' };
}

function isEnded(lines: readonly string[]): boolean {
  return (
    lines
      .findLast((line) => line.trim() !== '')
      ?.trimEnd()
      .endsWith(';') === true
  );
}
