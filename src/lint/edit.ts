import type { System } from '../system/index.ts';
import type { LintFinding } from './finding.ts';

/** A repair of a file: the text between two offsets is replaced. */
export interface Edit {
  /** What it repairs. */
  readonly finding: LintFinding;
  readonly file: string;
  /** JavaScript string offsets in the file's text; `endOffset` is behind the last character. */
  readonly startOffset: number;
  readonly endOffset: number;
  /** What stands there, as it was read. */
  readonly original: string;
  readonly text: string;
}

/** Writes the repairs into the files, each file at once. Gives how many statements of which file were rewritten. */
export async function applyEdits(
  system: System,
  edits: readonly Edit[],
): Promise<readonly { readonly file: string; readonly count: number }[]> {
  const done: { readonly file: string; readonly count: number }[] = [];
  for (const file of new Set(edits.map((edit) => edit.file))) {
    const own = edits.filter((edit) => edit.file === file).sort((a, b) => b.startOffset - a.startOffset);
    const whole = await system.files.readText(file);
    // Offsets do not count a byte order mark.
    const mark = whole.startsWith('\uFEFF') ? '\uFEFF' : '';
    let text = whole.slice(mark.length);
    // From the end, so that the offsets before stay right; what overlaps waits for the next time.
    let before = text.length;
    let count = 0;
    for (const { startOffset, endOffset, original, text: fixed } of own) {
      // What a layout's tool replaces before it runs a file was read as something else than what stands there.
      if (endOffset > before || text.slice(startOffset, endOffset) !== original) continue;
      text = text.slice(0, startOffset) + fixed + text.slice(endOffset);
      before = startOffset;
      count += 1;
    }
    if (count === 0) continue;
    await system.files.writeAtomic(file, mark + text, 0o644);
    done.push({ file, count });
  }
  return done;
}
