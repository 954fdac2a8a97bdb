/** The lines that divide a tool's file into what runs forward and what takes it back. */
export interface Marks {
  readonly up: RegExp;
  readonly down: RegExp;
  /** A line that says that the file must not run in a transaction. */
  readonly noTransaction?: RegExp;
}

export interface Sections {
  readonly forward: string;
  /** Empty when there is nothing but comments in it. */
  readonly down: string;
}

/** Divides a file that holds both ways. What stands before the first mark belongs to the way forward. */
export function splitSections(text: string, marks: Marks): Sections {
  const forward: string[] = [];
  const down: string[] = [];
  let isDown = false;
  for (const line of text.split('\n')) {
    if (marks.up.test(line)) isDown = false;
    else if (marks.down.test(line)) isDown = true;
    else (isDown ? down : forward).push(line);
  }
  const hasDown = down.some((line) => line.trim() !== '' && !line.trim().startsWith('--'));
  return { forward: `${forward.join('\n').trimEnd()}\n`, down: hasDown ? down.join('\n') : '' };
}
