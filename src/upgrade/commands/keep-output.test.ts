import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSystem } from '../../system/index.ts';
import { keepOutput } from './keep-output.ts';

const SECRET = 'hunter2-hunter2';
const system = createSystem({ environment: {}, onEvent: () => {} });
let folder: string;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onward-output-'));
  system.redaction.add(SECRET);
});
afterAll(() => rm(folder, { recursive: true }));

/** What is kept of these pieces of standard output. */
async function keep(
  pieces: readonly (string | Buffer)[],
  expected?: { readonly includes?: string; readonly excludes: readonly string[] },
) {
  count += 1;
  const output = await keepOutput(system, { folder, name: `schema-${count}`, expected });
  for (const piece of pieces) output.take('stdout', Buffer.from(piece));
  await output.close();
  return { output, text: await readFile(output.path, 'utf8') };
}

describe('keepOutput()', () => {
  it('puts the pieces together, characters that are cut in two included', async () => {
    const whole = Buffer.from('größer\nand done');
    const { text, output } = await keep([whole.subarray(0, 3), whole.subarray(3)]);
    expect(text).toBe('größer\nand done\n');
    expect((await stat(output.path)).mode & 0o777).toBe(0o600);
  });

  it('blanks out a secret, also one that comes in two pieces', async () => {
    const { text, output } = await keep([`key ${SECRET.slice(0, 5)}`, `${SECRET.slice(5)}\n`]);
    expect(text).toBe('key ***\n');
    expect(output.last()).toEqual(['key ***']);
  });

  it('cuts a line that never ends, and no secret in it', async () => {
    const { text } = await keep(['a'.repeat(65_530), `${SECRET}b`.repeat(500), 'end\n']);
    expect(text).not.toContain('hunter2');
    expect(text.replaceAll('\n', '').startsWith('a'.repeat(65_530))).toBe(true);
    expect(text).toContain('***');
  });

  it('tells the last lines without what only a terminal understands', async () => {
    const { output } = await keep(Array.from({ length: 30 }, (_, line) => `\u001b[32mline ${line}\u001b[0m\n`));
    expect(output.last()).toHaveLength(20);
    expect(output.last().at(-1)).toBe('line 29');
  });

  it('keeps both streams in one file, line by line', async () => {
    const output = await keepOutput(system, { folder, name: 'both', expected: undefined });
    output.take('stdout', Buffer.from('one'));
    output.take('stderr', Buffer.from('two\n'));
    output.take('stdout', Buffer.from(' and a half\n'));
    await output.close();
    expect(await readFile(output.path, 'utf8')).toBe('two\none and a half\n');
  });

  it.each([
    ['holds what it must', ['all\n', 'done\n'], { includes: 'done', excludes: ['ERROR'] }, undefined],
    ['lacks what it must hold', ['all\n'], { includes: 'done', excludes: [] }, 'it does not say "done"'],
    ['holds what none may', ['an ERR', 'OR\n'], { excludes: ['ERROR'] }, 'it says "ERROR", which it must not'],
  ])('judges output that %s', async (_, pieces, expected, reason) => {
    expect((await keep(pieces, expected)).output.judge()).toBe(reason);
  });
});
