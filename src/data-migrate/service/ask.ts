import type { z } from 'zod';
import type { System } from '../../system/index.ts';
import { type Asked, noAnswer } from './errors.ts';
import type { ProgramEnd, ServiceProgram } from './service-program.ts';

const MOST_BYTES = 1_048_576;

export interface Question<T> {
  readonly id: string;
  readonly args: readonly string[];
  readonly answer: z.ZodType<T>;
  readonly environment: { readonly [name: string]: string };
  readonly limitMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks the program one thing. Throws `data-migrate.program-failed`, `.program-unknown-id`, `.program-unreadable`, `.program-silent` or
 * `.no-program`, and the reason of the signal.
 */
export async function askProgram<T>(system: System, program: ServiceProgram, question: Question<T>): Promise<T> {
  const args = [...question.args, '--format', 'json'];
  const asked: Asked = { program, id: question.id, args };
  const { text, end } = await readAnswer(system, { ...question, asked, program });
  const parsed = parseAnswer(text, question);
  if ('why' in parsed) throw noAnswer(asked, { kind: 'unreadable', why: parsed.why, end });
  return parsed.value;
}

interface Reading {
  readonly asked: Asked;
  readonly program: ServiceProgram;
  readonly environment: { readonly [name: string]: string };
  readonly limitMs: number;
  readonly signal?: AbortSignal | undefined;
}

async function readAnswer(
  system: System,
  { asked, program, environment, limitMs, signal }: Reading,
): Promise<{ readonly text: string; readonly end: ProgramEnd }> {
  const stop = new AbortController();
  const answered = new AbortController();
  let isSilent = false;
  const limit = system.clock.sleep(limitMs, answered.signal).then(
    () => {
      isSilent = true;
      stop.abort(new Error('It took too long'));
    },
    () => {},
  );
  const chunks: Buffer[] = [];
  let bytes = 0;
  const onOutput = (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MOST_BYTES) chunks.push(chunk);
    else stop.abort(new Error('It says too much'));
  };
  try {
    const signals = signal ? [signal, stop.signal] : [stop.signal];
    const end = await program.run(asked.args, { environment, onOutput, signal: AbortSignal.any(signals) });
    if (signal?.aborted) throw signal.reason;
    if (bytes > MOST_BYTES)
      throw noAnswer(asked, { kind: 'unreadable', why: `is longer than ${MOST_BYTES} bytes`, end });
    if (isSilent) throw noAnswer(asked, { kind: 'silent', limitMs });
    if (end.code !== 0) throw noAnswer(asked, { kind: 'ended', end });
    return { text: Buffer.concat(chunks).toString('utf8'), end };
  } finally {
    answered.abort(new Error('It has answered'));
    await limit;
  }
}

function parseAnswer<T>(
  text: string,
  { id, answer }: Pick<Question<T>, 'id' | 'answer'>,
): { readonly value: T } | { readonly why: string } {
  const json = parseJson(text);
  if (json === undefined) return { why: 'is not JSON' };
  const parsed = answer.safeParse(json);
  if (!parsed.success) return { why: describeProblems(parsed.error) };
  const { id: named } = parsed.data as { readonly id?: string };
  return named === undefined || named === id ? { value: parsed.data } : { why: `is about ${JSON.stringify(named)}` };
}

/** `undefined` for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function describeProblems(error: z.ZodError): string {
  const [first] = error.issues;
  const where = first && first.path.length > 0 ? ` at "${first.path.join('.')}"` : '';
  return `is not what the protocol says${where}: ${first?.message ?? 'something else'}`;
}
