import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quote, renderAssignments } from './quote.ts';
import { renderLauncher, renderScript } from './script.ts';

const text = fc.string({ unit: 'binary', maxLength: 60 }).filter((each) => !each.includes('\0') && isWhole(each));
const nasty = fc.string({ unit: fc.constantFrom(...'\'"\\$`!*?[]{}()<>|&;#~= \t\n\r-%a\u00e9') });

describe('quote()', () => {
  it.each(['sh', 'bash'])('gives %s one word that stands for the text, whatever it holds', (shell) => {
    fc.assert(
      fc.property(fc.array(fc.oneof(text, nasty), { minLength: 1, maxLength: 20 }), (texts) => {
        const script = texts.map((each) => `printf '%s\\0' ${quote(each)}\n`).join('');
        const output = execFileSync(shell, { input: script }).toString('utf8');
        expect(output.split('\0').slice(0, -1)).toEqual(texts);
      }),
      { numRuns: 40 },
    );
  });

  it('refuses NUL', () => {
    expect(() => quote('a\0b')).toThrow(RangeError);
  });
});

describe('renderAssignments()', () => {
  it('assigns every variable its text', () => {
    const script = `${renderAssignments({ FIRST: "it's $HOME", SECOND: 7 })}printf '%s|%s' "$FIRST" "$SECOND"`;
    expect(execFileSync('sh', { input: script }).toString()).toBe("it's $HOME|7");
  });
});

describe('a script', () => {
  const script = { action: 'echo', variables: { WORD: "a 'word'" }, text: 'main() { printf "%s|" "$WORD"; cat; }' };
  const run = (input: Buffer, bytes: number) =>
    execFileSync('sh', ['-c', renderLauncher(bytes)], { input, stdio: ['pipe', 'pipe', 'ignore'] }).toString();

  it('runs with its variables, and leaves the rest of standard input to itself', () => {
    const bytes = renderScript(script);
    expect(run(Buffer.concat([bytes, Buffer.from('the rest\n')]), bytes.length)).toBe("a 'word'|the rest\n");
  });

  it('does nothing when its end was lost on the way', () => {
    const bytes = renderScript(script);
    for (const cut of [1, 2, 3, 10, 30, 60, 100]) {
      let output = '';
      try {
        output = run(bytes.subarray(0, bytes.length - cut), bytes.length);
      } catch {
        // It may also end with an error.
      }
      expect(output).toBe(cut === 1 ? "a 'word'|" : '');
    }
  });
});

/** Without halves of surrogate pairs, which UTF-8 cannot hold. */
function isWhole(each: string): boolean {
  return Buffer.from(each, 'utf8').toString('utf8') === each;
}
