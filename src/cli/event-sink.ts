import type { LogEvent } from '../system/index.ts';
import { createProgress } from './render/progress.ts';

/** Where events and words go on stderr: one line each, with a live line at the bottom of a terminal, or JSON on stdout. */
export interface EventSink {
  receive(event: LogEvent): void;
  say(text: string): void;
  /** Clears the live line. */
  finish(): void;
}

export function createEventSink(): EventSink {
  const isJson = process.argv.includes('--json');
  const isLive = process.stderr.isTTY === true && !isJson;
  const progress = createProgress({ isColoured: process.stderr.isTTY === true });
  let live = '';
  let timer: NodeJS.Timeout | undefined;

  const clear = () => {
    if (live !== '') process.stderr.write('\r\u001b[2K');
    live = '';
  };
  const draw = () => {
    if (!isLive) return;
    clear();
    live = progress.liveLine(process.stderr.columns ?? 80, Date.now());
    if (live !== '') process.stderr.write(live);
  };
  const write = (text: string) => {
    clear();
    process.stderr.write(text.endsWith('\n') ? text : `${text}\n`);
    draw();
  };
  return {
    receive(event) {
      if (isJson) process.stdout.write(`${JSON.stringify({ t: new Date().toISOString(), ...event })}\n`);
      const line = progress.lineOf(event, Date.now());
      if (line !== undefined && !isJson) write(line);
      else draw();
      if (isLive) timer ??= setInterval(draw, 100).unref();
    },
    say: write,
    finish() {
      if (timer) clearInterval(timer);
      progress.end();
      clear();
    },
  };
}
