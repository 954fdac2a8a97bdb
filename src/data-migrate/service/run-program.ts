import type { System } from '../../system/index.ts';
import { type ProgressLine, type ResultLine, type RunLine, runLine } from './answers.ts';
import { describeProblems, parseJson } from './ask.ts';
import { type Asked, noAnswer } from './errors.ts';
import type { ServiceProgram } from './service-program.ts';

/** Longest line that a run may print. */
const MOST_LINE_BYTES = 65_536;

export interface ProgramRun {
  readonly program: ServiceProgram;
  readonly id: string;
  readonly args: readonly string[];
  readonly environment: { readonly [name: string]: string };
  readonly slot: { readonly name: string; readonly epoch: number };
  readonly onProgress: (line: ProgressLine) => void;
  readonly signal: AbortSignal;
}

/**
 * Runs the program's own run to its end; there is no limit to how long it may take. Gives its result, or `undefined` when the signal ended it
 * before it had one. Throws `data-migrate.program-failed`, `.program-unknown-id` or `.program-unreadable`.
 */
export async function runProgram(system: System, run: ProgramRun): Promise<ResultLine | undefined> {
  const args = [...run.args, '--format', 'json'];
  const asked: Asked = { program: run.program, id: run.id, args };
  const unreadable = new AbortController();
  let result: ResultLine | undefined;
  let why: string | undefined;
  const refuse = (problem: string) => {
    why ??= problem;
    unreadable.abort(new Error(problem));
  };
  const lines = createLines((text) => {
    if (why !== undefined) return;
    const parsed = parseLine(text, run.id);
    if ('why' in parsed) return refuse(parsed.why);
    if (result) return refuse('goes on behind its result');
    const line = redact(system, parsed.line);
    if (line.type === 'progress') run.onProgress(line);
    else result = line;
  }, refuse);
  const end = await run.program.run(args, {
    environment: run.environment,
    slot: run.slot,
    onOutput: lines.push,
    signal: AbortSignal.any([run.signal, unreadable.signal]),
  });
  lines.end();
  if (why !== undefined) throw noAnswer(asked, { kind: 'unreadable', why, end });
  if (run.signal.aborted && (end.code !== 0 || !result)) return undefined;
  if (end.code !== 0) throw noAnswer(asked, { kind: 'ended', end });
  if (!result) throw noAnswer(asked, { kind: 'unreadable', why: 'has no result line', end });
  system.log.emit({ type: 'data.program-ended', id: run.id, status: result.status });
  return result;
}

function parseLine(text: string, id: string): { readonly line: RunLine } | { readonly why: string } {
  const json = parseJson(text);
  if (json === undefined) return { why: 'holds a line that is not JSON' };
  const parsed = runLine.safeParse(json);
  if (!parsed.success) return { why: describeProblems(parsed.error) };
  return parsed.data.id === id ? { line: parsed.data } : { why: `is about ${JSON.stringify(parsed.data.id)}` };
}

/** What the program says in words goes into the ledger and into messages. */
function redact(system: System, line: RunLine): RunLine {
  const apply = (text: string) => system.redaction.apply(text);
  if (line.type === 'progress')
    return line.waitingFor === undefined ? line : { ...line, waitingFor: apply(line.waitingFor) };
  return line.error === undefined ? line : { ...line, error: apply(line.error) };
}

/** Splits what comes into lines, and holds no more than one of them. */
function createLines(
  onLine: (text: string) => void,
  refuse: (why: string) => void,
): { push(chunk: Buffer): void; end(): void } {
  let rest: Buffer = Buffer.alloc(0);
  const tell = (line: Buffer) => {
    const text = line.toString('utf8').trim();
    if (text !== '') onLine(text);
  };
  return {
    push(chunk) {
      let from = 0;
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
        if (rest.length + at - from > MOST_LINE_BYTES) refuse(`holds a line of more than ${MOST_LINE_BYTES} bytes`);
        else tell(Buffer.concat([rest, chunk.subarray(from, at)]));
        rest = Buffer.alloc(0);
        from = at + 1;
      }
      if (rest.length + chunk.length - from <= MOST_LINE_BYTES) rest = Buffer.concat([rest, chunk.subarray(from)]);
      else {
        rest = Buffer.alloc(0);
        refuse(`holds a line of more than ${MOST_LINE_BYTES} bytes`);
      }
    },
    end: () => tell(rest),
  };
}
